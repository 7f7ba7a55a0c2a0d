"""Which files are far from the rest: by the numbers of their rows and by their numeric metadata.

The score of a file in a measure is the robust z-score (Iglewicz and Hoaglin): its distance from the median, over 1.4826
times the median absolute deviation, which is the standard deviation where values are normally distributed. Where more
than half of the files have one value, that deviation is 0, and 1.2533 times the mean absolute deviation is taken.
Measures that are positive and span more than a factor of 20 are compared by their logarithms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..._dtypes import NDArray
from .._statistics import BINS, Histogram, Statistics, describe
from ._files import Column

# A file is far from the rest when its score is beyond this.
FAR = 3.5
_SPAN = 20


class Measure(NamedTuple):
    """A number a file, and how far each is from the rest.

    Attributes
    ----------
    name, source : str
        Of its column.
    same : list of str
        Other columns with the same numbers.
    values, scores : numpy.ndarray
        A value and a score a file; NaN where it has none.
    centre : float
        The median.
    logarithmic : bool
        Whether logarithms were compared.
    by_mean : bool
        Whether the mean absolute deviation was taken.
    statistics : Statistics
        Of the values.
    """

    name: str
    source: str
    same: list[str]
    values: NDArray
    scores: NDArray
    centre: float
    logarithmic: bool
    by_mean: bool
    statistics: Statistics

    @property
    def far(self) -> NDArray:
        """Which files are far from the rest."""
        found: NDArray = np.abs(self.scores) > FAR
        return found


def measures_of(columns: list[Column]) -> list[Measure]:
    """A measure for each column whose numbers differ; columns with the same numbers are one."""
    found: list[Measure] = []
    for column in columns:
        if column.kind != "number":
            continue
        values = np.array(column.values, np.float64)
        values[~np.isfinite(values)] = np.nan
        if np.isnan(values).all() or np.nanmin(values) == np.nanmax(values):
            continue
        twin = next((one for one in found if np.array_equal(one.values, values, equal_nan=True)), None)
        if twin is None:
            whole = all(value is None or isinstance(value, int) for value in column.values)
            found.append(_measure(column, values, whole))
        else:
            twin.same.append(column.name)
    return found


def _measure(column: Column, values: NDArray, whole: bool) -> Measure:
    known = values[~np.isnan(values)]
    logarithmic = bool(known.min() > 0 and known.max() > _SPAN * known.min())
    scores, by_mean = robust_scores(np.log10(values) if logarithmic else values)
    statistics = describe(known.astype(np.int64) if whole and np.abs(known).max() < 1 << 52 else known)
    if logarithmic:
        statistics = statistics._replace(histogram=_decades(known), bars=[])
    centre = float(np.median(known))
    return Measure(column.name, column.source, [], values, scores, centre, logarithmic, by_mean, statistics)


def robust_scores(values: NDArray) -> tuple[NDArray, bool]:
    """The robust z-score of each value, and whether the mean absolute deviation was taken; NaN stays NaN."""
    distances = values - np.nanmedian(values)
    spread = 1.4826 * float(np.nanmedian(np.abs(distances)))
    by_mean = spread == 0
    if by_mean:
        spread = 1.2533 * float(np.nanmean(np.abs(distances)))
    # All are equal, but for rounding: none is far.
    if spread <= 1e-12 * float(np.nanmax(np.abs(values))):
        return np.where(np.isnan(values), np.nan, 0.0), by_mean
    scores: NDArray = distances / spread
    return scores, by_mean


def _decades(known: NDArray) -> Histogram:
    """The distribution of logarithms."""
    logarithms = np.log10(known)
    low, high = float(logarithms.min()), float(logarithms.max())
    counts, _ = np.histogram(logarithms, BINS, (low, high))
    return Histogram(low, high, counts.tolist(), logarithmic=True)


def worst_of(measures: list[Measure], files: int) -> NDArray:
    """The largest distance of each file over all measures; 0 without any."""
    worst = np.zeros(files)
    for measure in measures:
        worst = np.fmax(worst, np.abs(measure.scores))
    return worst
