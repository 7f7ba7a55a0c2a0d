"""What the elements of an array are like: counts, range, mean, spread, and how they are distributed.

Of numbers, only finite ones count in range, mean, spread and distribution; what is not finite is counted apart. Complex
numbers are described by their magnitude, strings by their lengths and the most frequent ones.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Optional

import numpy as np

from .._dtypes import NDArray

BINS = 48
# At most so many different integers or texts get a bar each.
MOST_BARS = 24


class Bar(NamedTuple):
    """A bar of a distribution: its label, and how many elements are in it."""

    label: str
    size: int


class Histogram(NamedTuple):
    """A distribution over equal intervals; of integers, `low` and `high` lie half a step outside of them.

    Where it is `logarithmic`, the intervals are equal in the decimal logarithms, which `low` and `high` are.
    """

    low: float
    high: float
    counts: list[int]
    whole: bool = False
    logarithmic: bool = False


class Statistics(NamedTuple):
    """What is known of the elements that were looked at.

    Attributes
    ----------
    looked_at : int
        How many were looked at.
    facts : list of (str, value)
        Names and numbers or texts, in the order of display.
    histogram : Histogram or None
        The distribution of numbers.
    bars : list of Bar
        The distribution of few different values.
    """

    looked_at: int
    facts: list[tuple[str, Any]]
    histogram: Optional[Histogram] = None
    bars: list[Bar] = []


def describe(values: NDArray, names: Optional[dict[str, str]] = None) -> Statistics:
    """Describes elements; `names` are names of integers, such as of kinds of faces."""
    flat = values.reshape(-1)
    kind = flat.dtype.kind
    if kind == "O":
        return _strings(flat)
    if kind == "b":
        true = int(np.count_nonzero(flat))
        bars = [Bar("false", flat.size - true), Bar("true", true)] if flat.size else []
        return Statistics(flat.size, [("true", true), ("false", flat.size - true)], None, bars)
    if kind == "c":
        return _numbers(np.abs(flat), flat.size - int(np.count_nonzero(flat)), "magnitude ")
    if kind in "iu" and flat.size:
        bars = _integer_bars(flat, names or {})
        return _numbers(flat, flat.size - int(np.count_nonzero(flat)), "")._replace(bars=bars)
    return _numbers(flat, flat.size - int(np.count_nonzero(flat)), "")


def _numbers(flat: NDArray, zeros: int, prefix: str) -> Statistics:
    is_float = flat.dtype.kind == "f"
    finite = flat[np.isfinite(flat)] if is_float else flat
    facts: list[tuple[str, Any]] = []
    histogram = None
    if finite.size:
        low, high = finite.min().item(), finite.max().item()
        # float64 holds every sum and square of the narrower types; what overflows it becomes infinite and is shown so.
        with np.errstate(over="ignore", invalid="ignore"):
            wide = finite.astype(np.float64)
            mean, deviation = float(wide.mean()), float(wide.std())
        facts += [(prefix + "min", low), (prefix + "max", high), (prefix + "mean", mean), (prefix + "std", deviation)]
        histogram = _histogram(wide, float(low), float(high), not is_float)
    facts.append(("zeros", zeros))
    if is_float:
        nans = int(np.count_nonzero(np.isnan(flat)))
        facts.append(("NaN", nans))
        infinite = flat.size - int(finite.size) - nans
        if infinite:
            facts.append(("infinite", infinite))
    return Statistics(flat.size, facts, histogram)


def _histogram(wide: NDArray, low: float, high: float, whole: bool) -> Optional[Histogram]:
    if not low < high or not np.isfinite(high - low):
        return None
    bins, whole = BINS, whole and high - low < 1 << 52
    if whole:
        # The same number of integers in each bin, but perhaps the last.
        step = math.ceil((high - low + 1) / BINS)
        bins = math.ceil((high - low + 1) / step)
        low, high = low - 0.5, low - 0.5 + bins * step
    counts, _ = np.histogram(wide, bins, (low, high))
    return Histogram(low, high, counts.tolist(), whole)


def _integer_bars(flat: NDArray, names: dict[str, str]) -> list[Bar]:
    different, counts = np.unique(flat, return_counts=True)
    if len(different) > (MOST_BARS if names else 8):
        return []
    return [
        Bar(f"{value} {names[str(value)]}" if str(value) in names else str(value), count)
        for value, count in zip(different.tolist(), counts.tolist())
    ]


def _strings(flat: NDArray) -> Statistics:
    texts: list[str] = flat.tolist()
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    lengths = [len(text) for text in texts]
    facts: list[tuple[str, Any]] = [("different", len(counts)), ("empty", counts.get("", 0))]
    if texts:
        facts += [("shortest", min(lengths)), ("longest", max(lengths)), ("mean length", sum(lengths) / len(texts))]
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:8]
    bars = [Bar(text, count) for text, count in frequent] if len(counts) < len(texts) or len(texts) <= 8 else []
    return Statistics(len(texts), facts, None, bars)
