"""A minimal ctypes client of libdatastorage: what the interop tests drive the library with.

It follows the header (include/datastorage.h) call by call and adds only NumPy in and out and one exception. It is not
the Python binding: it has no public names, no docs and covers what the tests use.
"""

import ctypes
import json
import os
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
GROUP, ARRAY, BYTES, JSON = 1, 2, 3, 4
DTYPES = ["bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
NUMBER = {np.dtype(name): number for number, name in enumerate(DTYPES, start=1)}
DTYPE = {number: dtype for dtype, number in NUMBER.items()}
STRING = 15


class Info(ctypes.Structure):
    """ds_info."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("kind", c_int32),
        ("dtype", c_int32),
        ("ndim", c_uint64),
        ("elements", c_uint64),
        ("bytes", c_uint64),
        ("stored_bytes", c_uint64),
        ("chunks", c_uint64),
    ]


class DsError(Exception):
    """A negative status: its name (without DS_ERR_) and the message of the thread."""

    def __init__(self, status):
        self.name = LIBRARY.ds_status_name(status).decode().removeprefix("DS_ERR_")
        self.text = LIBRARY.ds_last_error_message().decode()
        super().__init__(f"{self.name}: {self.text}")


SHAPE, STRIDES, TEXT, OUT, DATA = POINTER(c_uint64), POINTER(c_int64), c_char_p, POINTER(c_void_p), c_void_p
PROTOTYPES = {
    "ds_check_abi": [c_uint32],
    "ds_open": [TEXT, TEXT, OUT],
    "ds_path": [DATA, TEXT, OUT],
    "ds_flush": [DATA],
    "ds_compress": [DATA, POINTER(c_uint64)],
    "ds_verify": [DATA, TEXT, OUT],
    "ds_close": [DATA],
    "ds_discard": [DATA],
    "ds_save": [DATA, TEXT, c_int32, DATA, SHAPE, c_size_t, STRIDES],
    "ds_load": [DATA, TEXT, c_int32, DATA, c_size_t, POINTER(c_size_t)],
    "ds_load_region": [DATA, TEXT, c_int32, SHAPE, SHAPE, c_size_t, DATA, c_size_t, POINTER(c_size_t)],
    "ds_create": [DATA, TEXT, c_int32, SHAPE, c_size_t, TEXT],
    "ds_save_region": [DATA, TEXT, c_int32, DATA, SHAPE, SHAPE, c_size_t, STRIDES],
    "ds_save_strings_region": [DATA, TEXT, POINTER(c_char_p), POINTER(c_size_t), SHAPE, SHAPE, c_size_t],
    "ds_resize": [DATA, TEXT, SHAPE, c_size_t],
    "ds_append": [DATA, TEXT, c_int32, DATA, SHAPE, c_size_t, STRIDES, c_size_t],
    "ds_save_string": [DATA, TEXT, TEXT, c_size_t],
    "ds_save_strings": [DATA, TEXT, POINTER(c_char_p), POINTER(c_size_t), SHAPE, c_size_t],
    "ds_load_string": [DATA, TEXT, OUT],
    "ds_load_strings": [DATA, TEXT, OUT, OUT],
    "ds_save_bytes": [DATA, TEXT, TEXT, c_size_t],
    "ds_load_bytes": [DATA, TEXT, OUT],
    "ds_save_json": [DATA, TEXT, TEXT, c_size_t],
    "ds_load_json": [DATA, TEXT, OUT],
    "ds_stat": [DATA, TEXT, POINTER(Info)],
    "ds_shape": [DATA, TEXT, SHAPE, c_size_t, POINTER(c_size_t)],
    "ds_exists": [DATA, TEXT, POINTER(c_int32)],
    "ds_delete": [DATA, TEXT],
    "ds_rename": [DATA, TEXT, TEXT],
    "ds_create_group": [DATA, TEXT],
    "ds_list": [DATA, TEXT, c_int32, OUT],
    "ds_iter_next": [DATA, POINTER(c_char_p), POINTER(c_int32)],
    "ds_set_attributes": [DATA, TEXT, TEXT, c_size_t],
    "ds_get_attributes": [DATA, TEXT, OUT],
    "ds_get_dimensions": [DATA, TEXT, OUT],
    "ds_save_metadata": [DATA, TEXT, TEXT, c_size_t],
    "ds_load_metadata": [DATA, TEXT, OUT],
    "ds_set_schema": [DATA, TEXT, c_size_t],
    "ds_copy": [DATA, DATA, TEXT, POINTER(c_uint64)],
}


def library_path():
    """$DATASTORAGE_LIBRARY, else the release build of this checkout."""
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return os.environ.get("DATASTORAGE_LIBRARY", os.fspath(Path(target) / "release" / "libdatastorage.so"))


def _load_library():
    library = ctypes.CDLL(library_path())
    for name, arguments in PROTOTYPES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, c_int32
    for name, arguments, result in [
        ("ds_status_name", [c_int32], c_char_p),
        ("ds_last_error_message", [], c_char_p),
        ("ds_buffer_data", [c_void_p], c_void_p),
        ("ds_buffer_size", [c_void_p], c_size_t),
        ("ds_buffer_free", [c_void_p], None),
        ("ds_iter_free", [c_void_p], None),
    ]:
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


LIBRARY = _load_library()


def _check(status):
    if status < 0:
        raise DsError(status)
    return status


_check(LIBRARY.ds_check_abi(1))


def _encoded(text):
    return None if text is None else os.fspath(text).encode()


def _take(buffer):
    """The bytes of a ds_buffer, which is freed."""
    try:
        return ctypes.string_at(LIBRARY.ds_buffer_data(buffer), LIBRARY.ds_buffer_size(buffer))
    finally:
        LIBRARY.ds_buffer_free(buffer)


def _shape(values):
    return (c_uint64 * max(len(values), 1))(*values)


def _strides(array):
    return (c_int64 * max(array.ndim, 1))(*(stride // array.dtype.itemsize for stride in array.strides))


def _texts(array):
    texts = [text.encode() for text in array.ravel()]
    size = max(len(texts), 1)
    return (c_char_p * size)(*texts), (c_size_t * size)(*map(len, texts))


class Store:
    """One ds_store. Used in a `with`, it closes at the end and discards when an exception passes."""

    def __init__(self, uri, **options):
        handle = c_void_p()
        _check(LIBRARY.ds_open(_encoded(uri), json.dumps(options).encode(), byref(handle)))
        self.handle = handle

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        if kind is None:
            self.close()
        else:
            LIBRARY.ds_discard(self.handle)

    def close(self):
        _check(LIBRARY.ds_close(self.handle))

    def discard(self):
        _check(LIBRARY.ds_discard(self.handle))

    def flush(self):
        _check(LIBRARY.ds_flush(self.handle))

    def compress(self):
        size = c_uint64()
        _check(LIBRARY.ds_compress(self.handle, byref(size)))
        return size.value

    def verify(self, repair=False):
        """The findings; DS_ERR_CORRUPT is raised by the library when there are any and nothing is repaired."""
        return self._json("ds_verify", json.dumps({"repair_records": repair}).encode())["findings"]

    def _buffer(self, function, *arguments):
        out = c_void_p()
        _check(getattr(LIBRARY, function)(self.handle, *arguments, byref(out)))
        return _take(out)

    def _json(self, function, *arguments):
        return json.loads(self._buffer(function, *arguments))

    def path(self, key=""):
        return self._buffer("ds_path", _encoded(key)).decode()

    def save(self, key, array):
        """An array (strided as it is), a scalar, or an array of `str` objects."""
        array = np.asarray(array)
        if array.dtype.kind in "OU":
            return self._save_strings(key, array)
        _check(
            LIBRARY.ds_save(
                self.handle,
                _encoded(key),
                NUMBER[array.dtype],
                array.ctypes.data,
                _shape(array.shape),
                array.ndim,
                _strides(array),
            )
        )

    def create(self, key, dtype, shape, **options):
        number = STRING if dtype is str else NUMBER[np.dtype(dtype)]
        _check(
            LIBRARY.ds_create(self.handle, _encoded(key), number, _shape(shape), len(shape), json.dumps(options).encode())
        )

    def save_region(self, key, offset, array):
        if array.dtype.kind in "OU":
            pointers, lengths = _texts(array)
            shape = (_shape(offset), _shape(array.shape), array.ndim)
            return _check(LIBRARY.ds_save_strings_region(self.handle, _encoded(key), pointers, lengths, *shape))
        place = (_shape(offset), _shape(array.shape), array.ndim, _strides(array))
        number, data = NUMBER[array.dtype], array.ctypes.data
        return _check(LIBRARY.ds_save_region(self.handle, _encoded(key), number, data, *place))

    def resize(self, key, shape):
        _check(LIBRARY.ds_resize(self.handle, _encoded(key), _shape(shape), len(shape)))

    def append(self, key, array, axis=0):
        shape = (_shape(array.shape), array.ndim, _strides(array))
        _check(LIBRARY.ds_append(self.handle, _encoded(key), NUMBER[array.dtype], array.ctypes.data, *shape, axis))

    def _save_strings(self, key, array):
        pointers, lengths = _texts(array)
        _check(LIBRARY.ds_save_strings(self.handle, _encoded(key), pointers, lengths, _shape(array.shape), array.ndim))

    def save_string(self, key, text):
        data = text.encode()
        _check(LIBRARY.ds_save_string(self.handle, _encoded(key), data, len(data)))

    def save_bytes(self, key, data):
        _check(LIBRARY.ds_save_bytes(self.handle, _encoded(key), data, len(data)))

    def save_json(self, key, value):
        data = json.dumps(value).encode()
        _check(LIBRARY.ds_save_json(self.handle, _encoded(key), data, len(data)))

    def stat(self, key):
        info = Info(struct_size=ctypes.sizeof(Info))
        _check(LIBRARY.ds_stat(self.handle, _encoded(key), byref(info)))
        return info

    def shape(self, key):
        values, ndim = (c_uint64 * 32)(), c_size_t()
        _check(LIBRARY.ds_shape(self.handle, _encoded(key), values, 32, byref(ndim)))
        return tuple(values[: ndim.value])

    def load(self, key):
        """An array in the dtype it is stored with; strings as an object array."""
        info = self.stat(key)
        if info.dtype == STRING:
            return self._load_strings(key)
        array = np.empty(self.shape(key), DTYPE[info.dtype])
        size = c_size_t()
        _check(LIBRARY.ds_load(self.handle, _encoded(key), info.dtype, array.ctypes.data, array.nbytes, byref(size)))
        assert size.value == array.nbytes
        return array

    def load_region(self, key, offset, shape):
        array = np.empty(shape, DTYPE[self.stat(key).dtype])
        _check(
            LIBRARY.ds_load_region(
                self.handle,
                _encoded(key),
                NUMBER[array.dtype],
                _shape(offset),
                _shape(shape),
                len(shape),
                array.ctypes.data,
                array.nbytes,
                None,
            )
        )
        return array

    def _load_strings(self, key):
        text, offsets = c_void_p(), c_void_p()
        _check(LIBRARY.ds_load_strings(self.handle, _encoded(key), byref(text), byref(offsets)))
        text, offsets = _take(text), np.frombuffer(_take(offsets), np.uint64).astype(int)
        values = [text[begin : end - 1].decode() for begin, end in zip(offsets[:-1], offsets[1:], strict=True)]
        array = np.empty(len(values), object)
        array[:] = values
        return array.reshape(self.shape(key))

    def load_string(self, key):
        return self._buffer("ds_load_string", _encoded(key)).decode()

    def load_bytes(self, key):
        return self._buffer("ds_load_bytes", _encoded(key))

    def load_json(self, key):
        return self._json("ds_load_json", _encoded(key))

    def exists(self, key):
        found = c_int32()
        _check(LIBRARY.ds_exists(self.handle, _encoded(key), byref(found)))
        return bool(found.value)

    def delete(self, key):
        _check(LIBRARY.ds_delete(self.handle, _encoded(key)))

    def rename(self, old, new):
        _check(LIBRARY.ds_rename(self.handle, _encoded(old), _encoded(new)))

    def create_group(self, key):
        _check(LIBRARY.ds_create_group(self.handle, _encoded(key)))

    def list(self, prefix="", recursive=False):
        """Pairs of key and kind."""
        iterator, key, kind = c_void_p(), c_char_p(), c_int32()
        _check(LIBRARY.ds_list(self.handle, _encoded(prefix), int(recursive), byref(iterator)))
        rows = []
        try:
            while _check(LIBRARY.ds_iter_next(iterator, byref(key), byref(kind))) == 0:
                rows.append((key.value.decode(), kind.value))
        finally:
            LIBRARY.ds_iter_free(iterator)
        return rows

    def dimensions(self, key):
        return self._json("ds_get_dimensions", _encoded(key))

    def attributes(self, key):
        return self._json("ds_get_attributes", _encoded(key))

    def set_attributes(self, key, attributes):
        data = json.dumps(attributes).encode()
        _check(LIBRARY.ds_set_attributes(self.handle, _encoded(key), data, len(data)))

    def save_metadata(self, key, value):
        data = json.dumps(value).encode()
        _check(LIBRARY.ds_save_metadata(self.handle, _encoded(key), data, len(data)))

    def metadata(self, key=""):
        return self._json("ds_load_metadata", _encoded(key))

    def set_schema(self, schema):
        data = json.dumps(schema).encode()
        _check(LIBRARY.ds_set_schema(self.handle, data, len(data)))

    def copy_to(self, destination):
        count = c_uint64()
        _check(LIBRARY.ds_copy(self.handle, destination.handle, None, byref(count)))
        return count.value
