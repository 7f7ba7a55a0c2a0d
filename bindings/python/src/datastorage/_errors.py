"""One exception class for each status of the library, and `check`, which raises it.

Every class derives from `DataStorageError` and from the built-in exception that a Python user expects there: a missing
key is a `KeyError`, a full disk an `OSError`. The text is the library's own line; it names the key and both values.
"""

from __future__ import annotations

from typing import NoReturn

from ._library import LIBRARY
from ._prototypes import STATUSES


class DataStorageError(Exception):
    """What the library refused; the base of every exception of this package.

    Attributes
    ----------
    status : int
        The number of the C ABI (`DS_ERR_...`).
    status_name : str
        Its name, such as ``"DS_ERR_NOT_FOUND"``.
    """

    status: int = STATUSES["ERR_INTERNAL"]

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        # KeyError would show the repr of its argument.
        return self.message

    @property
    def status_name(self) -> str:
        """The name of the status."""
        return str(LIBRARY.ds_status_name(self.status).decode())


class InvalidArgumentError(DataStorageError, ValueError):
    """A malformed key, shape, option or codec name."""

    status = STATUSES["ERR_INVALID_ARGUMENT"]


class InvalidHandleError(DataStorageError, ValueError):
    """A handle that no open gave."""

    status = STATUSES["ERR_INVALID_HANDLE"]


class ClosedError(DataStorageError, ValueError):
    """The store was closed, or inherited through fork."""

    status = STATUSES["ERR_CLOSED"]


class BusyError(DataStorageError, OSError):
    """Another writer holds the store, or a callback called its own store."""

    status = STATUSES["ERR_BUSY"]


class NotFoundError(DataStorageError, KeyError):
    """No such key or metadata key."""

    status = STATUSES["ERR_NOT_FOUND"]


class StoreNotFoundError(NotFoundError, FileNotFoundError):
    """There is no store at the path."""


class EmptyStoreError(NotFoundError, RuntimeError):
    """A store without data keys has nothing to convert."""


class AlreadyExistsError(DataStorageError, FileExistsError, ValueError):
    """Something is there already."""

    status = STATUSES["ERR_ALREADY_EXISTS"]


class WrongKindError(DataStorageError, TypeError):
    """The key holds another kind of node: a group where an array is wanted."""

    status = STATUSES["ERR_WRONG_KIND"]


class DtypeMismatchError(DataStorageError, TypeError, ValueError):
    """The stored data type is not the one given."""

    status = STATUSES["ERR_DTYPE_MISMATCH"]


class ShapeMismatchError(DataStorageError, ValueError):
    """The stored shape does not fit the one given."""

    status = STATUSES["ERR_SHAPE_MISMATCH"]


class BufferTooSmallError(DataStorageError, ValueError):
    """The memory given is smaller than the data."""

    status = STATUSES["ERR_BUFFER_TOO_SMALL"]


class ReadOnlyError(DataStorageError, PermissionError):
    """The store cannot be written."""

    status = STATUSES["ERR_READ_ONLY"]


class SchemaError(DataStorageError, ValueError):
    """The data disagrees with the schema, or the schema itself is wrong."""

    status = STATUSES["ERR_SCHEMA"]


class JsonError(DataStorageError, ValueError):
    """A text that should be JSON is not."""

    status = STATUSES["ERR_JSON"]


class Utf8Error(DataStorageError, UnicodeError):
    """Bytes that should be UTF-8 are not."""

    status = STATUSES["ERR_UTF8"]


class CodecError(DataStorageError, ValueError):
    """A codec is unknown or refused its input."""

    status = STATUSES["ERR_CODEC"]


class CorruptError(DataStorageError, OSError):
    """Stored bytes are not what was written."""

    status = STATUSES["ERR_CORRUPT"]


class StorageIOError(DataStorageError, OSError):
    """The operating system refused: disk full, device error."""

    status = STATUSES["ERR_IO"]


class PermissionDeniedError(DataStorageError, PermissionError):
    """The operating system forbids it."""

    status = STATUSES["ERR_PERMISSION"]


class NoMemoryError(DataStorageError, MemoryError):
    """An allocation was refused."""

    status = STATUSES["ERR_NO_MEMORY"]


class CancelledError(DataStorageError, RuntimeError):
    """The call was interrupted, or its progress callback cancelled it."""

    status = STATUSES["ERR_CANCELLED"]


class UnsupportedError(DataStorageError, NotImplementedError):
    """Valid, but not offered by this store or build."""

    status = STATUSES["ERR_UNSUPPORTED"]


class AbiError(DataStorageError, ImportError):
    """The library has another ABI."""

    status = STATUSES["ERR_ABI"]


class NaNError(DataStorageError, ValueError):
    """Not-a-number where the store refuses it."""

    status = STATUSES["ERR_NAN"]


class InternalError(DataStorageError, RuntimeError):
    """A defect of the library; the store only takes close and discard from now on."""

    status = STATUSES["ERR_INTERNAL"]


class UnsupportedTypeError(InvalidArgumentError, TypeError):
    """A Python object that no store can hold."""


_DERIVED = {StoreNotFoundError, EmptyStoreError, UnsupportedTypeError}
BY_STATUS: dict[int, type[DataStorageError]] = {
    cls.status: cls
    for cls in list(globals().values())
    if isinstance(cls, type) and issubclass(cls, DataStorageError) and cls not in _DERIVED | {DataStorageError}
}


def last_error(status: int) -> DataStorageError:
    """The exception for the status that the calling thread's last call returned."""
    message = LIBRARY.ds_last_error_message().decode("utf-8", "replace")
    if not message or LIBRARY.ds_last_error_code() != status:
        # A finalizer that closed another store ran in between: its call took the text.
        message = f"the call failed with {LIBRARY.ds_status_name(status).decode()}"
    return BY_STATUS.get(status, DataStorageError)(message)


def fail(status: int) -> NoReturn:
    """Raises the exception for a negative status."""
    raise last_error(status)


def check(status: int) -> None:
    """Raises when a status is an error."""
    if status < 0:
        raise last_error(status)
