"""Tensors of DLPack: what the library hands out, or shows, becomes a NumPy array without a copy; and the other way round."""

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
LIBRARY.ds_view.argtypes = [c_void_p, c_char_p, c_char_p, c_void_p]
LIBRARY.ds_view_dlpack_versioned.argtypes = [c_void_p, c_void_p]
LIBRARY.ds_view_data.argtypes, LIBRARY.ds_view_data.restype = [c_void_p], c_void_p
LIBRARY.ds_view_free.argtypes, LIBRARY.ds_view_free.restype = [c_void_p], None
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


class View:
    """The tensor of a view, which shares the memory of the store."""

    def __init__(self, store, key):
        view, pointer = c_void_p(), c_void_p()
        _check(LIBRARY.ds_view(store.handle, _encoded(key), None, byref(view)))
        _check(LIBRARY.ds_view_dlpack_versioned(view, byref(pointer)))
        self.address = LIBRARY.ds_view_data(view)
        LIBRARY.ds_view_free(view)
        self.capsule = pythonapi.PyCapsule_New(pointer, b"dltensor_versioned", None)

    def __dlpack__(self, **_):
        return self.capsule

    def __dlpack_device__(self):
        return 1, 0


def test_numpy_takes_views_of_a_mapped_archive_without_a_copy(tmp_path):
    with Store(tmp_path / "raw.zarr", profile="portable", codec="none", export=False) as written:
        for key in KEYS:
            written.save(key, ARRAYS[key])
        written.compress()
    arrays = {}
    with Store(tmp_path / "raw.zarr", mmap=True, mode="r") as mapped:
        for key in KEYS:
            view = View(mapped, key)
            arrays[key] = np.from_dlpack(view)
            if arrays[key].size > 0:  # NumPy gives an array of its own where there is no element
                assert not arrays[key].flags.writeable and arrays[key].ctypes.data == view.address
    (tmp_path / "raw.zarr.data").unlink()
    for key in KEYS:  # the store is closed, the file is gone
        same(arrays[key], ARRAYS[key])
