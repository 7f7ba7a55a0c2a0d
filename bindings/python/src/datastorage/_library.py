"""Finds and loads libdatastorage, once: the copy inside the package, else the file that `DATASTORAGE_LIBRARY` names.

The invariant: `LIBRARY` has every prototype set and speaks the ABI of this package, or importing the package failed
with one line that says which file was tried. There is no search in system directories: which library runs is never a
guess. ctypes releases the GIL during each call.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

from ._prototypes import ABI_VERSION, PROTOTYPES

VARIABLE = "DATASTORAGE_LIBRARY"


def file_name(platform: str = sys.platform) -> str:
    """The name of the library's file on a platform, as `sys.platform` names it."""
    if platform == "win32":
        return "datastorage.dll"
    return "libdatastorage.dylib" if platform == "darwin" else "libdatastorage.so"


def library_path() -> str:
    """The file that is loaded: the bundled one, else that of the environment variable.

    Raises
    ------
    ImportError
        There is neither.
    """
    bundled = Path(__file__).with_name(file_name())
    if bundled.is_file():
        return os.fspath(bundled)
    named = os.environ.get(VARIABLE)
    if named:
        return named
    raise ImportError(
        f"datastorage: no library: {bundled} is missing and {VARIABLE} is not set; install a wheel, run "
        f"`pip install ./bindings/python` with Rust at hand, or set {VARIABLE} to the path of {file_name()}"
    )


def load(path: str) -> Any:
    """Loads a library file and sets the types of all its functions.

    Raises
    ------
    ImportError
        The file cannot be loaded, lacks a function, or has another ABI.
    """
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"datastorage: cannot load {path}: {error}", path=path) from None
    for name, (result, arguments) in PROTOTYPES.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"datastorage: {path} has no function {name}", path=path) from None
        function.restype, function.argtypes = result, arguments
    if library.ds_check_abi(ABI_VERSION) != 0:
        text = library.ds_last_error_message().decode()
        raise ImportError(f"datastorage: {path}: {text}", path=path)
    return library


LIBRARY_PATH = library_path()
LIBRARY = load(LIBRARY_PATH)
