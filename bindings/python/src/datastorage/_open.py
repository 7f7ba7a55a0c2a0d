"""Opening by URI, and the schemes that Python code adds.

The schemes of the library (a bare path, "zarr:", "json:", "memory:") open a `Store`; one that was registered gives an
instance of its class.
"""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Optional, Union, cast

from ._errors import check
from ._handle import Handle, PathLike
from ._library import LIBRARY
from ._progress import Progress
from ._storage import DataStorage
from ._store import Store

_OWN = ("zarr", "json", "memory", "bytes")
_registered: dict[str, Callable[..., DataStorage]] = {}


def open(  # noqa: A001
    uri: PathLike, mode: Optional[str] = None, *, progress: Progress = None, **options: Any
) -> Store:
    """Opens a store.

    Parameters
    ----------
    uri : str or path
        ``"PATH"`` or ``"zarr:PATH"``: a Zarr directory or its archive; when PATH is absent and ``PATH.data`` is
        there, that. ``"json:DIRECTORY"``, ``"memory:"``, or a scheme that was registered, which gives an instance of
        its class.
    mode : {"a", "r", "r+", "w", "x"}, optional
        ``"a"`` opens or creates (the default), ``"r"`` reads, ``"r+"`` writes what exists, ``"w"`` replaces, ``"x"``
        creates only.
    progress : bool or callable, optional
        Shows the progress of compress, flush, verify, copy and close: True for a bar (tqdm when it is there), or a
        function of stage, units done and units in all (0: unknown).
    **options
        Options of the store: ``profile``, ``codec``, ``staging``, ``sync``, ``lock``, ``validate``, ``nan``, ...

    Returns
    -------
    Store
        A mapping of keys to arrays, values and groups; a context manager.

    Raises
    ------
    StoreNotFoundError
        Mode ``"r"`` or ``"r+"`` and nothing there; a `FileNotFoundError` and a `KeyError`.
    AlreadyExistsError
        Mode ``"x"`` and something there; a `FileExistsError`.
    BusyError
        Another writer has it open; an `OSError`.
    InvalidArgumentError
        An unknown option, or a file that is no store; a `ValueError`.
    """
    text = os.fspath(uri)
    given = dict(options) if mode is None else {**options, "mode": mode}
    scheme, colon, rest = text.partition(":")
    if colon and scheme in _registered:
        # A class of the caller's own, which he knows; `open` is typed for the stores of the library.
        return cast(Store, _registered[scheme](rest, **given))
    return Store(Handle.open(text, given), text, given, progress)


def open_bytes(data: Union[bytes, bytearray, memoryview], **options: Any) -> Store:
    """Opens an archive that is in memory, read-only: what `Store.to_bytes` gives, or the contents of an archive's file.

    Raises
    ------
    CorruptError
        It is no whole archive.
    """
    return Store(Handle.open_bytes(bytes(data), options), "bytes:", options)


def register(scheme: str, cls: type[DataStorage]) -> None:
    """Makes a storage class openable by URI: ``open("SCHEME:REST", **options)`` is ``cls("REST", **options)``.

    Registering a scheme again replaces its class.

    Raises
    ------
    ValueError
        The scheme is one of the library's, or no scheme (letters and digits, two or more, a letter first).
    TypeError
        The class is no subclass of `DataStorage`.
    """
    if scheme in _OWN:
        raise ValueError(f"{scheme}: the scheme is the library's own")
    if not (len(scheme) > 1 and scheme.isascii() and scheme.isalnum() and scheme[0].isalpha()):
        raise ValueError(f"{scheme!r}: a scheme is two or more letters and digits, a letter first")
    if not (isinstance(cls, type) and issubclass(cls, DataStorage)):
        raise TypeError(f"{scheme}: wanted a subclass of DataStorage, got {cls!r}")
    _registered[scheme] = cls


def configure(**options: Any) -> None:
    """Sets what is process-wide: ``threads``, ``staging_budget`` (bytes), ``log_level``.

    Raises
    ------
    InvalidArgumentError
        An unknown option; a `ValueError`.
    """
    check(LIBRARY.ds_configure(json.dumps(options).encode()))
