"""A small loader of libdatastorage for the rows: ctypes, prototypes declared once. It is not the Python binding."""

import ctypes
import json
import weakref
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
NUMBERS = {np.dtype(name): number for number, name in enumerate(NAMES, start=1)}
DTYPES = {number: dtype for dtype, number in NUMBERS.items()}
NAMED = {dtype.name: dtype for dtype in NUMBERS}
KIND_ARRAY, DONE = 2, 1


class Info(ctypes.Structure):
    """ds_info."""

    _fields_ = [
        ("struct_size", c_size_t), ("kind", c_int32), ("dtype", c_int32), ("ndim", c_uint64), ("elements", c_uint64),
        ("bytes", c_uint64), ("stored_bytes", c_uint64), ("chunks", c_uint64),
    ]  # fmt: skip


#: Pointers to elements, shapes and offsets are passed as numbers: no object is made for them in a call.
PROTOTYPES: dict[str, list[Any]] = {
    "ds_check_abi": [c_uint32],
    "ds_configure": [c_char_p],
    "ds_open_zarr": [c_char_p, c_char_p, c_void_p],
    "ds_close": [c_void_p],
    "ds_compress": [c_void_p, c_void_p],
    "ds_save": [c_void_p, c_char_p, c_int32, c_void_p, c_void_p, c_size_t, c_void_p],
    "ds_load": [c_void_p, c_char_p, c_int32, c_void_p, c_size_t, c_void_p],
    "ds_load_all": [c_void_p, c_char_p, c_void_p, c_void_p],
    "ds_create": [c_void_p, c_char_p, c_int32, c_void_p, c_size_t, c_char_p],
    "ds_save_region": [c_void_p, c_char_p, c_int32, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p],
    "ds_load_region": [c_void_p, c_char_p, c_int32, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p],
    "ds_stat": [c_void_p, c_char_p, c_void_p],
    "ds_shape": [c_void_p, c_char_p, c_void_p, c_size_t, c_void_p],
    "ds_list": [c_void_p, c_char_p, c_int32, c_void_p],
    "ds_iter_next": [c_void_p, POINTER(c_char_p), POINTER(c_int32)],
    "ds_save_metadata_i64": [c_void_p, c_char_p, c_int64],
    "ds_save_metadata_f64": [c_void_p, c_char_p, ctypes.c_double],
    "ds_save_metadata_str": [c_void_p, c_char_p, c_char_p, c_size_t],
    "ds_load_metadata": [c_void_p, c_char_p, c_void_p],
    # Progress callback and its userdata, which the rows leave out.
    "ds_merge": [POINTER(c_char_p), c_size_t, c_char_p, c_char_p, c_void_p, c_void_p, c_void_p],
}


class Library:
    """The functions of one libdatastorage.so; a status below zero raises."""

    def __init__(self, path: str, threads: int = 0) -> None:
        library = ctypes.CDLL(path)
        for name, arguments in PROTOTYPES.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, c_int32
            setattr(self, name[3:] if name != "ds_load_all" else "_load_all", function)
        self.message = library.ds_last_error_message
        self.message.restype = c_char_p
        for name in ("ds_buffer_data", "ds_buffer_size", "ds_buffer_free", "ds_iter_free"):
            function = getattr(library, name)
            function.argtypes = [c_void_p]
            setattr(self, name[3:], function)
        self.buffer_data.restype, self.buffer_size.restype = c_void_p, c_size_t
        self.buffer_free.restype = self.iter_free.restype = None
        self.check(self.check_abi(1))
        self.check(self.configure(b'{"threads":%d}' % threads))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the loader has no ds_{name}")

    def check(self, status: int) -> None:
        if status < 0:
            raise OSError(f"status {status}: {self.message().decode()}")

    def open(self, path: str, options: bytes) -> int:
        store = c_void_p()
        self.check(self.open_zarr(path.encode(), options, byref(store)))
        return store.value or 0

    def metadata(self, store: int) -> bytes:
        buffer = c_void_p()
        self.check(self.load_metadata(store, b"", byref(buffer)))
        document = ctypes.string_at(self.buffer_data(buffer), self.buffer_size(buffer))
        self.buffer_free(buffer)
        return document

    def describe(self, store: int, key: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """The dtype and shape of an array, as a caller that knows neither asks for them."""
        info = Info(struct_size=ctypes.sizeof(Info))
        self.check(self.stat(store, key, byref(info)))
        shape = (c_uint64 * info.ndim)()
        self.check(self.shape(store, key, shape, info.ndim, None))
        return DTYPES[info.dtype], tuple(shape)

    def load_array(self, store: int, key: bytes) -> NDArray[Any]:
        dtype, shape = self.describe(store, key)
        out = np.empty(shape, dtype)
        self.check(self.load(store, key, NUMBERS[dtype], out.ctypes.data, out.nbytes, None))
        return out

    def load_all(self, store: int) -> dict[str, NDArray[Any]]:
        """Every array of a store by one call, as views of the memory that the library handed out."""
        index, data = c_void_p(), c_void_p()
        self.check(self._load_all(store, b"", byref(index), byref(data)))
        text = ctypes.string_at(self.buffer_data(index), self.buffer_size(index))
        self.buffer_free(index)
        memory = (ctypes.c_char * self.buffer_size(data)).from_address(self.buffer_data(data))
        weakref.finalize(memory, self.buffer_free, data)
        return {
            key: np.ndarray(entry["shape"], NAMED[entry["dtype"]], memory, entry["offset"])
            for key, entry in json.loads(text).items()
        }

    def array_keys(self, store: int) -> list[str]:
        iterator, key, kind = c_void_p(), c_char_p(), c_int32()
        self.check(self.list(store, b"", 1, byref(iterator)))
        keys = []
        while self.iter_next(iterator, byref(key), byref(kind)) != DONE:
            if kind.value == KIND_ARRAY and key.value is not None:
                keys.append(key.value.decode())
        self.iter_free(iterator)
        return keys
