"""How an array lies on disk: chunks, shards, codecs; read from the store's own Zarr documents.

Read from what was committed, in the directory or in the archive: an array that waits in memory, or that lies in JSON files
or in memory, has no layout. Nothing is decoded, and a document that cannot be understood gives None, not an error:
a layout is shown, or hints how to read; no element depends on it.
"""

from __future__ import annotations

import json
import os
import threading
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

if TYPE_CHECKING:
    from ._store import Store


class Layout(NamedTuple):
    """How an array is stored.

    Attributes
    ----------
    zarr_format : int
        2 or 3.
    chunks : tuple of int
        The shape of what is decoded at once.
    shards : tuple of int or None
        The shape of what lies in one file, where that is more than a chunk.
    codecs : tuple of str
        The way from elements to bytes, in this order, such as ``("delta", "zstd:12")``.
    data_type : str
        The type as the document names it, such as ``"<f4"`` or ``"float32"``.
    """

    zarr_format: int
    chunks: tuple[int, ...]
    shards: Optional[tuple[int, ...]]
    codecs: tuple[str, ...]
    data_type: str


class Layouts:
    """The layouts of a store's arrays; keeps an archive's list of entries while it is used as a context.

    Threads may share one.
    """

    def __init__(self, store: Store) -> None:
        self._lock = threading.Lock()
        self._archive: Optional[zipfile.ZipFile] = None
        self._root: Optional[str] = None
        if store.format != "zarr" or store.uri == "bytes:":
            return
        root = store.path()
        if os.path.isdir(root):
            self._root = root
        elif zipfile.is_zipfile(root):
            self._archive = zipfile.ZipFile(root)

    def __enter__(self) -> Layouts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive is not None:
            self._archive.close()

    def of(self, key: str) -> Optional[Layout]:
        """The layout of an array; None where it has none."""
        for name, parse in ((".zarray", _from_v2), ("zarr.json", _from_v3)):
            text = self._read(f"{key}/{name}")
            if text is not None:
                try:
                    return parse(json.loads(text))
                except (ValueError, KeyError, TypeError, AttributeError, IndexError):
                    return None
        return None

    def _read(self, name: str) -> Optional[bytes]:
        try:
            if self._archive is not None:
                with self._lock:
                    return self._archive.read(name)
            if self._root is not None:
                with open(os.path.join(self._root, *name.split("/")), "rb") as file:
                    return file.read()
        except (KeyError, OSError, zipfile.BadZipFile, NotImplementedError):
            pass
        return None


def _from_v2(document: dict[str, Any]) -> Layout:
    codecs = [*(document["filters"] or []), *([document["compressor"]] if document["compressor"] else [])]
    texts = [_named(str(codec["id"]), codec) for codec in codecs]
    if document.get("order") == "F":
        texts.insert(0, "F order")
    data_type = document["dtype"]
    return Layout(2, _lengths(document["chunks"]), None, tuple(texts), data_type if isinstance(data_type, str) else "")


def _from_v3(document: dict[str, Any]) -> Layout:
    chunks = _lengths(document["chunk_grid"]["configuration"]["chunk_shape"])
    codecs, shards = document["codecs"], None
    for codec in codecs:
        if codec["name"] == "sharding_indexed":
            shards, chunks = chunks, _lengths(codec["configuration"]["chunk_shape"])
            codecs = codec["configuration"]["codecs"]
            break
    texts = [_named(str(codec["name"]).replace("numcodecs.", ""), codec.get("configuration") or {}) for codec in codecs]
    data_type = document["data_type"]
    return Layout(3, chunks, shards, tuple(texts), data_type if isinstance(data_type, str) else str(data_type["name"]))


def _named(name: str, settings: dict[str, Any]) -> str:
    """A codec as the options of a store name it: ``"zstd:12"``, ``"blosc:zstd:5:shuffle"``."""
    shuffle = settings.get("shuffle")
    parts = [name, settings.get("cname"), settings.get("level", settings.get("clevel"))]
    if name == "blosc" and shuffle is not None:
        parts.append({0: "noshuffle", 1: "shuffle", 2: "bitshuffle"}.get(shuffle, shuffle))
    return ":".join(str(part) for part in parts if part is not None)


def _lengths(values: list[Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
