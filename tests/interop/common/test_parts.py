"""Arrays written by parts, read by zarr-python; and arrays of zarr-python, written on. Runs with zarr-python 2 and 3."""

import numpy as np
import pytest
import xarray
import zarr

from _cases import same
from _ds import Store

ZARR_2 = zarr.__version__.startswith("2.")
FORMAT = {} if ZARR_2 else {"zarr_format": 2}
PLAIN = {} if ZARR_2 else {"zarr_format": 2, "use_consolidated": False}
DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def reader(path):
    return zarr.open_consolidated(str(path), mode="r")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("separator", [".", "/"])
def test_a_partly_filled_and_resized_array(tmp_path, dtype, separator):
    path = tmp_path / "part.zarr"
    values = np.arange(60).reshape(10, 6).astype(dtype)
    wanted = np.zeros((10, 6), dtype)
    with Store(path, dimension_separator=separator) as store:
        store.create("group/x", dtype, (10, 6), chunks=[4, 4], attributes={"unit": "mm"}, dims=["row", "column"])
        store.save_region("group/x", (3, 1), values[3:9, 1:5])
        wanted[3:9, 1:5] = values[3:9, 1:5]
    same(reader(path)["group/x"][()], wanted)
    with Store(path) as store:
        store.resize("group/x", (7, 3))
        store.resize("group/x", (9, 5))
        store.append("group/x", np.ascontiguousarray(values[:2, :5]), axis=0)
        store.flush()
        wanted = np.vstack([np.pad(wanted[:7, :3], ((0, 2), (0, 2))), values[:2, :5]])
        same(store.load("group/x"), wanted)
    array = reader(path)["group/x"]
    assert array.chunks == (4, 4) and array.attrs["unit"] == "mm"
    assert array.attrs["_ARRAY_DIMENSIONS"] == ["row", "column"]
    same(array[()], wanted)
    same(zarr.open_group(str(path), mode="r", **PLAIN)["group/x"][()], wanted)


@pytest.mark.parametrize("dtype, fill", [("f4", "NaN"), ("f8", "-Infinity"), ("i8", -(2**63)), ("?", True), ("c8", [1.5, -2])])
def test_fill_values_are_those_of_zarr(tmp_path, dtype, fill):
    path = tmp_path / "part.zarr"
    with Store(path, nan="allow") as store:
        store.create("x", dtype, (5,), chunks=[2], fill_value=fill)
        store.save_region("x", (2,), np.zeros(2, dtype))
        mine = store.load("x")
    value = complex(*fill) if isinstance(fill, list) else (fill if not isinstance(fill, str) else float(fill.lower()))
    wanted = np.full(5, value, dtype)
    wanted[2:4] = 0
    same(mine, wanted)
    same(reader(path)["x"][()], wanted)
    assert sorted(p.name for p in (path / "x").iterdir() if p.name.isdigit()) == ["1"]


def test_xarray_takes_nothing_for_missing_once_all_is_written(tmp_path):
    path = tmp_path / "part.zarr"
    values = np.array([[1, 0], [0, 2], [3, 0]], "i4")
    with Store(path) as store:
        store.create("full", "i4", (3, 2), chunks=[2, 2])
        store.save_region("full", (0, 0), values)
        store.create("sparse", "i4", (3, 2), chunks=[2, 2])
        store.save_region("sparse", (0, 0), values[:1])
        store.create("log", "i4", (0, 2), chunks=[2, 2])
        store.append("log", values)
    with Store(path) as store:
        store.append("log", values)
        same(store.load("sparse"), (values * [[1], [0], [0]]).astype("i4"))
    with xarray.open_zarr(str(path), chunks=None) as dataset:
        same(dataset["full"].values, values)
        same(dataset["log"].values, np.vstack([values, values]))
        assert dataset["sparse"].dtype.kind == "f" and np.isnan(dataset["sparse"].values[2]).all()
    with xarray.open_zarr(str(path), chunks=None, mask_and_scale=False) as dataset:
        same(dataset["sparse"].values, (values * [[1], [0], [0]]).astype("i4"))


def test_strings_by_parts(tmp_path):
    path = tmp_path / "part.zarr"
    words = np.array(["plane", "", "円錐", "cone"], object)
    with Store(path) as store:
        store.create("words", str, (9,), chunks=[3])
        store.save_region("words", (1,), words)
        wanted = np.array(["", *words, "", "", "", ""], object)
        same(store.load("words"), wanted)
    same(reader(path)["words"][()], wanted)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("fill", [0, 7, None])
def test_an_array_of_zarr_is_written_on(tmp_path, order, fill):
    path = tmp_path / "other.zarr"
    values = np.arange(35, dtype=">i4").reshape(7, 5)
    group = zarr.open_group(str(path), mode="w", **FORMAT)
    create = group.create_dataset if ZARR_2 else group.create_array
    array = create("x", shape=(7, 5), chunks=(3, 2), dtype=">i4", fill_value=fill, order=order)
    array[...] = values
    wanted = values.astype("i4")
    with Store(path) as store:
        store.save_region("x", (2, 1), np.full((3, 3), 99, "i4"))
        wanted[2:5, 1:4] = 99
        store.append("x", np.full((7, 2), 5, "i4"), axis=1)
        wanted = np.hstack([wanted, np.full((7, 2), 5, "i4")])
        same(store.load("x"), wanted)
    found = zarr.open_group(str(path), mode="r", **PLAIN)["x"]
    assert found.order == order
    same(found[()].astype("i4"), wanted)


def test_what_zarr_writes_on_is_read_when_integrity_is_ignored(tmp_path):
    path = tmp_path / "part.zarr"
    with Store(path) as store:
        store.create("x", "f8", (6, 2), chunks=[2, 2])
        store.save_region("x", (0, 0), np.ones((3, 2)))
    group = zarr.open_group(str(path), mode="r+", **PLAIN)
    group["x"][4:] = 2.5
    wanted = np.array([[1, 1], [1, 1], [1, 1], [0, 0], [2.5, 2.5], [2.5, 2.5]])
    with Store(path, integrity="ignore") as store:
        same(store.load("x"), wanted)
        store.append("x", np.full((1, 2), 3.0))
    with Store(path, mode="r") as store:
        same(store.load("x"), np.vstack([wanted, [[3, 3]]]))
        assert store.verify() == []
