"""`Attributes`: the attributes of a node as a mapping of JSON values that is written through.

A change reads all attributes, changes one and writes them, under a lock of the store: of threads that share the store,
none loses another's change. `update` writes once.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from . import _json

if TYPE_CHECKING:
    from ._store import Store


class Attributes(MutableMapping[str, Any]):
    """The attributes of a node: names to JSON values (`str`, numbers, bools, None, lists, dicts)."""

    __slots__ = ("_store", "_key")

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key

    def asdict(self) -> dict[str, Any]:
        """A copy as a `dict`."""
        return self._store.handle.attributes(self._key)

    def __getitem__(self, name: str) -> Any:
        return self.asdict()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        with self._store.handle.several():
            attributes = self.asdict()
            del attributes[name]
            self._write(attributes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.asdict())

    def __len__(self) -> int:
        return len(self.asdict())

    def update(self, *others: Any, **named: Any) -> None:
        """Sets several at once, in one write."""
        with self._store.handle.several():
            attributes = self.asdict()
            attributes.update(*others, **named)
            self._write(attributes)

    def clear(self) -> None:
        """Removes all."""
        self._write({})

    def _write(self, attributes: dict[str, Any]) -> None:
        self._store.handle.set_attributes(self._key, _json.dumps(attributes, self._key))

    def __repr__(self) -> str:
        return repr(self.asdict())
