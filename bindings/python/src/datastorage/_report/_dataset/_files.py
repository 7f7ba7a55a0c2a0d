"""The files of a dataset as columns: what their metadata tell of each of them, and how many rows it has in each group.

Without the tables of a dataset there are only the numbers of rows, and files are called by their codes.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from ..._dataset._catalog import FILE
from ..._dataset._explorer import DatasetExplorer
from ..._dtypes import NDArray
from ..._errors import DataStorageError
from .._collect import shortened
from .._html import seen

# Files whose metadata are read at once.
_BATCH = 20_000
_OWN = {"name", "id", "description", "subset", "table_name"}
_SIZES = "file_sizes_KB/"
SIZE = "size of the part, kB"
_TEXT = 80


class Column(NamedTuple):
    """A column of the table of files.

    Attributes
    ----------
    name : str
        The metadata key, or what is counted.
    source : str
        ``"rows"``, ``"array"``, ``"size"``, ``"metadata"`` or ``"category"``.
    kind : str
        ``"number"`` or ``"text"``.
    values : list
        A value a file; None where it has none.
    """

    name: str
    source: str
    kind: str
    values: list[Any]


class Files(NamedTuple):
    """The files: their names, subsets and columns, and what all of them have in common.

    `error` tells why there is no table of files.
    """

    names: list[str]
    subsets: list[str]
    columns: list[Column]
    common: list[tuple[str, Any]]
    error: Optional[str] = None

    @property
    def subset_names(self) -> list[str]:
        """The subsets that were kept: train, validation and test first."""
        known = ["train", "validation", "test"]
        found = sorted(set(self.subsets) - {""})
        return [name for name in known if name in found] + [name for name in found if name not in known]


def short(text: str) -> str:
    """A text as tables and menus have it: seen as it is, and not long."""
    return shortened(seen(text), _TEXT)


def rows_of(explorer: DatasetExplorer, group: str) -> NDArray:
    """The rows of each file in a group."""
    catalog = explorer.catalog
    primary = catalog.primary(group)
    if primary not in catalog.group(group)["axes"]:
        return np.zeros(catalog.files, np.int64)
    return np.diff(catalog.offsets(group, primary))


def names_of(explorer: DatasetExplorer) -> dict[str, dict[str, str]]:
    """The names of integers, by the array or field that has them."""
    names: dict[str, dict[str, str]] = {}
    try:
        rows = explorer.handle.table("attribset", "")
    except DataStorageError:
        return names
    for row in rows:
        if row["name"] not in ("not set", "true", "false", str(row["id"])):
            names.setdefault(row["table_name"], {})[str(row["id"])] = str(row["name"])
    return names


def files_of(explorer: DatasetExplorer, names: dict[str, dict[str, str]]) -> Files:
    """Names, subsets and columns of the files."""
    count = explorer.file_count
    columns = []
    for group in explorer.available_groups():
        found = rows_of(explorer, group)
        if found.any():
            columns.append(Column(f"rows in {group}", "rows", "number", found.tolist()))
    columns += _scalars(explorer)
    try:
        told = _table(explorer)
    except DataStorageError as error:
        return Files([f"file {code}" for code in range(count)], [""] * count, columns, [], str(error))
    sizes = [told.pop(key) for key in list(told) if key.startswith(_SIZES)]
    if sizes:
        total = np.nansum(np.array(sizes, float), 0)
        columns.append(Column(SIZE, "size", "number", [round(value, 3) for value in total.tolist()]))
    common = []
    entries = {entry["name"]: entry for entry in (explorer.handle.describe()["infoset"] or {})["columns"]}
    for key, values in told.items():
        if key in _OWN:
            continue
        column = _column(key, entries[key], values, names.get(key, {}))
        different = {value for value in column.values if value is not None}
        if len(different) <= 1 and count > 1 and None not in column.values:
            common.append((key, column.values[0]))
        elif different:
            columns.append(column)
    return Files([str(name) for name in told["name"]], [short(text or "") for text in told["subset"]], columns, common)


def _scalars(explorer: DatasetExplorer) -> list[Column]:
    """Numbers that parts have as scalars: arrays with a row a file."""
    found = []
    for group in explorer.available_groups():
        for entry in explorer.catalog.arrays(group).values():
            numeric = entry.dtype.startswith(("int", "uint", "float"))
            if entry.axis != FILE or len(entry.dims) != 1 or not numeric:
                continue
            try:
                values = np.asarray(explorer.store.load(entry.key))
            except DataStorageError:
                continue  # Its card tells why.
            found.append(Column(entry.key, "array", "number", values.tolist()))
    return found


def _table(explorer: DatasetExplorer) -> dict[str, list[Any]]:
    """The table of files by column, read by batches."""
    told: dict[str, list[Any]] = {}
    for first in range(0, explorer.file_count, _BATCH):
        rows = explorer.handle.table("infoset", f"file.id >= {first} and file.id < {first + _BATCH}")
        for key in rows[0] if rows else ():
            told.setdefault(key, []).extend(row.get(key) for row in rows)
    return told


def _column(key: str, entry: dict[str, Any], values: list[Any], names: dict[str, str]) -> Column:
    categorical = entry.get("scope") == "categorical"
    source = "category" if categorical else "metadata"
    if entry["type"] in ("int64", "double") and not categorical:
        return Column(key, source, "number", values)
    return Column(key, source, "text", [None if value is None else _text(value, names) for value in values])


def _text(value: Any, names: dict[str, str]) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return short(f"{text} {names[text]}" if text in names else text)
