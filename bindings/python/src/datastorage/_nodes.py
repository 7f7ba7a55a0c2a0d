"""What is in a store, as plain values: a `Node` for each group, array, text, bytes or JSON; for listings and reports.

Headers are read, no elements. A node whose header cannot be read is listed with its error: a damaged array does not
hide the others.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ._errors import DataStorageError, NotFoundError
from ._handle import ARRAY, BYTES, GROUP, KIND_NAMES
from ._store import Store


class Node(NamedTuple):
    """A node of a store.

    Attributes
    ----------
    key : str
        Its key.
    kind : str
        ``"group"``, ``"array"``, ``"bytes"`` or ``"json"``.
    dtype : str or None
        The type of the elements, ``"str"`` for strings; None for groups and JSON.
    shape, dims : tuple
        The lengths of the dimensions, and their names.
    elements : int
        Elements of an array, children of a group.
    nbytes : int or None
        Bytes of the elements in memory; None for strings and JSON, whose size is not known before they are read.
    stored_bytes : int
        Bytes that the store keeps.
    chunks : int
        The number of chunks.
    error : str or None
        Why it cannot be looked at; the fields but `key` and `kind` are empty then.
    """

    key: str
    kind: str
    dtype: Optional[str] = None
    shape: tuple[int, ...] = ()
    dims: tuple[str, ...] = ()
    elements: int = 0
    nbytes: Optional[int] = None
    stored_bytes: int = 0
    chunks: int = 0
    error: Optional[str] = None

    @property
    def name(self) -> str:
        """The last component of the key."""
        return self.key.rpartition("/")[2]

    @property
    def ratio(self) -> Optional[float]:
        """Bytes in memory for a byte stored; None where one of them is not known."""
        return self.nbytes / self.stored_bytes if self.nbytes and self.stored_bytes else None

    def asdict(self) -> dict[str, Any]:
        """The fields that say something, for JSON."""
        known: dict[str, Any] = {"key": self.key, "kind": self.kind}
        if self.error is not None:
            return {**known, "error": self.error}
        if self.kind == "group":
            return {**known, "children": self.elements}
        if self.kind == "array":
            known.update(dtype=self.dtype, shape=list(self.shape), dims=list(self.dims))
        if self.nbytes is not None:
            known["nbytes"] = self.nbytes
        known["stored_bytes"] = self.stored_bytes
        return {**known, "chunks": self.chunks} if self.kind == "array" else known


def node_of(store: Store, key: str) -> Node:
    """The node under a key; ``""`` is the root.

    Raises
    ------
    NotFoundError
        There is none.
    """
    kind = KIND_NAMES[store.handle.stat(key).kind]
    return _described(store, key, kind)


def nodes_of(store: Store, key: str = "", recursive: bool = True) -> list[Node]:
    """The nodes in a group, sorted by key; a node that is no group is its own list.

    Raises
    ------
    NotFoundError
        There is no such key.
    """
    handle = store.handle
    if key and handle.stat(key).kind != GROUP:
        return [node_of(store, key)]
    nodes = []
    for name, kind in handle.list_nodes(key, recursive):
        try:
            nodes.append(_described(store, name, KIND_NAMES[kind]))
        except NotFoundError:
            continue  # Removed since it was listed.
        except DataStorageError as error:
            nodes.append(Node(name, KIND_NAMES[kind], error=str(error)))
    return nodes


def _described(store: Store, key: str, kind: str) -> Node:
    info = store.handle.info(key)
    if info.kind == KIND_NAMES[GROUP]:
        return Node(key, kind, elements=info.elements)
    shape: tuple[int, ...] = ()
    dims: tuple[str, ...] = ()
    nbytes: Optional[int] = info.nbytes
    if info.kind in (KIND_NAMES[ARRAY], KIND_NAMES[BYTES]):
        shape = store.handle.shape(key)
        dims = tuple(store.handle.dimensions(key))
    if info.dtype == "str" or info.kind == "json":
        nbytes = None
    dtype = None if info.kind == "json" else info.dtype
    return Node(key, kind, dtype, shape, dims, info.elements, nbytes, info.stored_bytes, info.chunks)
