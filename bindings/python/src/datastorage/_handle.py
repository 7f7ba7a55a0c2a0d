"""`Handle`: the calls of the C ABI on one open store, with Python values in and out.

One method a function, no logic: what is saved how is decided by `_values`, what users see by `Store`. Any thread may
call any method at any time, also while another closes: the library tells a closed store, it never crashes. Text of
keys is encoded here; a key with a NUL in it is refused before C would cut it there.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import byref, c_char_p, c_int32, c_size_t, c_uint64, c_void_p
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from ._dtypes import DTYPE_OF, STRING, NDArray, address_of, dtype_name, ready, shape_of, strides_of
from ._errors import InvalidArgumentError, ShapeMismatchError, StoreNotFoundError, check, last_error
from ._library import LIBRARY
from ._prototypes import KINDS, MAX_NDIM, STATUSES, Info
from ._texts import Texts, decode, encode, names_of

Json = Any
PathLike = Union[str, "os.PathLike[str]"]

KIND_NAMES = {number: name[len("KIND_") :].lower() for name, number in KINDS.items()}
GROUP, ARRAY, BYTES, JSON = (KINDS[name] for name in ("KIND_GROUP", "KIND_ARRAY", "KIND_BYTES", "KIND_JSON"))
_NOT_FOUND, _CORRUPT = STATUSES["ERR_NOT_FOUND"], STATUSES["ERR_CORRUPT"]
_INFO_SIZE = ctypes.sizeof(Info)
_DIMENSIONS = c_uint64 * MAX_NDIM


class NodeInfo(NamedTuple):
    """What a node is, without its elements.

    Attributes
    ----------
    kind : str
        ``"group"``, ``"array"``, ``"bytes"`` or ``"json"``.
    dtype : str or None
        The element type, ``"str"`` for strings; None for a group.
    ndim : int
        The number of dimensions; 0 for a scalar.
    elements : int
        Elements of an array, children of a group.
    nbytes : int
        Bytes of the elements in memory; 0 for groups and, in Zarr stores, strings.
    stored_bytes : int
        Bytes that the store keeps.
    chunks : int
        The number of chunks.
    """

    kind: str
    dtype: Optional[str]
    ndim: int
    elements: int
    nbytes: int
    stored_bytes: int
    chunks: int


def encode_key(key: str) -> bytes:
    """A key as C takes it."""
    try:
        data = key.encode()
    except AttributeError:
        raise TypeError(f"a key is a str, not {type(key).__name__}") from None
    except UnicodeEncodeError:
        data = encode(key, repr(key))
    if b"\0" in data:
        raise InvalidArgumentError(f"{key!r}: key holds a NUL character")
    return data


def take(buffer: c_void_p) -> bytes:
    """The bytes of a ds_buffer, which is freed."""
    try:
        return ctypes.string_at(LIBRARY.ds_buffer_data(buffer), LIBRARY.ds_buffer_size(buffer))
    finally:
        LIBRARY.ds_buffer_free(buffer)


def options_text(options: Optional[dict[str, Any]]) -> Optional[bytes]:
    """Options as JSON; None when there are none."""
    return json.dumps(options).encode() if options else None


class Handle:
    """An open store of the library: a token, which stays an error and never dangles once it was closed."""

    __slots__ = ("token", "_lock")

    def __init__(self, token: int) -> None:
        self.token = token
        self._lock = threading.RLock()

    @contextmanager
    def several(self) -> Iterator[None]:
        """Held by what takes several calls to change one thing, so that two threads do not mix theirs.

        A closed store is told first: in a forked child, the lock may belong to a thread that is not there.
        """
        self.format()
        with self._lock:
            yield

    @classmethod
    def open(cls, uri: PathLike, options: dict[str, Any]) -> Handle:
        """Opens by URI; see `datastorage.open`."""
        out = c_void_p()
        text = os.fspath(uri)
        status = LIBRARY.ds_open(encode_key(text), options_text(options), byref(out))
        if status == _NOT_FOUND:
            raise StoreNotFoundError(last_error(status).message)
        check(status)
        return cls(out.value or 0)

    @classmethod
    def open_bytes(cls, data: bytes, options: dict[str, Any]) -> Handle:
        """Opens an archive that is in memory; the bytes are copied."""
        out = c_void_p()
        check(LIBRARY.ds_open_bytes(data, len(data), options_text(options), byref(out)))
        return cls(out.value or 0)

    # ---- Life ----

    def is_open(self) -> bool:
        return bool(LIBRARY.ds_is_open(self.token))

    def close(self) -> None:
        check(LIBRARY.ds_close(self.token))

    def discard(self) -> None:
        check(LIBRARY.ds_discard(self.token))

    def flush(self) -> None:
        check(LIBRARY.ds_flush(self.token))

    def interrupt(self) -> None:
        check(LIBRARY.ds_interrupt(self.token))

    def compress(self) -> int:
        size = c_uint64()
        check(LIBRARY.ds_compress(self.token, byref(size)))
        return size.value

    def verify(self, repair: bool) -> list[dict[str, str]]:
        out = c_void_p()
        status = LIBRARY.ds_verify(self.token, options_text({"repair_records": True} if repair else None), byref(out))
        if status != _CORRUPT or not out.value:
            check(status)
        findings: list[dict[str, str]] = json.loads(take(out))["findings"]
        return findings

    def to_bytes(self, options: dict[str, Any]) -> bytes:
        return self._buffer(LIBRARY.ds_to_bytes, options_text(options))

    def copy(self, destination: Handle, options: dict[str, Any]) -> int:
        count = c_uint64()
        check(LIBRARY.ds_copy(self.token, destination.token, options_text(options), byref(count)))
        return count.value

    def format(self) -> str:
        out = c_char_p()
        check(LIBRARY.ds_format(self.token, byref(out)))
        return (out.value or b"").decode()

    def path(self, key: str) -> str:
        return os.fsdecode(self._buffer(LIBRARY.ds_path, encode_key(key)))

    def _buffer(self, function: Any, *arguments: Any) -> bytes:
        out = c_void_p()
        check(function(self.token, *arguments, byref(out)))
        return take(out)

    # ---- Values ----

    def save_array(self, key: str, array: NDArray) -> None:
        data, number = ready(array, key)
        shape = shape_of(data.shape)
        status = LIBRARY.ds_save(
            self.token, encode_key(key), number, address_of(data), shape, data.ndim, strides_of(data)
        )
        if status:
            check(status)

    def save_strings(self, key: str, array: NDArray) -> None:
        texts = Texts(array, key)
        shape = shape_of(array.shape)
        check(LIBRARY.ds_save_strings(self.token, encode_key(key), texts.pointers, texts.lengths, shape, array.ndim))

    def save_string(self, key: str, text: str) -> None:
        data = encode(text, key)
        check(LIBRARY.ds_save_string(self.token, encode_key(key), data, len(data)))

    def save_bytes(self, key: str, data: bytes) -> None:
        check(LIBRARY.ds_save_bytes(self.token, encode_key(key), data, len(data)))

    def save_json(self, key: str, text: bytes) -> None:
        check(LIBRARY.ds_save_json(self.token, encode_key(key), text, len(text)))

    def load_array(self, key: str, number: int, shape: tuple[int, ...]) -> NDArray:
        """The elements of an array of this type and shape, in a new array that owns them."""
        if number == STRING:
            return self._strings(LIBRARY.ds_load_strings, shape, encode_key(key))
        array, size = np.empty(shape, DTYPE_OF[number]), c_size_t()
        status = LIBRARY.ds_load(self.token, encode_key(key), number, address_of(array), array.nbytes, byref(size))
        if status:
            check(status)
        if size.value != array.nbytes:
            raise ShapeMismatchError(f"{key}: the array has {size.value} bytes, wanted are {array.nbytes}")
        return array

    def load_region(self, key: str, number: int, offset: Sequence[int], shape: tuple[int, ...]) -> NDArray:
        name, start, lengths = encode_key(key), shape_of(tuple(offset)), shape_of(shape)
        if number == STRING:
            return self._strings(LIBRARY.ds_load_strings_region, shape, name, start, lengths, len(shape))
        array = np.empty(shape, DTYPE_OF[number])
        place = (start, lengths, len(shape), address_of(array), array.nbytes, None)
        check(LIBRARY.ds_load_region(self.token, name, number, *place))
        return array

    def _strings(self, function: Any, shape: tuple[int, ...], *arguments: Any) -> NDArray:
        text, offsets = c_void_p(), c_void_p()
        check(function(self.token, *arguments, byref(text), byref(offsets)))
        try:
            bounds = np.frombuffer(take(offsets), np.uint64).astype(np.int64)
        finally:
            texts = take(text)
        if len(bounds) - 1 != math.prod(shape):
            raise ShapeMismatchError(f"the array has {len(bounds) - 1} strings, wanted are {math.prod(shape)}")
        return decode(texts, bounds, shape)

    def load_string(self, key: str) -> str:
        return self._buffer(LIBRARY.ds_load_string, encode_key(key)).decode()

    def load_bytes(self, key: str) -> bytes:
        return self._buffer(LIBRARY.ds_load_bytes, encode_key(key))

    def load_json(self, key: str) -> Json:
        return json.loads(self._buffer(LIBRARY.ds_load_json, encode_key(key)))

    # ---- Parts of arrays ----

    def create(self, key: str, number: int, shape: tuple[int, ...], options: dict[str, Any]) -> None:
        place = (shape_of(shape), len(shape), options_text(options))
        check(LIBRARY.ds_create(self.token, encode_key(key), number, *place))

    def save_region(self, key: str, offset: Sequence[int], array: NDArray) -> None:
        name, start = encode_key(key), shape_of(tuple(offset))
        if array.dtype.kind == "O":
            texts = Texts(array, key)
            place = (start, shape_of(array.shape), array.ndim)
            return check(LIBRARY.ds_save_strings_region(self.token, name, texts.pointers, texts.lengths, *place))
        data, number = ready(array, key)
        place = (start, shape_of(data.shape), data.ndim)
        return check(LIBRARY.ds_save_region(self.token, name, number, address_of(data), *place, strides_of(data)))

    def append(self, key: str, array: NDArray, axis: int) -> None:
        name, shape = encode_key(key), shape_of(array.shape)
        if array.dtype.kind == "O":
            texts = Texts(array, key)
            rest = (shape, array.ndim, axis)
            return check(LIBRARY.ds_append_strings(self.token, name, texts.pointers, texts.lengths, *rest))
        data, number = ready(array, key)
        place = (shape, data.ndim, strides_of(data), axis)
        return check(LIBRARY.ds_append(self.token, name, number, address_of(data), *place))

    def resize(self, key: str, shape: tuple[int, ...]) -> None:
        check(LIBRARY.ds_resize(self.token, encode_key(key), shape_of(shape), len(shape)))

    # ---- Nodes ----

    def stat(self, key: str) -> Info:
        info = Info(_INFO_SIZE)
        status = LIBRARY.ds_stat(self.token, encode_key(key), byref(info))
        if status:
            check(status)
        return info

    def info(self, key: str) -> NodeInfo:
        info = self.stat(key)
        dtype = dtype_name(info.dtype) if info.dtype else None
        sizes = (info.elements, info.bytes, info.stored_bytes, info.chunks)
        return NodeInfo(KIND_NAMES[info.kind], dtype, info.ndim, *sizes)

    def shape(self, key: str) -> tuple[int, ...]:
        values, ndim = _DIMENSIONS(), c_size_t()
        check(LIBRARY.ds_shape(self.token, encode_key(key), values, MAX_NDIM, byref(ndim)))
        return tuple(values[: ndim.value])

    def exists(self, key: str) -> bool:
        found = c_int32()
        check(LIBRARY.ds_exists(self.token, encode_key(key), byref(found)))
        return bool(found.value)

    def delete(self, key: str) -> None:
        check(LIBRARY.ds_delete(self.token, encode_key(key)))

    def rename(self, old: str, new: str) -> None:
        check(LIBRARY.ds_rename(self.token, encode_key(old), encode_key(new)))

    def create_group(self, key: str) -> None:
        check(LIBRARY.ds_create_group(self.token, encode_key(key)))

    def list_nodes(self, prefix: str = "", recursive: bool = False) -> list[tuple[str, int]]:
        """Full keys and kinds, sorted."""
        out = c_void_p()
        check(LIBRARY.ds_list(self.token, encode_key(prefix), int(recursive), byref(out)))
        return list(_walk(out))

    def dimensions(self, key: str) -> list[str]:
        names: list[str] = json.loads(self._buffer(LIBRARY.ds_get_dimensions, encode_key(key)))
        return names

    def set_dimensions(self, key: str, names: list[str]) -> None:
        check(LIBRARY.ds_set_dimensions(self.token, encode_key(key), names_of(names, key), len(names)))

    def attributes(self, key: str) -> dict[str, Json]:
        attributes: dict[str, Json] = json.loads(self._buffer(LIBRARY.ds_get_attributes, encode_key(key)))
        return attributes

    def set_attributes(self, key: str, text: bytes) -> None:
        check(LIBRARY.ds_set_attributes(self.token, encode_key(key), text, len(text)))

    # ---- Metadata and schema ----

    def save_metadata(self, key: str, text: bytes) -> None:
        check(LIBRARY.ds_save_metadata(self.token, encode_key(key), text, len(text)))

    def save_metadata_float(self, key: str, value: float) -> None:
        check(LIBRARY.ds_save_metadata_f64(self.token, encode_key(key), value))

    def load_metadata(self, key: str) -> Json:
        return json.loads(self._buffer(LIBRARY.ds_load_metadata, encode_key(key)))

    def delete_metadata(self, key: str) -> None:
        check(LIBRARY.ds_delete_metadata(self.token, encode_key(key)))

    def list_metadata(self, prefix: str) -> list[str]:
        out = c_void_p()
        check(LIBRARY.ds_list_metadata(self.token, encode_key(prefix), byref(out)))
        return [key for key, _ in _walk(out)]

    def metadata_scope(self, key: str) -> int:
        scope = c_int32()
        check(LIBRARY.ds_metadata_scope(self.token, encode_key(key), byref(scope)))
        return scope.value

    def set_schema(self, text: bytes) -> None:
        check(LIBRARY.ds_set_schema(self.token, text, len(text)))

    def schema(self) -> dict[str, Json]:
        schema: dict[str, Json] = json.loads(self._buffer(LIBRARY.ds_get_schema))
        return schema

    def group_for_array(self, name: str) -> str:
        return self._buffer(LIBRARY.ds_group_for_array, encode_key(name)).decode()

    def validate(self, key: str, array: NDArray) -> None:
        data, number = ready(array, key)
        place = (shape_of(data.shape), data.ndim, strides_of(data))
        check(LIBRARY.ds_validate(self.token, encode_key(key), number, address_of(data), *place))


def _walk(iterator: c_void_p) -> Iterator[tuple[str, int]]:
    key, kind = c_char_p(), c_int32()
    try:
        while True:
            status = LIBRARY.ds_iter_next(iterator, byref(key), byref(kind))
            if status:
                check(status)
                return
            yield (key.value or b"").decode(), kind.value
    finally:
        LIBRARY.ds_iter_free(iterator)
