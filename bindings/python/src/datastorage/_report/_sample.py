"""Which elements of a large array are looked at: boxes spread evenly over it, a few chunks of it each.

An array within the limit is read whole. Otherwise the same boxes are read each time: equal stores give equal reports.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np

from .._array import Array
from .._dtypes import NDArray

# Boxes that a sample is made of, at most.
_BOXES = 32


class Sample(NamedTuple):
    """Elements of an array, in one dimension when they are not all of them.

    Attributes
    ----------
    values : numpy.ndarray
        The elements.
    boxes : int
        The number of boxes they come from; 0 when they are the whole array.
    """

    values: NDArray
    boxes: int


def sample(array: Array, limit: int, chunks: Optional[Sequence[int]]) -> Sample:
    """All elements of an array of at most `limit`, else about as many."""
    shape = array.shape
    if math.prod(shape) <= limit:
        return Sample(np.asarray(array[...]), 0)
    boxes = spread_boxes(shape, chunks or _slabs(shape, limit), limit)
    parts = [np.asarray(array[box]).reshape(-1) for box in boxes]
    return Sample(np.concatenate(parts), len(boxes))


def spread_boxes(shape: Sequence[int], chunks: Sequence[int], limit: int) -> list[tuple[slice, ...]]:
    """Boxes of at most `limit` elements together, each the beginning of a chunk, evenly over the chunks."""
    counts = [-(-length // chunk) for length, chunk in zip(shape, chunks)]
    number = max(1, min(_BOXES, math.prod(counts), limit))
    lengths = _cut([min(length, chunk) for length, chunk in zip(shape, chunks)], limit // number)
    boxes = []
    for place in np.linspace(0, math.prod(counts) - 1, number).round().astype(int).tolist():
        starts = [int(index) * chunk for index, chunk in zip(np.unravel_index(place, counts), chunks)]
        boxes.append(
            tuple(slice(start, min(start + count, length)) for start, count, length in zip(starts, lengths, shape))
        )
    return boxes


def _cut(lengths: list[int], limit: int) -> list[int]:
    """The lengths of a box of at most `limit` elements: leading dimensions are cut first."""
    kept = list(lengths)
    for axis in range(len(kept)):
        rest = math.prod(kept[axis + 1 :])
        kept[axis] = max(1, min(kept[axis], limit // max(1, rest)))
    return kept


def _slabs(shape: Sequence[int], limit: int) -> list[int]:
    """Chunks for an array that has none: slabs, as many as there are boxes."""
    return _cut(list(shape), max(1, math.prod(shape) // _BOXES, limit // _BOXES))
