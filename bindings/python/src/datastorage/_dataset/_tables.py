"""The tables of a dataset as pandas has them, where it is installed; and SQL over them by DuckDB, where that is.

pandas and DuckDB are imported when they are asked for, never with the package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from .._errors import UnsupportedError

if TYPE_CHECKING:
    from ._explorer import DatasetExplorer

# Arrays of more columns than this do not become columns of SQL.
_MOST_COLUMNS = 64


def imported(name: str) -> Any:
    """A module; None when it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def required(name: str, what: str) -> Any:
    """A module.

    Raises
    ------
    UnsupportedError
        It is not installed.
    """
    module = imported(name)
    if module is None:
        raise UnsupportedError(f"{what} needs {name.partition('.')[0]}, which is not installed")
    return module


def frame(rows: list[dict[str, Any]]) -> Any:
    """Rows as a pandas DataFrame; as they are where there is no pandas."""
    pandas = imported("pandas")
    return rows if pandas is None else pandas.DataFrame(rows)


def columns(explorer: DatasetExplorer, group: str) -> dict[str, Any]:
    """The arrays of a group along its primary dimension as columns, with the code of each row's file as ``file_id``.

    An array of shape (rows, n) is n columns, ``name_0`` and so on; larger ones are left out.
    """
    catalog = explorer.catalog
    found: dict[str, Any] = {}
    provenance = catalog.provenance(group)
    if provenance is not None:
        found["file_id"] = explorer.store.load(provenance)
    for name, entry in catalog.arrays(group).items():
        if entry.axis != catalog.primary(group):
            continue
        shape = explorer.store.array(entry.key).shape
        if len(shape) == 1:
            found[name] = explorer.store.load(entry.key)
        elif len(shape) == 2 and shape[1] <= _MOST_COLUMNS:
            block = explorer.store.load(entry.key)
            found.update({f"{name}_{i}": np.ascontiguousarray(block[:, i]) for i in range(shape[1])})
    return found


class Sql:
    """A connection of DuckDB with the tables of a dataset; a group is read when a query names it first."""

    def __init__(self, explorer: DatasetExplorer) -> None:
        self._explorer = explorer
        self._duckdb = required("duckdb", "sql")
        self._pandas = required("pandas", "sql")
        self.connection: Any = self._duckdb.connect()
        self._known: set[str] = set()

    def query(self, text: str) -> Any:
        """The relation of a query."""
        for name in self.connection.get_table_names(text):
            self._provide(str(name))
        return self.connection.sql(text)

    def _provide(self, name: str) -> None:
        if name in self._known:
            return
        table = self._table(name)
        if table is not None:
            self.connection.register(name, table)
            self._known.add(name)

    def _table(self, name: str) -> Optional[Any]:
        if name in ("infoset", "attribset"):
            return self.connection.read_parquet(self._explorer.table_path(name))
        if name in self._explorer.catalog.groups():
            return self._pandas.DataFrame(columns(self._explorer, name))
        return None

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()
