"""`StoredVariable`: an array of a store as xarray indexes it, read on demand.

It holds what can open the store (a file manager of xarray) and a key; it can be pickled. Indexing is outer: every
dimension has its own int, slice or list. A box is read for what lies close together, several for what lies far apart.
"""

from __future__ import annotations

import math
from typing import Any, Optional, Union

import numpy as np
from xarray.backends.common import BackendArray
from xarray.core import indexing

from ._dtypes import DTYPE_OF, STRING, NDArray
from ._errors import ClosedError
from ._selection import select
from ._store import Store

# A box that is larger than this, in elements, and mostly not wanted is read in pieces.
_LARGE = 1 << 16
_MOSTLY = 4

# What xarray takes for text of any length, in every version.
TEXT: np.dtype[Any] = np.dtype("O", metadata={"element_type": str})

Item = Union[int, slice, NDArray]


class StoredVariable(BackendArray):
    """The elements of one array, for xarray's lazy indexing."""

    __slots__ = ("_manager", "_key", "_number", "_chunks", "shape", "dtype")

    def __init__(
        self, manager: Any, key: str, number: int, shape: tuple[int, ...], chunks: Optional[tuple[int, ...]]
    ) -> None:
        self._manager = manager
        self._key = key
        self._number = number
        self._chunks = chunks
        self.shape = shape
        self.dtype = TEXT if number == STRING else DTYPE_OF[number]

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _store(self) -> Store:
        store: Store = self._manager.acquire()
        if store.closed:
            # Inherited through fork, or closed with another Dataset: this process opens its own.
            self._manager.close()
            store = self._manager.acquire()
        return store

    def _read(self, key: tuple[Item, ...]) -> NDArray:
        try:
            return self._outer(self._store(), key)
        except ClosedError:
            # xarray keeps a limited number of files open and closes any: this one, between the two calls.
            return self._outer(self._store(), key)

    def _outer(self, store: Store, key: tuple[Item, ...]) -> NDArray:
        if not self.shape:
            return store.handle.load_array(self._key, self._number, ())
        boxes = [select((item,), (length,), self._key) for item, length in zip(key, self.shape)]
        offset = tuple(box.offset[0] for box in boxes)
        lengths = tuple(box.shape[0] for box in boxes)
        if 0 in lengths:
            block = np.empty(lengths, DTYPE_OF[self._number])
        else:
            pieces = self._pieces(key, lengths)
            if pieces is not None:
                axis, items = pieces
                parts = [self._outer(store, (*key[:axis], item, *key[axis + 1 :])) for item in items]
                # Dimensions with an int are gone from the parts.
                return np.concatenate(parts, sum(not isinstance(item, (int, np.integer)) for item in key[:axis]))
            block = store.handle.load_region(self._key, self._number, offset, lengths)
        for axis in reversed(range(len(boxes))):
            block = block[(slice(None),) * axis + (boxes[axis].picks[0],)]
        return block

    def _pieces(self, key: tuple[Item, ...], lengths: tuple[int, ...]) -> Optional[tuple[int, list[NDArray]]]:
        """The sparsest dimension and its indices in groups that lie close together; None when one box will do."""
        if math.prod(lengths) <= _LARGE:
            return None
        places = [_places(item, length) for item, length in zip(key, self.shape)]
        waste = [length / max(1, len(place)) for length, place in zip(lengths, places)]
        axis = int(np.argmax(waste))
        if waste[axis] < _MOSTLY:
            return None
        near = self._chunks[axis] if self._chunks else 1
        wanted = np.asarray(places[axis])
        groups = np.split(wanted, np.nonzero(np.abs(np.diff(wanted)) > near)[0] + 1)
        return (axis, groups) if len(groups) > 1 else None


def _places(item: Item, length: int) -> Union[range, NDArray]:
    if isinstance(item, slice):
        return range(*item.indices(length))
    return np.atleast_1d(np.asarray(item))
