"""`Store`: an open store, which is its root group, and what concerns the whole of it: commit, close, schema,
metadata.

Life: a store is closed by `close`, at the end of a `with` block, when it is collected, or when the interpreter ends;
each commits what was saved. When an exception leaves the `with` block, nothing is committed: what was not flushed is
dropped. Closing twice is no error. Threads may share a store. A forked child's inherited stores are closed there; it
opens its own.
"""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from types import TracebackType
from typing import Any, Optional, Union

from . import _json, _metadata
from ._errors import ClosedError, UnsupportedTypeError, last_error
from ._group import StoreGroup
from ._handle import Handle, PathLike
from ._library import LIBRARY
from ._metadata import Metadata
from ._progress import Progress, shown
from ._prototypes import STATUSES

_CLOSED, _BUSY = STATUSES["ERR_CLOSED"], STATUSES["ERR_BUSY"]
# Stores that were collected inside a progress callback, from which nothing can be closed.
_postponed: list[tuple[int, str]] = []


def _finish(token: int, uri: str) -> None:
    """Closes a store that nobody closed; tells what went wrong, for nobody is there to catch it."""
    status = LIBRARY.ds_close(token)
    if status == _BUSY:
        _postponed.append((token, uri))
    elif status < 0 and status != _CLOSED:
        warnings.warn(f"closing {uri!r}: {last_error(status)}", RuntimeWarning, stacklevel=2)


def _finish_postponed() -> None:
    while _postponed:
        _finish(*_postponed.pop())


def absolute(uri: str) -> str:
    """A URI that means the same from any working directory."""
    scheme, colon, rest = uri.partition(":")
    if colon and scheme in ("zarr", "json"):
        return f"{scheme}:{os.path.abspath(rest)}"
    if colon and len(scheme) > 1 and scheme.isalnum():
        return uri
    return os.path.abspath(uri)


class Store(StoreGroup):
    """An open store: a mapping of keys to arrays, values and groups. Made by `datastorage.open`.

    Attributes
    ----------
    uri : str
        What was opened.
    """

    def __init__(self, handle: Handle, uri: str, options: dict[str, Any], progress: Progress = None) -> None:
        # Not by way of StoreGroup: a reference to itself would keep a store until cycles are collected.
        _finish_postponed()
        self.key = ""
        self.handle = handle
        self.uri = uri
        self._options = options
        self._progress = progress
        self._progress_lock = threading.RLock()
        self._finalizer = weakref.finalize(self, _finish, handle.token, uri)

    @property
    def store(self) -> Store:
        """The store itself."""
        return self

    # ---- Life ----

    @property
    def closed(self) -> bool:
        """Whether the store was closed, here or because the process was forked."""
        return not self.handle.is_open()

    def close(self, *, progress: Progress = None) -> None:
        """Commits what was saved and closes; a second time does nothing.

        Raises
        ------
        StorageIOError, CorruptError, ...
            What the commit met; the store is closed all the same.
        BusyError
            The call came from a progress callback; nothing changes.
        """
        try:
            with self._shown(progress):
                self.handle.close()
        except ClosedError:
            pass
        finally:
            if not self.handle.is_open():
                self._finalizer.detach()
        _finish_postponed()

    def discard(self) -> None:
        """Closes without committing: what was not flushed is dropped."""
        try:
            self.handle.discard()
        except ClosedError:
            pass
        finally:
            if not self.handle.is_open():
                self._finalizer.detach()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def flush(self, *, progress: Progress = None) -> None:
        """Makes everything saved so far durable."""
        with self._shown(progress):
            self.handle.flush()

    def interrupt(self) -> None:
        """Ends the calls of other threads that are in flight on this store; they raise `CancelledError`."""
        self.handle.interrupt()

    def _shown(self, progress: Progress) -> Any:
        return shown(self.handle.token, self._progress_lock, self._progress if progress is None else progress)

    # ---- The whole ----

    @property
    def format(self) -> str:
        """``"zarr"``, ``"json"`` or ``"memory"``."""
        return self.handle.format()

    def path(self, key: str = "") -> str:
        """The path of a node on disk, of the store without a key; for a store in memory a sentence that says so."""
        return self.handle.path(key)

    def compress(self, *, progress: Progress = None) -> int:
        """Writes the store into one file (``PATH.data``) and gives its size in bytes; 0 for memory and JSON.

        Afterwards the store is read-only, and `close` removes the directory.

        Raises
        ------
        NaNError, ReadOnlyError, StorageIOError, CancelledError
        """
        with self._shown(progress):
            return self.handle.compress()

    def verify(self, *, repair: bool = False, progress: Progress = None) -> list[dict[str, str]]:
        """Reads everything and tells what is missing or altered.

        Parameters
        ----------
        repair : bool
            Records the present state as right.

        Returns
        -------
        list of dict
            ``{"key": ..., "text": ...}`` for each finding; empty when all is well.
        """
        with self._shown(progress):
            return self.handle.verify(repair)

    def copy(
        self,
        destination: Union[Store, PathLike],
        *,
        keys: Optional[list[str]] = None,
        progress: Progress = None,
        **options: Any,
    ) -> int:
        """Copies nodes, attributes, metadata and schema into another store.

        Parameters
        ----------
        destination : Store, str or path
            An open store, or the URI of one that is opened (mode ``"a"``), written and closed.
        keys : list of str, optional
            The nodes that are copied, each with all below it.
        **options
            How a Zarr destination encodes: ``profile``, ``codec``, ``chunk_elements``, ``shard_elements``.

        Returns
        -------
        int
            The number of arrays and other leaves.

        Raises
        ------
        NotFoundError
            There is nothing to copy.
        """
        given = dict(options) if keys is None else {**options, "keys": list(keys)}
        with self._shown(progress):
            if isinstance(destination, Store):
                return self.handle.copy(destination.handle, given)
            uri = os.fspath(destination)
            with Store(Handle.open(uri, {}), uri, {}) as opened:
                return self.handle.copy(opened.handle, given)

    def to_bytes(self, *, progress: Progress = None, **options: Any) -> bytes:
        """The store as an archive in memory: what `compress` would write. The store stays as it is.

        Parameters
        ----------
        **options
            How a store in memory or JSON is encoded, such as ``profile="portable"``.
        """
        with self._shown(progress):
            return self.handle.to_bytes(options)

    # ---- Metadata and schema ----

    @property
    def metadata(self) -> Metadata:
        """The metadata document, a mapping addressed by '/' paths."""
        return Metadata(self)

    @metadata.setter
    def metadata(self, document: dict[str, Any]) -> None:
        for name, value in document.items():
            _metadata.save(self, name, value)

    @property
    def schema(self) -> dict[str, Any]:
        """The schema, ``{}`` when there is none. Assign a dict, or a `SchemaBuilder`, to set it.

        Raises
        ------
        SchemaError
            On assignment: the dictionary is wrong, or something saved disagrees; nothing is changed.
        """
        return self.handle.schema()

    @schema.setter
    def schema(self, schema: Any) -> None:
        document = schema.build() if hasattr(schema, "build") else schema
        self.handle.set_schema(_json.dumps(document, "schema"))

    def group_for_array(self, name: str) -> Optional[str]:
        """The schema's group that an array is in; None when it is in none."""
        try:
            return self.handle.group_for_array(name)
        except KeyError:
            return None

    # ---- Pickling ----

    def __reduce__(self) -> tuple[Any, ...]:
        """By path, read-only: the copy sees what was committed. A store opened from bytes takes its bytes along."""
        if self.uri == "bytes:":
            return (_open_bytes_again, (self.handle.to_bytes({}), self._options))
        if self.format == "memory":
            raise UnsupportedTypeError("memory: a store in memory cannot be pickled; pickle store.to_bytes()")
        options = {name: value for name, value in self._options.items() if name not in ("mode", "lock", "staging")}
        return (_open_again, (absolute(self.uri), {**options, "mode": "r"}))


def _open_again(uri: str, options: dict[str, Any]) -> Store:
    return Store(Handle.open(uri, options), uri, options)


def _open_bytes_again(data: bytes, options: dict[str, Any]) -> Store:
    return Store(Handle.open_bytes(data, options), "bytes:", options)
