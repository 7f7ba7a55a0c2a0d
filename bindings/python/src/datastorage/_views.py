"""Arrays without a copy, and many arrays by one call.

`view` gives an array whose memory is the library's: read-only, alive as long as anything made of it is, also when the store
is closed or the key saved again. `load_all` gives every leaf below a key as parts of one piece of memory. Neither decides
what may be viewed: the library does, and says why not.
"""

from __future__ import annotations

import ctypes
import json
import weakref
from ctypes import byref, c_void_p
from typing import Any

import numpy as np

from . import _values
from ._dtypes import DTYPE_OF, NUMBER_OF, OBJECT, NDArray
from ._errors import check
from ._handle import Handle, encode_key, options_text, take
from ._library import LIBRARY

_NAMED = {dtype.name: dtype for dtype in DTYPE_OF.values() if dtype != OBJECT}


def view(handle: Handle, key: str, copy: bool) -> NDArray:
    """The array of a key where it lies."""
    out = c_void_p()
    check(LIBRARY.ds_view(handle.token, encode_key(key), options_text({"copy": True} if copy else None), byref(out)))
    ndim = LIBRARY.ds_view_ndim(out)
    dtype = DTYPE_OF[LIBRARY.ds_view_dtype(out)]
    shape = tuple(LIBRARY.ds_view_shape(out)[:ndim]) if ndim else ()
    strides = tuple(step * dtype.itemsize for step in LIBRARY.ds_view_strides(out)[:ndim]) if ndim else ()
    memory = (ctypes.c_char * LIBRARY.ds_view_size(out)).from_address(LIBRARY.ds_view_data(out) or 0)
    # The memory object is the base of the array, and of all that is made of it.
    weakref.finalize(memory, LIBRARY.ds_view_free, out)
    array: NDArray = np.ndarray(shape, dtype, memory, 0, strides) if 0 not in shape else np.empty(shape, dtype)
    array.flags.writeable = False
    return array


def load_all(handle: Handle, key: str) -> dict[str, Any]:
    """Every leaf at and below a key, by its whole key."""
    index, data = c_void_p(), c_void_p()
    check(LIBRARY.ds_load_all(handle.token, encode_key(key), byref(index), byref(data)))
    memory = (ctypes.c_char * LIBRARY.ds_buffer_size(data)).from_address(LIBRARY.ds_buffer_data(data))
    weakref.finalize(memory, LIBRARY.ds_buffer_free, data)
    return {name: _leaf(entry, memory) for name, entry in json.loads(take(index)).items()}


def _leaf(entry: dict[str, Any], memory: Any) -> Any:
    if entry["kind"] == "json":
        return entry["value"]
    if "strings" in entry:
        texts = np.empty(len(entry["strings"]), OBJECT)
        texts[:] = entry["strings"]
        return texts.reshape(entry["shape"]) if entry["shape"] else entry["strings"][0]
    array: NDArray = np.ndarray(entry["shape"], _NAMED[entry["dtype"]], memory, entry["offset"])
    if entry["kind"] == "bytes":
        return array.tobytes()
    if entry["shape"]:
        return array
    return array.item() if NUMBER_OF[array.dtype] in _values.PYTHON_SCALARS else array[()]
