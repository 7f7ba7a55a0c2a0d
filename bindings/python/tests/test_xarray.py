"""xarray's engine: the same Dataset that xarray reads from the directory itself, lazily, and through dask."""

import pickle
import subprocess
import sys

import dask
import numpy as np
import pytest
import xarray as xr
from _plugin import ENGINE, installed_in
from conftest import opened

import datastorage
from datastorage.xarray_backend import DatastorageBackendEntrypoint


@pytest.fixture(scope="module", autouse=True)
def _installed(tmp_path_factory):
    with installed_in(tmp_path_factory.mktemp("installed")):
        yield


def fill(store):
    rng = np.random.default_rng(1)
    for name in ["bool", "int8", "uint16", "int32", "int64", "float16", "float32", "float64", "complex64"]:
        store[f"of_{name}"] = (rng.random((7, 5)) * 9).astype(name)
    store["zeros"] = np.zeros(4, np.int32)
    store["empty"] = np.zeros((0, 3), np.float32)
    store["names"] = np.array(["plane", "", "zylinder ü"], object)
    store["scalar"], store["text"], store["flag"] = 2.5, "steel", True
    store["raw"] = b"\x00\xffab"
    store["graph/edges"] = np.arange(12).reshape(6, 2)
    store["graph/deep/x"] = np.arange(3.0)
    store["of_int32"].attrs["units"] = "mm"
    store["of_int32"].dims = ("row", "column")
    store.attrs["title"] = "a part"


@pytest.fixture
def archive():
    with datastorage.open("part.zarr", staging="memory") as store:
        fill(store)
        store.compress()
    return "part.zarr.data"


@pytest.fixture
def large():
    """100 chunks of 10 rows."""
    with datastorage.open("large.zarr") as store:
        store.create("x", (1000, 100), "i4", chunks=(10, 100), dims=("row", "column"), fill_value=None)
        store["x"][...] = np.arange(100_000, dtype="i4").reshape(1000, 100)
    return "large.zarr"


def test_is_what_xarray_reads_from_the_directory(archive):
    with datastorage.open("part-again.zarr") as store:
        fill(store)
    with xr.open_dataset(archive, engine=ENGINE) as ours, xr.open_zarr("part-again.zarr", chunks=None) as theirs:
        assert set(ours.variables) == set(theirs.variables)
        for name, variable in theirs.variables.items():
            assert ours[name].dims == variable.dims
            assert np.array_equal(ours[name].values, variable.values)
            assert variable.dtype.kind in "TU" or ours[name].dtype == variable.dtype
        assert ours.attrs == theirs.attrs == {"title": "a part"}
        assert ours["of_int32"].attrs == {"units": "mm"}
        assert not ours["zeros"].isnull().any()


def test_every_kind_of_store_opens(kind):
    with opened(kind) as store:
        fill(store)
        if kind == "memory":
            dataset = xr.open_dataset(store)
            dataset.close()
            assert not store.closed
        else:
            store.flush()
            dataset = xr.open_dataset("json:store" if kind == "json" else "store.zarr", engine=ENGINE)
        with dataset:
            assert np.array_equal(dataset["of_float32"], store["of_float32"][...])
            assert dataset["names"].values.tolist() == ["plane", "", "zylinder ü"]
            assert dataset["scalar"].item() == 2.5


def test_archives_are_recognised_by_name(archive):
    with xr.open_dataset(archive) as dataset:
        assert dataset["text"].item() == "steel"


def test_nothing_is_read_before_it_is_asked_for(large):
    with xr.open_dataset(large, engine=ENGINE) as dataset:
        assert not dataset["x"].variable._in_memory
        part = dataset["x"][3:5, 7]
        assert part.values.tolist() == [307, 407]
        assert not dataset["x"].variable._in_memory


@pytest.mark.parametrize(
    "key",
    [
        (5, slice(None)),
        (slice(None, None, -300), slice(2, 9, 3)),
        ([999, 0, 500], [4, 4, 1]),
        (slice(0, 0), slice(None)),
        (-1, [-1, 2]),
        ([3, 4], -7),
        (np.arange(1000) % 333 == 0, slice(None)),
    ],
)
def test_every_selection_is_numpys(large, key):
    whole = np.arange(100_000, dtype="i4").reshape(1000, 100)
    wanted = whole[key[0]][..., key[1]]
    with xr.open_dataset(large, engine=ENGINE) as dataset:
        assert np.array_equal(dataset["x"][key].values, wanted)


def test_points_are_selected_as_xarray_does(large):
    at = xr.DataArray([1, 500, 999], dims="point")
    with xr.open_dataset(large, engine=ENGINE) as dataset:
        assert dataset["x"].isel(row=at, column=at % 100).values.tolist() == [101, 50_000, 99_999]


def test_chunks_are_those_of_the_store(large):
    with xr.open_dataset(large, engine=ENGINE, chunks={}) as dataset:
        assert dataset["x"].chunks == ((10,) * 100, (100,))
        assert dataset["x"].encoding["chunks"] == (10, 100)


def test_chunks_of_a_sharded_store_are_its_shards():
    with datastorage.open("sharded.zarr", zarr_format=3) as store:
        store.create("x", (100,), "f4", chunks=(5,), shards=(50,))
        store["x"][...] = np.arange(100, dtype="f4")
    with xr.open_dataset("sharded.zarr", engine=ENGINE, chunks={}) as dataset:
        assert dataset["x"].chunks == ((50, 50),)
        assert float(dataset["x"].sum()) == 4950


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_dask_computes_on_it(large, scheduler):
    with dask.config.set(scheduler=scheduler, num_workers=2):
        with xr.open_dataset(large, engine=ENGINE, chunks={"row": 250}) as dataset:
            assert int(dataset["x"].astype("i8").sum()) == 100_000 * 99_999 // 2


def test_a_dataset_is_pickled_by_path(archive):
    with xr.open_dataset(archive, engine=ENGINE) as dataset:
        text = pickle.dumps(dataset)
        assert len(text) < 20_000
    with pickle.loads(text) as again:
        assert again["zeros"].values.tolist() == [0, 0, 0, 0]


def test_a_dataset_that_was_closed_lets_the_store_go(large):
    dataset = xr.open_dataset(large, engine=ENGINE)
    dataset.close()
    with datastorage.open(large, "r+") as store:
        store["x"][0] = 7
    with xr.open_dataset(large, engine=ENGINE) as dataset:
        assert dataset["x"][0, 0].item() == 7


def test_stores_that_xarray_closed_to_open_others_open_again(archive, large):
    with xr.set_options(file_cache_maxsize=1):
        with xr.open_dataset(archive, engine=ENGINE) as one, xr.open_dataset(large, engine=ENGINE) as two:
            for row in range(3):
                assert one["zeros"][row].item() == 0
                assert two["x"][row, 1].item() == 100 * row + 1


def test_groups_of_the_store_and_of_its_schema(archive):
    with xr.open_dataset(archive, engine=ENGINE, group="graph") as dataset:
        assert list(dataset.data_vars) == ["edges"]
    with datastorage.open("cad.zarr") as store:
        builder = datastorage.SchemaBuilder("CAD")
        builder.create_group("faces", "face").create_array("areas", ["face"])
        store.schema = builder
        store["areas"] = np.ones(3, np.float32)
        store["other"] = np.ones(2, np.float32)
    with xr.open_dataset("cad.zarr", engine=ENGINE, group="faces") as dataset:
        assert dict(dataset.sizes) == {"face": 3}


def test_a_tree_has_a_node_a_group(archive):
    groups = DatastorageBackendEntrypoint().open_groups_as_dict(archive)
    assert {path: set(dataset.data_vars) for path, dataset in groups.items() if path != "/"} == {
        "/graph": {"edges"},
        "/graph/deep": {"x"},
    }
    if not hasattr(xr, "open_datatree"):
        return  # An xarray before 2024.10.
    with xr.open_datatree(archive, engine=ENGINE) as tree:
        assert [node.path for node in tree.subtree] == ["/", "/graph", "/graph/deep"]
        assert tree["graph/edges"].shape == (6, 2)
        assert tree.attrs["title"] == "a part"


def test_a_forked_child_opens_the_store_itself(archive):
    program = (
        "import os, sys, xarray, datastorage.xarray_backend as backend\n"
        "dataset = xarray.open_dataset(sys.argv[1], engine=backend.DatastorageBackendEntrypoint)\n"
        "assert dataset['scalar'].item() == 2.5\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(int(dataset['of_int32'].sum() <= 0))\n"
        "assert os.waitpid(child, 0)[1] == 0 and dataset['of_int32'].sum() > 0\n"
    )
    done = subprocess.run([sys.executable, "-c", program, archive], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_missing_is_named(archive):
    with pytest.raises(FileNotFoundError, match="absent.zarr"):
        xr.open_dataset("absent.zarr.data", engine=ENGINE)
    with pytest.raises(FileNotFoundError, match="cubes: is no group of .*part.zarr.data and none of its schema"):
        xr.open_dataset(archive, engine=ENGINE, group="cubes")


def test_a_dataset_can_be_written_by_xarray(archive):
    with xr.open_dataset(archive, engine=ENGINE) as dataset:
        dataset.drop_vars(["empty"]).to_zarr("written.zarr", consolidated=False)
    with datastorage.open("written.zarr", "r") as store:
        assert store["names"][...].tolist() == ["plane", "", "zylinder ü"]
        assert store["of_int32"].dims == ("row", "column")
