"""`Items`: the parts of a subset as a sequence, read by runs of neighbouring files.

One file is a handful of rows in each array; a chunk holds the rows of hundreds. So that no chunk is decoded hundreds of
times, iterating reads the rows of many files with consecutive codes at once, as many as fit in a budget of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union, overload

import numpy as np

from .._dtypes import DTYPE_OF, STRING, NDArray
from .._errors import InvalidArgumentError
from ._catalog import ArrayEntry

if TYPE_CHECKING:
    from ._explorer import DatasetExplorer

BUDGET = 64 << 20
# What a string is reckoned with.
_TEXT = 64


class Item(NamedTuple):
    """One file.

    Attributes
    ----------
    code : int
        Its code.
    name : str
        Its name.
    groups : dict of dict of numpy.ndarray
        Its rows: ``item.groups["faces"]["face_areas"]``. An array with one row a file has its row alone.
    """

    code: int
    name: str
    groups: dict[str, dict[str, Any]]


class Wanted(NamedTuple):
    """An array that is read for every item: where it goes, and how many bytes a row has."""

    group: str
    name: str
    entry: ArrayEntry
    number: int
    lengths: tuple[int, ...]
    row_bytes: int


class Items(Sequence[Item]):
    """The files of a subset, in the order of their codes. Made by `DatasetLoader.get_dataset`.

    Parameters
    ----------
    explorer : DatasetExplorer
        The dataset.
    codes : array of int
        The codes of the files.
    arrays : dict or sequence, optional
        What is read: names of arrays by group, or names of groups; everything without it.
    """

    def __init__(self, explorer: DatasetExplorer, codes: Any, arrays: Any = None) -> None:
        self.explorer = explorer
        self.codes: NDArray = np.asarray(codes, np.int64)
        if len(self.codes) and (self.codes.min() < 0 or self.codes.max() >= explorer.catalog.files):
            least, most = self.codes.min(), self.codes.max()
            raise InvalidArgumentError(f"codes go from {least} to {most}, there are {explorer.catalog.files} files")
        self._arrays = arrays
        self.wanted = [self._wanted(group, name) for group, name in _chosen(explorer, arrays)]

    def _wanted(self, group: str, name: str) -> Wanted:
        entry = self.explorer.catalog.array(group, name)
        handle = self.explorer.store.handle
        number, shape = handle.stat(entry.key).dtype, handle.shape(entry.key)
        size = _TEXT if number == STRING else DTYPE_OF[number].itemsize
        return Wanted(group, name, entry, number, shape, size * int(np.prod(shape[1:], dtype=np.int64)))

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Items: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Item, Items]:
        if isinstance(index, slice):
            return Items(self.explorer, self.codes[index], self._arrays)
        if not -len(self) <= index < len(self):
            raise IndexError(f"index is {index}, there are {len(self)} items")
        code = int(self.codes[index])
        return next(self.read(code, code + 1, np.array([code])))

    def __iter__(self) -> Iterator[Item]:
        return self.iterate()

    def iterate(self, *, shuffle: bool = False, seed: Optional[int] = None, budget: int = BUDGET) -> Iterator[Item]:
        """The items, read by runs of files.

        Parameters
        ----------
        shuffle : bool
            Runs come in random order, and so do the items of each: neighbours stay near each other.
        seed : int, optional
            The seed of the order.
        budget : int
            About the bytes that are read at once; a larger file is read whole all the same.
        """
        self.explorer = self.explorer.here()
        runs = self._runs(budget)
        random = np.random.default_rng(seed)
        if shuffle:
            runs = [runs[i] for i in random.permutation(len(runs))]
        for codes in runs:
            order = random.permutation(codes) if shuffle else codes
            yield from self.read(int(codes[0]), int(codes[-1]) + 1, order)

    def _runs(self, budget: int) -> list[NDArray]:
        """The codes cut where the rows between them would exceed the budget, or where too many are not wanted."""
        if not len(self.codes):
            return []
        codes = np.unique(self.codes) if np.any(np.diff(self.codes) <= 0) else self.codes
        before = np.zeros(self.explorer.catalog.files + 1, np.int64)
        for wanted in self.wanted:
            before += self.explorer.catalog.offsets(wanted.group, wanted.entry.axis) * wanted.row_bytes
        runs, begin = [], 0
        for at in range(1, len(codes) + 1):
            # A gap of files that nobody wants is read over only when it is small.
            if at < len(codes):
                gap = before[codes[at]] - before[codes[at - 1] + 1]
                if before[codes[at] + 1] - before[codes[begin]] <= budget and gap <= budget // 64:
                    continue
            runs.append(codes[begin:at])
            begin = at
        return runs

    def read(self, first: int, last: int, codes: NDArray) -> Iterator[Item]:
        """The items with some codes, between two codes whose rows are read at once."""
        self.explorer = self.explorer.here()
        catalog, handle = self.explorer.catalog, self.explorer.store.handle
        blocks = []
        for wanted in self.wanted:
            offsets = catalog.offsets(wanted.group, wanted.entry.axis)
            start, stop = int(offsets[first]), int(offsets[last])
            rest = wanted.lengths[1:]
            shape = (stop - start, *rest)
            if 0 in shape:
                block = np.empty(shape, DTYPE_OF[wanted.number])
            else:
                block = handle.load_region(wanted.entry.key, wanted.number, (start,) + (0,) * len(rest), shape)
            blocks.append((wanted, offsets, start, block))
        for code in codes.tolist():
            groups: dict[str, dict[str, Any]] = {}
            for wanted, offsets, start, block in blocks:
                rows = block[int(offsets[code]) - start : int(offsets[code + 1]) - start]
                alone = wanted.entry.axis == "file"
                groups.setdefault(wanted.group, {})[wanted.name] = rows[0] if alone else rows
            yield Item(code, self.explorer.decode_file_id_code(code), groups)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Items, (self.explorer, self.codes, self._arrays))

    def __repr__(self) -> str:
        return f"<Items: {len(self)} files of {self.explorer.path!r}>"


def _chosen(explorer: DatasetExplorer, arrays: Any) -> list[tuple[str, str]]:
    if arrays is None:
        arrays = explorer.available_groups()
    if isinstance(arrays, str):
        arrays = [arrays]
    if not isinstance(arrays, dict):
        arrays = {group: explorer.available_arrays(group) for group in arrays}
    return [(group, name) for group, names in arrays.items() for name in ([names] if isinstance(names, str) else names)]
