"""Arrays without a copy, and everything below a group by one call."""

import gc

import numpy as np
import pytest
from conftest import opened

import datastorage

TYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def arrays():
    return {f"a/{code}": (np.arange(24).reshape(4, 6) % 2 if code == "?" else np.arange(24).reshape(4, 6)).astype(code)
            for code in TYPES}  # fmt: skip


def raw_archive(name="raw"):
    with opened("zarr", name, profile="portable", codec="none", export=False) as store:
        for key, array in arrays().items():
            store[key] = array
        store["a/turned"] = np.asfortranarray(np.arange(6.0).reshape(2, 3))
        store["empty"] = np.zeros((0, 3), "f4")
        store["scalar"] = 2.5
        store["text"] = np.array(["a", "b"], object)
        store.compress()
    return opened("zarr", name, mode="r", mmap=True)


def test_a_mapped_archive_is_viewed_where_it_lies():
    with raw_archive() as store:
        for key, array in arrays().items():
            view = store[key].view()
            assert view.dtype == array.dtype and np.array_equal(view, array)
            assert not view.flags.writeable and not view.flags.owndata
            assert view.ctypes.data == store[key].view().ctypes.data, "the same memory each time"
        assert np.array_equal(store["a/turned"].view(), np.arange(6.0).reshape(2, 3))
        assert store["empty"].view().shape == (0, 3)
        assert store.array("scalar").view().shape == ()
        with pytest.raises(datastorage.DtypeMismatchError, match="text"):
            store["text"].view()


def test_a_view_outlives_its_store_and_its_key():
    with datastorage.open("memory:") as store:
        store["x"] = np.arange(1000)
        view = store["x"].view()
        half = view[::2]
        store["x"] = np.zeros(3)
        del store["x"], view
    gc.collect()
    assert np.array_equal(half, np.arange(0, 1000, 2))


def test_what_cannot_be_viewed_says_why_or_is_loaded():
    with opened("zarr", profile="portable", export=False) as store:
        store["x"] = np.arange(5000)
        store.compress()
    with opened("zarr", mode="r", mmap=True) as store:
        with pytest.raises(datastorage.UnsupportedError, match="x: cannot be viewed: it is compressed with zstd"):
            store["x"].view()
        assert np.array_equal(store["x"].view(copy=True), np.arange(5000))


def test_everything_below_a_group_by_one_call(store):
    values = {
        **arrays(),
        "a/deep/names": np.array([["x", ""], ["ä", "b"]], object),
        "a/deep/none": np.zeros((0, 2)),
        "a/deep/number": 7,
        "a/deep/small": np.float32(1.5),
        "a/deep/word": "plane",
        "raw": b"\0\1",
        "mixed": [1, "a", None],
    }
    for key, value in values.items():
        store[key] = value
    loaded = store.load_all()
    assert sorted(loaded) == sorted(values)
    for key, value in values.items():
        one = store.load(key)
        assert type(loaded[key]) is type(one), key
        assert np.array_equal(loaded[key], one) if isinstance(one, np.ndarray) else loaded[key] == one, key
        assert getattr(loaded[key], "dtype", None) == getattr(one, "dtype", None), key
    assert sorted(store.group("a/deep").load_all()) == [key for key in sorted(values) if key.startswith("a/deep/")]
    with pytest.raises(datastorage.ClosedError):
        store.close()
        store.load_all()
    gc.collect()
    assert np.array_equal(loaded["a/f8"], arrays()["a/f8"]), "the memory is the arrays' own"
