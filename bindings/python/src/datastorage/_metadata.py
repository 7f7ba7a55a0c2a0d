"""`Metadata`: the metadata document of a store as a mapping, addressed by '/' paths.

`metadata["processing/duration"]` is a value, `metadata["processing"]` a section as a `dict`. Unlike `save_metadata` of
the specification, which merges, assignment replaces, as it does in a `dict`; `merge` merges. What the library keeps
for itself (`_storage_schema`, `_datastorage`) is not listed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from . import _json
from ._errors import NotFoundError
from ._prototypes import SCOPES

if TYPE_CHECKING:
    from ._store import Store

_SCOPE_NAMES = {
    SCOPES["SCOPE_NONE"]: None,
    SCOPES["SCOPE_FILE_LEVEL"]: "file_level",
    SCOPES["SCOPE_CATEGORICAL"]: "categorical",
}


def save(store: Store, key: str, value: Any) -> None:
    """Saves a value; a mapping merges into the section that is there."""
    if isinstance(value, float) and not math.isfinite(value):
        return store.handle.save_metadata_float(key, float(value))
    return store.handle.save_metadata(key, _json.dumps(value, key))


class Metadata(MutableMapping[str, Any]):
    """The metadata of a store: '/' paths to JSON values and sections."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def asdict(self) -> dict[str, Any]:
        """A copy of the whole document as nested dicts."""
        document: dict[str, Any] = self._store.handle.load_metadata("")
        return {name: value for name, value in document.items() if not name.startswith("_")}

    def paths(self) -> list[str]:
        """The paths of all values, sorted."""
        return [path for path in self._store.handle.list_metadata("") if not path.startswith("_")]

    def scope(self, key: str) -> Any:
        """Where a value belongs when stores are merged: ``"file_level"``, ``"categorical"``, None without a schema."""
        return _SCOPE_NAMES[self._store.handle.metadata_scope(key)]

    def merge(self, key: str, section: Mapping[str, Any]) -> None:
        """Merges a mapping into a section; the key ``""`` is the document."""
        if key:
            save(self._store, key, section)
        else:
            for name, value in section.items():
                save(self._store, name, value)

    def __getitem__(self, key: str) -> Any:
        if not key:
            raise NotFoundError("metadata key is empty")
        return self._store.handle.load_metadata(key)

    def __setitem__(self, key: str, value: Any) -> None:
        """Replaces a value or a section; refused values leave what was there."""
        with self._store.handle.several():
            self._replace(key, value)

    def _replace(self, key: str, value: Any) -> None:
        handle = self._store.handle
        try:
            former = handle.load_metadata(key)
        except NotFoundError:
            return save(self._store, key, value)
        if not isinstance(former, dict) and not isinstance(value, Mapping):
            return save(self._store, key, value)
        text = _json.dumps(value, key)
        handle.delete_metadata(key)
        try:
            handle.save_metadata(key, text)
        except BaseException:
            handle.save_metadata(key, _json.dumps(former, key))
            raise

    def __delitem__(self, key: str) -> None:
        self._store.handle.delete_metadata(key)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str) or not key:
            return False
        try:
            self._store.handle.load_metadata(key)
        except NotFoundError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.asdict())

    def __len__(self) -> int:
        return len(self.asdict())

    def __repr__(self) -> str:
        return repr(self.asdict())
