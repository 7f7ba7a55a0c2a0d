"""An array with its shape and type in one call, by way of DLPack: for arrays that other threads keep replacing.

The usual way asks for the type and shape first and loads then, which takes an array as it comes only when nobody
changed it in between. This way costs a copy more and always gives one of the arrays that were saved.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_int32, c_int64, c_uint8, c_uint16, c_uint64, c_void_p

import numpy as np

from ._dtypes import NDArray
from ._errors import check
from ._handle import Handle, encode_key
from ._library import LIBRARY

# DLDataTypeCode to the letters of NumPy's types.
_LETTERS = {0: "i", 1: "u", 2: "f", 5: "c", 6: "b"}


class _Managed(ctypes.Structure):
    """`DLManagedTensor`, with its `DLTensor` in place."""

    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
        ("manager_ctx", c_void_p),
        ("deleter", ctypes.CFUNCTYPE(None, c_void_p)),
    ]


def snapshot(handle: Handle, key: str) -> NDArray:
    """The array as it is at one moment; not of strings."""
    out = c_void_p()
    check(LIBRARY.ds_load_dlpack(handle.token, encode_key(key), byref(out)))
    address = out.value or 0
    tensor = _Managed.from_address(address)
    try:
        letter = _LETTERS[tensor.code]
        dtype = np.dtype("?" if letter == "b" else f"{letter}{tensor.bits // 8}")
        array = np.empty(tuple(tensor.shape[: tensor.ndim]), dtype)
        # Row-major, as the header says.
        if array.nbytes:
            ctypes.memmove(array.ctypes.data, tensor.data + tensor.byte_offset, array.nbytes)
    finally:
        tensor.deleter(address)
    return array
