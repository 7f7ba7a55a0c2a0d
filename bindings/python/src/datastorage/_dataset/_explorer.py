"""`DatasetExplorer`: what is in a dataset, which files and rows there are, how values are distributed.

Predicates, distributions and tables are the library's; this turns them into NumPy, xarray and pandas objects, and calls
Python functions on elements where a predicate has no text. An explorer reads; only `save_subsets` writes, the table
of files alone.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Callable, NamedTuple, Optional, Union

import numpy as np

from .._dtypes import NDArray
from .._errors import ClosedError, DtypeMismatchError, InvalidArgumentError, NotFoundError, ShapeMismatchError
from .._handle import PathLike
from .._library import LIBRARY
from .._store import Store
from . import _tables
from ._catalog import FILE, Catalog
from ._handle import DatasetHandle
from ._merge import flow_of
from ._predicate import NoText, text_of

Where = Union[str, Callable[[Any], Any], None]
Bins = Union[int, str, Sequence[Any], NDArray]

# Rows that a Python function is called with at once.
_ROWS = 1 << 18


class Membership(NamedTuple):
    """Which files have values in which bins.

    Attributes
    ----------
    matrix : numpy.ndarray
        Files by labels: bool, or uint32 numbers of rows.
    file_codes : numpy.ndarray
        The code of each row of the matrix.
    labels : list
        The bin or category of each column.
    """

    matrix: NDArray
    file_codes: NDArray
    labels: list[Any]


def _finish(token: int) -> None:
    LIBRARY.ds_dataset_close(token)


class DatasetExplorer:
    """Explores a dataset that `merge` wrote.

    Parameters
    ----------
    merged_store_path : str or path
        The dataset, ``X.dataset``.
    parquet_file_path, parquet_file_attribs : str or path, optional
        Its tables, which lie beside it; others are refused.
    flow_output_file : str or path, optional
        ``X.flow`` in place of ``X.dataset``.
    **options
        Options of `datastorage.open` for reading, such as ``integrity="ignore"``.

    Raises
    ------
    StoreNotFoundError
        There is no such dataset.
    InvalidArgumentError
        It is a store, but no dataset.
    CorruptError
        Its tables are those of another one.
    """

    def __init__(
        self,
        merged_store_path: Optional[PathLike] = None,
        parquet_file_path: Optional[PathLike] = None,
        parquet_file_attribs: Optional[PathLike] = None,
        *,
        flow_output_file: Optional[PathLike] = None,
        **options: Any,
    ) -> None:
        given = merged_store_path if merged_store_path is not None else flow_output_file
        if given is None:
            raise InvalidArgumentError("no path of a dataset was given")
        path = os.path.abspath(flow_of(given) or os.fspath(given))
        self.path = path
        self._options = options
        for name, table in (("infoset", parquet_file_path), ("attribset", parquet_file_attribs)):
            if table is not None and os.path.realpath(os.fspath(table)) != os.path.realpath(self.table_path(name)):
                raise InvalidArgumentError(f"{os.fspath(table)}: the table of this dataset is {self.table_path(name)}")
        self.handle = DatasetHandle.open(path, options)
        self._finalizer = weakref.finalize(self, _finish, self.handle.token)
        self.store = Store(self.handle.store(), path, {**options, "mode": "r"})
        self.catalog = Catalog(self.store)
        self._sql: Optional[_tables.Sql] = None
        self._opened: dict[str, Any] = {}
        self._process = os.getpid()

    # ---- Life ----

    @property
    def closed(self) -> bool:
        """Whether it was closed, here or because the process was forked."""
        return not self.handle.is_open()

    def close(self) -> None:
        """Closes the dataset and its store; a second time does nothing."""
        if self._sql is not None:
            self._sql.close()
            self._sql = None
        self.store.close()
        try:
            self.handle.close()
        except ClosedError:
            pass
        self._finalizer.detach()

    def here(self) -> Any:
        """This dataset; in a forked child, where what was inherited is closed, one that is opened there."""
        return self if self._process == os.getpid() else _open_again(type(self), self.path, self._options)

    def interrupt(self) -> None:
        """Ends the calls of other threads that are in flight; they raise `CancelledError`."""
        self.handle.interrupt()

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """By path: the copy opens the dataset itself."""
        return (_open_again, (type(self), self.path, self._options))

    def __repr__(self) -> str:
        if self.closed:
            return f"<{type(self).__name__} {self.path!r}, closed>"
        groups = ", ".join(f"{name} ({self.catalog.rows(name)})" for name in self.available_groups())
        return f"<{type(self).__name__} {self.path!r}: {self.catalog.files} files; {groups}>"

    # ---- What there is ----

    def available_groups(self) -> list[str]:
        """The names of the groups."""
        return self.catalog.groups()

    def available_arrays(self, group: str) -> list[str]:
        """The names of the arrays of a group."""
        return list(self.catalog.arrays(group))

    @property
    def file_count(self) -> int:
        """The number of files."""
        return self.catalog.files

    def table_of_contents(self) -> dict[str, Any]:
        """Files, groups, axes, arrays with type, shape and sizes, columns of the tables, subsets; as nested dicts."""
        return self.handle.describe()

    def print_table_of_contents(self) -> None:
        """Prints what is in the dataset: a line a group and a line an array."""
        print(f"{self.path}: {self.catalog.files} files")
        for group in self.available_groups():
            print(f"{group}: {self.catalog.rows(group)} rows along {self.catalog.primary(group)}")
            for name, entry in self.catalog.arrays(group).items():
                shape = " x ".join(map(str, self.store.array(entry.key).shape))
                print(f"  {name}: {entry.dtype} ({', '.join(entry.dims)}) {shape}")

    # ---- Elements ----

    def get_array_data(self, group: str, key: str) -> Any:
        """An array of a group: a DataArray that reads on demand where xarray is installed, else a NumPy array."""
        entry = self.catalog.array(group, key)
        if _tables.imported("xarray") is None:
            return self.store.load(entry.key)
        return self.get_group_data(group)[key]

    def get_group_data(self, group: str) -> Any:
        """A group: a Dataset that reads on demand where xarray is installed, else a dict of NumPy arrays.

        It reads while the explorer is open; `xarray.open_dataset(path, group=group)` gives one with a life of its own. The codes of the files are ``file_id_code_<group>`` in it.
        """
        self.catalog.group(group)
        xarray = _tables.imported("xarray")
        if xarray is None:
            return {name: self.store.load(f"{group}/{name}") for name in self.store.group(group)}
        if group not in self._opened:
            from ..xarray_backend import DatastorageBackendEntrypoint

            # On this object's own store: it reads as long as the explorer is open.
            self._opened[group] = DatastorageBackendEntrypoint().open_dataset(self.store, group=group)
        # A view, so that what a caller adds is his.
        return self._opened[group].copy()

    def file_dataset(self, code: int, group: str) -> Any:
        """The rows of one file in a group, as `get_group_data` gives groups.

        Raises
        ------
        NotFoundError
            There is no such file or group.
        """
        bounds = {axis: self._bounds(group, axis, code) for axis in self.catalog.group(group)["axes"]}
        if _tables.imported("xarray") is None:
            entries = self.catalog.arrays(group).items()
            return {name: self.store.array(entry.key)[slice(*bounds[entry.axis])] for name, entry in entries}
        data = self.get_group_data(group)
        return data.isel({axis: slice(*rows) for axis, rows in bounds.items() if axis in data.dims})

    def _bounds(self, group: str, axis: str, code: int) -> tuple[int, int]:
        if not 0 <= code < self.catalog.files:
            raise NotFoundError(f"{code}: no such file, codes are below {self.catalog.files}")
        offsets = self.catalog.offsets(group, axis)
        return int(offsets[code]), int(offsets[code + 1])

    # ---- Files and rows ----

    def get_file_list(self, group: Optional[str] = None, where: Where = None) -> NDArray:
        """The codes of the files with at least one row for which a condition holds.

        Parameters
        ----------
        group : str, optional
            The group whose arrays are asked; not needed for conditions on files.
        where : str or callable, optional
            A predicate, such as ``"face_types == 'Cylinder' and face_areas > 10.5"``, or a function of the group, such
            as ``lambda ds: ds["face_types"] == 3``. A function that compares arrays with values and joins with ``&``,
            ``|`` and ``~`` becomes a predicate; any other one is called with the elements, piece by piece. Without it,
            every file (with a group: every one that has rows in it).

        Returns
        -------
        numpy.ndarray
            int64, ascending.

        Raises
        ------
        InvalidArgumentError
            No predicate; the place in it is told.
        NotFoundError
            A group, array, column or category that is not there.
        """
        if not callable(where):
            return self.handle.files(group, where or "")
        if group is None:
            raise InvalidArgumentError("a function is called with a group, and none is given")
        try:
            text = text_of(where, group, self._primary_arrays(group))
        except NoText:
            return self._files_by_elements(group, where)
        return self.handle.files(group, text)

    def get_rows(self, group: str, where: Where = None) -> NDArray:
        """The rows of a group for which a condition holds, ascending; arguments and errors as `get_file_list`."""
        if not callable(where):
            return self.handle.rows(group, where or "")
        try:
            text = text_of(where, group, self._primary_arrays(group))
        except NoText:
            return np.concatenate([np.empty(0, np.uint64), *self._rows_by_elements(group, where)])
        return self.handle.rows(group, text)

    def _primary_arrays(self, group: str) -> list[str]:
        primary = self.catalog.primary(group)
        return [name for name, entry in self.catalog.arrays(group).items() if entry.axis == primary]

    def _files_by_elements(self, group: str, function: Callable[[Any], Any]) -> NDArray:
        offsets = self.catalog.offsets(group, self.catalog.primary(group))
        found = [np.searchsorted(offsets, rows, "right") - 1 for rows in self._rows_by_elements(group, function)]
        return np.unique(np.concatenate([np.empty(0, np.int64), *found]).astype(np.int64))

    def _rows_by_elements(self, group: str, function: Callable[[Any], Any]) -> Iterator[NDArray]:
        primary, total = self.catalog.primary(group), self.catalog.rows(group)
        names = self._primary_arrays(group)
        xarray = _tables.imported("xarray")
        data = None if xarray is None else self.get_group_data(group)
        for first in range(0, total, _ROWS):
            last = min(first + _ROWS, total)
            piece: Any = _Piece(self.store, group, names, first, last)
            if data is not None:
                piece = data[names].isel({primary: slice(first, last)})
            mask = np.asarray(function(piece))
            if mask.shape != (last - first,):
                raise ShapeMismatchError(f"{group}: where gave shape {mask.shape}, wanted is ({last - first},)")
            if mask.dtype != bool:
                raise DtypeMismatchError(f"{group}: where gave {mask.dtype}, wanted is bool")
            yield (np.nonzero(mask)[0] + first).astype(np.uint64)

    # ---- Distributions ----

    def create_distribution(self, key: str, group: Optional[str] = None, bins: Bins = 10) -> dict[str, Any]:
        """How the values of a key are distributed.

        Parameters
        ----------
        key : str
            An array of the group, a component of its rows (``"face_centroids[2]"``), or a column of the table of files.
        group : str, optional
            The group; not needed for a column.
        bins : int, sequence or "distinct"
            The number of equal bins, or their edges; or a bin for each value that there is.

        Returns
        -------
        dict
            ``bin_edges`` and ``labels``; for each bin ``counts`` (values), ``file_count`` (files) and
            ``file_id_codes_in_bins``, an array of file codes.
        """
        found = self.handle.distribution(group, key, _bins(bins, None))
        codes = [np.asarray(codes, np.int64) for codes in found["file_id_codes_in_bins"]]
        return {
            "bin_edges": np.asarray(found["bin_edges"], np.float64),
            "labels": found["labels"],
            "counts": np.asarray(found["counts"], np.uint64),
            "file_count": np.asarray(found["file_count"], np.uint64),
            "file_id_codes_in_bins": codes,
        }

    def build_membership_matrix(
        self, group: Optional[str], key: str, bins_or_categories: Bins = 10, as_counts: bool = False
    ) -> Membership:
        """Which files have values in which bins, or of which categories.

        Parameters
        ----------
        group, key : str
            As in `create_distribution`.
        bins_or_categories : int, sequence or "distinct"
            The number of equal bins; the edges of bins; for integers and strings, the categories; or a column for each
            value that there is.
        as_counts : bool
            Numbers of rows in place of bools.
        """
        labels, counts = self.handle.membership(
            group, key, _bins(bins_or_categories, self._dtype(group, key)), as_counts
        )
        matrix = counts.reshape(self.catalog.files, len(labels))
        codes = np.arange(self.catalog.files, dtype=np.int64)
        return Membership(matrix if as_counts else matrix.astype(bool), codes, labels)

    def _dtype(self, group: Optional[str], key: str) -> str:
        """The type of a key; that of a column may be any."""
        name = key.partition("[")[0].strip("`")
        arrays = self.catalog.arrays(group) if group else {}
        return arrays[name].dtype if name in arrays else "column"

    # ---- Tables ----

    def table_path(self, table: str) -> str:
        """The path of a table: ``"infoset"`` or ``"attribset"``."""
        stem = self.path[: -len(".dataset")] if self.path.endswith(".dataset") else self.path
        return f"{stem}.{table}"

    def get_descriptions(self, table: str) -> Any:
        """What is known of the categories of an array or field: id, name and description of each.

        A DataFrame where pandas is installed, else a list of dicts.
        """
        return _tables.frame(self.handle.descriptions(table))

    def get_file_info_all(self, where: str = "") -> Any:
        """The table of files, or its rows for which a predicate holds: a DataFrame where pandas is installed, else a
        list of dicts."""
        return _tables.frame(self.handle.table("infoset", where))

    def get_attributes_all(self, where: str = "") -> Any:
        """The table of categories, as `get_file_info_all`."""
        return _tables.frame(self.handle.table("attribset", where))

    def get_parquet_info_by_code(self, code: int) -> dict[str, Any]:
        """The row of one file in the table of files.

        Raises
        ------
        NotFoundError
            There is no such file.
        """
        rows = self.handle.table("infoset", f"id == {int(code)}")
        if not rows:
            raise NotFoundError(f"{code}: no such file, codes are below {self.catalog.files}")
        return rows[0]

    def decode_file_id_code(self, code: int) -> str:
        """The name of the file with a code."""
        return self.handle.file_name(int(code))

    def file_id_code(self, name: str) -> int:
        """The code of the file with a name."""
        return self.handle.file_code(name)

    def sql(self, query: str) -> Any:
        """A query of DuckDB over ``infoset``, ``attribset`` and the groups, such as ``faces``; gives its relation.

        A group has a row for each of its rows, ``file_id`` and a column an array along the primary dimension. It is read
        when a query names it first.

        Raises
        ------
        UnsupportedError
            DuckDB or pandas is not installed.
        """
        if self._sql is None:
            self._sql = _tables.Sql(self)
        return self._sql.query(query)

    # ---- Subsets ----

    def get_subset(self, name: str) -> NDArray:
        """The codes of the files of a subset that was kept, ascending."""
        return self.handle.subset(name)

    def save_subsets(self, subsets: Mapping[str, Sequence[int]]) -> None:
        """Keeps subsets in the table of files, in place of those that were there."""
        self.handle.save_subsets(dict(subsets))


class DatasetInfo:
    """What a merge left beside the dataset: the codes of its files, and its summary.

    Parameters
    ----------
    merged_store_path : str or path
        The dataset, ``X.dataset``, or its ``X.flow``.
    """

    def __init__(self, merged_store_path: PathLike) -> None:
        self.path = os.path.abspath(flow_of(merged_store_path) or os.fspath(merged_store_path))

    def code_mappings(self) -> dict[str, int]:
        """The code of each file, by name."""
        with DatasetExplorer(self.path) as explorer:
            return {row["name"]: int(row["id"]) for row in explorer.handle.table("infoset", "")}

    def summary(self) -> dict[str, Any]:
        """The summary of the merge."""
        stem = self.path[: -len(".dataset")] if self.path.endswith(".dataset") else self.path
        with open(stem + ".flow", encoding="utf-8") as file:
            document: dict[str, Any] = json.load(file)
        return document


class _Piece(Mapping[str, Any]):
    """Rows of a group as NumPy arrays, read when they are asked for."""

    def __init__(self, store: Store, group: str, names: list[str], first: int, last: int) -> None:
        self._store, self._group, self._names = store, group, names
        self._rows = slice(first, last)
        self._read: dict[str, NDArray] = {}

    def __getitem__(self, name: str) -> NDArray:
        if name not in self._names:
            raise NotFoundError(f"{self._group}/{name}: no such array")
        if name not in self._read:
            self._read[name] = self._store.array(f"{self._group}/{name}")[self._rows]
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _open_again(cls: type[DatasetExplorer], path: str, options: dict[str, Any]) -> DatasetExplorer:
    return cls(path, **options)


def _bins(bins: Bins, dtype: Optional[str]) -> Any:
    """Bins as the library takes them; `dtype` is that of a key whose categories may be meant."""
    if isinstance(bins, str):
        return bins
    if isinstance(bins, (int, np.integer)):
        return {"equal": int(bins)}
    values = [value.item() if isinstance(value, np.generic) else value for value in bins]
    whole = all(isinstance(value, (int, str)) for value in values)
    if dtype is not None and whole and not dtype.startswith("float"):
        return {"categories": values}
    return {"edges": [float(value) for value in values]}


__all__ = ["FILE", "DatasetExplorer", "DatasetInfo", "Membership"]
