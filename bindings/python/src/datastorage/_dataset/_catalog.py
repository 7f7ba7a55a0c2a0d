"""What a dataset holds, by its catalog: groups, the axes that their arrays run along, and where each file's rows are.

Read once from the metadata and the offsets of the store; nothing here changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from .._dtypes import NDArray
from .._errors import CorruptError, InvalidArgumentError, NotFoundError
from .._store import Store

PRIVATE = "_dataset"
FILE = "file"


class ArrayEntry(NamedTuple):
    """An array of a group.

    Attributes
    ----------
    key : str
        Its key in the store.
    dtype : str
        The name of its type.
    dims : tuple of str
        The names of its dimensions.
    axis : str
        The first of them, along which the parts were concatenated; ``"file"`` for one row a file.
    """

    key: str
    dtype: str
    dims: tuple[str, ...]
    axis: str


class Catalog:
    """The groups of a dataset."""

    def __init__(self, store: Store) -> None:
        document: Any = store.metadata.get(PRIVATE)
        if not isinstance(document, dict):
            raise InvalidArgumentError(f"{store.uri}: is no dataset")
        self._store = store
        self._groups: dict[str, Any] = document["groups"]
        self.files = int(document["files"])
        self.id = str(document["id"])
        self._offsets: dict[tuple[str, str], NDArray] = {}

    def groups(self) -> list[str]:
        """The groups that users see."""
        return [name for name in self._groups if not name.startswith("_")]

    def group(self, name: str) -> Any:
        """The entry of a group.

        Raises
        ------
        NotFoundError
            There is no such group.
        """
        if name not in self._groups:
            raise NotFoundError(f"{name}: no such group, there are {', '.join(self.groups())}")
        return self._groups[name]

    def arrays(self, group: str) -> dict[str, ArrayEntry]:
        """The arrays of a group, by name."""
        arrays = self.group(group)["arrays"]
        return {
            name: ArrayEntry(f"{group}/{name}", entry["dtype"], tuple(entry["dims"]), entry["axis"])
            for name, entry in arrays.items()
        }

    def array(self, group: str, name: str) -> ArrayEntry:
        """An array of a group; one of file codes too.

        Raises
        ------
        NotFoundError
            There is no such array.
        """
        arrays = self.arrays(group)
        for axis, kept in self.group(group)["axes"].items():
            if kept.get("provenance") == name:
                return ArrayEntry(f"{group}/{name}", "int32", (axis,), axis)
        if name not in arrays:
            raise NotFoundError(f"{group}/{name}: no such array, there are {', '.join(arrays)}")
        return arrays[name]

    def primary(self, group: str) -> str:
        """The dimension along which the parts were concatenated."""
        return str(self.group(group)["primary_dimension"])

    def rows(self, group: str, axis: Optional[str] = None) -> int:
        """The rows along an axis, the primary one by default."""
        axes = self.group(group)["axes"]
        name = self.primary(group) if axis is None else axis
        return int(axes[name]["rows"]) if name in axes else 0

    def provenance(self, group: str, axis: Optional[str] = None) -> Optional[str]:
        """The key of the file codes along an axis; None where there is one row a file."""
        entry = self.group(group)["axes"].get(self.primary(group) if axis is None else axis) or {}
        name = entry.get("provenance")
        return f"{group}/{name}" if name else None

    def offsets(self, group: str, axis: str) -> NDArray:
        """The first row of each file along an axis, and the end: files + 1 numbers."""
        if axis == FILE:
            return np.arange(self.files + 1, dtype=np.int64)
        found = self._offsets.get((group, axis))
        if found is None:
            found = np.asarray(self._store.load(self.group(group)["axes"][axis]["offsets"]))
            if len(found) != self.files + 1:
                raise CorruptError(f"{group}: there are {len(found)} offsets, {self.files + 1} are needed")
            self._offsets[group, axis] = found
        return found
