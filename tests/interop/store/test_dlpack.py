"""Tensors of DLPack: what the library hands out becomes a NumPy array without a copy, and the other way round."""

import ctypes
from ctypes import byref, c_char_p, c_void_p, py_object, pythonapi

import numpy as np
import pytest

from _cases import ARRAYS, same
from _ds import LIBRARY, Store, _check, _encoded

KEYS = [key for key, array in ARRAYS.items() if array.dtype.kind != "O"]
pythonapi.PyCapsule_New.restype = py_object
pythonapi.PyCapsule_New.argtypes = [c_void_p, c_char_p, c_void_p]
pythonapi.PyCapsule_GetPointer.restype = c_void_p
pythonapi.PyCapsule_GetPointer.argtypes = [py_object, c_char_p]
for name in ("ds_load_dlpack", "ds_load_dlpack_versioned", "ds_save_dlpack"):
    getattr(LIBRARY, name).argtypes = [c_void_p, c_char_p, c_void_p]
NAMES = {"ds_load_dlpack": b"dltensor", "ds_load_dlpack_versioned": b"dltensor_versioned"}


class Tensor:
    """A loaded tensor, for consumers of the protocol; they take it, and call its deleter."""

    def __init__(self, store, key, function):
        pointer = c_void_p()
        _check(getattr(LIBRARY, function)(store.handle, _encoded(key), byref(pointer)))
        self.capsule = pythonapi.PyCapsule_New(pointer, NAMES[function], None)

    def __dlpack__(self, **_):
        return self.capsule

    def __dlpack_device__(self):
        return 1, 0


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("dlpack") / "part.zarr") as store:
        for key in KEYS:
            store.save(key, ARRAYS[key])
        yield store


@pytest.mark.parametrize("function", NAMES)
@pytest.mark.parametrize("key", KEYS)
def test_numpy_takes_what_is_loaded(store, key, function):
    array = np.from_dlpack(Tensor(store, key, function))
    same(array, ARRAYS[key])


@pytest.mark.parametrize("key", KEYS)
def test_what_numpy_gives_is_saved(store, key):
    array = ARRAYS[key] if ARRAYS[key].flags.writeable else ARRAYS[key].copy()
    capsule = array.__dlpack__()
    pointer = pythonapi.PyCapsule_GetPointer(capsule, b"dltensor")
    _check(LIBRARY.ds_save_dlpack(store.handle, b"again", pointer))
    same(store.load("again"), array)
