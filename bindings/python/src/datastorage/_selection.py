"""What `array[...]` selects: a box to read, and what NumPy does with the box afterwards.

A selection of ints and slices of step 1 is its box. Any other one (steps, lists, masks) reads the smallest box around
it and leaves the rest to NumPy, whose rules hold throughout; that reads more than it returns when the picks lie far
apart. Nothing here reads anything.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np


class Box(NamedTuple):
    """Offsets and lengths, one a dimension, and the index that is applied to the box then.

    Attributes
    ----------
    offset, shape : tuple of int
        The box within the array.
    picks : tuple
        Selects from the box what was asked of the array.
    plain : bool
        Whether the selection is the whole box, with lengths of 1 dropped where an int was given.
    """

    offset: tuple[int, ...]
    shape: tuple[int, ...]
    picks: tuple[Any, ...]
    plain: bool


def select(selection: Any, shape: tuple[int, ...], key: str) -> Box:
    """The box of a selection.

    Raises
    ------
    IndexError
        The selection leaves the array, has too many dimensions, or holds what is no index.
    """
    items = _expand(selection, shape, key)
    offset: list[int] = []
    lengths: list[int] = []
    picks: list[Any] = []
    plain = True
    axis = 0
    for item in items:
        if item is None:
            picks.append(None)
            plain = False
            continue
        start, length, rest = _one(item, shape[axis], axis, key)
        offset.append(start)
        lengths.append(length)
        picks.append(rest)
        plain = plain and (rest == 0 if isinstance(rest, int) else isinstance(rest, slice) and rest == slice(None))
        axis += 1
    return Box(tuple(offset), tuple(lengths), tuple(picks), plain)


def _expand(selection: Any, shape: tuple[int, ...], key: str) -> list[Any]:
    """One item a dimension, and None where a new one is wanted: ellipses and masks are resolved."""
    items: list[Any] = []
    ellipsis_at = None
    for item in selection if isinstance(selection, tuple) else (selection,):
        if item is Ellipsis:
            if ellipsis_at is not None:
                raise IndexError(f"{key}: an index has at most one ellipsis ('...')")
            ellipsis_at = len(items)
        elif item is None or isinstance(item, slice):
            items.append(item)
        else:
            items.extend(_picks(item, key, shape, len([i for i in items if i is not None]), ellipsis_at is not None))
    used = len([item for item in items if item is not None])
    if used > len(shape):
        raise IndexError(f"{key}: the array has {len(shape)} dimensions, the index has {used}")
    fill = [slice(None)] * (len(shape) - used)
    at = len(items) if ellipsis_at is None else ellipsis_at
    return items[:at] + fill + items[at:]


def _picks(item: Any, key: str, shape: tuple[int, ...], axis: int, after_ellipsis: bool) -> list[Any]:
    """An int, or arrays of ints; a mask becomes the places where it is true."""
    if not isinstance(item, (bool, np.bool_)):
        try:
            return [operator.index(item)]
        except TypeError:
            pass
    array = np.asarray(item)
    if array.dtype == np.bool_ and array.ndim > 0:
        if not after_ellipsis and array.shape != shape[axis : axis + array.ndim]:
            wanted = shape[axis : axis + array.ndim]
            raise IndexError(f"{key}: a mask has the shape of what it selects from, {wanted}, not {array.shape}")
        return list(np.nonzero(array))
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise IndexError(f"{key}: an index is int, slice, '...', None, or an array of int or bool, not {item!r}")
    return [array.astype(np.intp)]


def _one(item: Any, length: int, axis: int, key: str) -> tuple[int, int, Any]:
    if isinstance(item, int):
        if not -length <= item < length:
            raise IndexError(f"{key}: index {item} is out of bounds for axis {axis} with size {length}")
        return item % length, 1, 0
    if isinstance(item, slice):
        places = range(*item.indices(length))
        if not places:
            return 0, 0, slice(None)
        if places.step == 1:
            return places[0], len(places), slice(None)
        low, high = min(places[0], places[-1]), max(places[0], places[-1])
        return low, high - low + 1, slice(None, None, places.step)
    if item.size == 0:
        return 0, 0, item
    low, high = int(item.min()), int(item.max())
    if low < -length or high >= length:
        wrong = low if low < -length else high
        raise IndexError(f"{key}: index {wrong} is out of bounds for axis {axis} with size {length}")
    wrapped = np.where(item < 0, item + length, item)
    low, high = int(wrapped.min()), int(wrapped.max())
    return low, high - low + 1, wrapped - low
