"""Life of a store: the end of a block, collection, the interpreter's end, pickling, fork."""

import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from conftest import opened

import datastorage


def test_a_block_commits_at_its_end():
    with datastorage.open("part.zarr") as store:
        store["x"] = np.arange(3)
    with datastorage.open("part.zarr", "r") as store:
        assert store.load("x").tolist() == [0, 1, 2]


def test_a_block_that_an_exception_leaves_commits_nothing():
    with pytest.raises(ZeroDivisionError), datastorage.open("part.zarr") as store:
        store["kept"] = 1
        store.flush()
        store["lost"] = 2
        1 / 0  # noqa: B018
    with datastorage.open("part.zarr", "r") as store:
        assert list(store) == ["kept"]


def test_a_collected_store_is_closed_and_committed():
    store = datastorage.open("part.zarr")
    store["x"] = 1
    del store
    with datastorage.open("part.zarr", "r+") as store:
        assert store["x"] == 1
    datastorage.open("other.zarr")["x"] = 2
    assert datastorage.open("other.zarr", "r")["x"] == 2


def test_what_belongs_to_a_store_keeps_it_open():
    array = datastorage.open("memory:").create("x", 3, int)
    gc.collect()
    assert array[:].tolist() == [0, 0, 0]
    attributes, metadata = array.attrs, array.store.metadata
    metadata["m"] = 1
    del array
    gc.collect()
    assert dict(attributes) == {} and metadata["m"] == 1


def test_a_store_in_a_cycle_is_closed():
    store = datastorage.open("part.zarr")
    store.itself = store
    store["x"] = 1
    del store
    gc.collect()
    with datastorage.open("part.zarr") as store:
        assert store["x"] == 1


def test_collection_inside_a_progress_callback():
    outer = datastorage.open("outer.zarr")
    outer["x"] = np.arange(10)
    inner = [datastorage.open("inner.zarr")]
    inner[0]["y"] = 1
    outer.compress(progress=lambda *_: inner.clear())
    assert inner == []
    outer.close()
    with datastorage.open("inner.zarr", "r+") as store:
        assert store["y"] == 1


def test_a_commit_that_fails_at_collection_is_told(tmp_path):
    os.mkdir("gone")
    store = datastorage.open(str(tmp_path / "gone" / "part.zarr"))
    store["x"] = 1
    os.chmod("gone", 0o500)
    if os.access("gone/x", os.W_OK) or os.geteuid() == 0:
        # Nothing is forbidden to root: a file in the way does it.
        os.chmod("gone", 0o700)
        for name in os.listdir("gone"):
            os.remove(os.path.join("gone", name)) if os.path.isfile(os.path.join("gone", name)) else None
        os.rename("gone", "moved")
        with open("gone", "w") as file:
            file.write("in the way")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del store
        gc.collect()
    assert [str(w.message) for w in caught if "closing" in str(w.message) and "part.zarr" in str(w.message)]


def test_the_end_of_the_interpreter_commits():
    code = (
        "import datastorage, numpy\n"
        "store = datastorage.open('part.zarr')\n"
        "store['x'] = numpy.arange(3)\n"
        "cycle = [store]; cycle.append(cycle)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with datastorage.open("part.zarr", "r") as store:
        assert store.load("x").tolist() == [0, 1, 2]


def test_pickling_is_by_path(monkeypatch, tmp_path):
    with datastorage.open("part.zarr", compress_extension=".zip") as store:
        store["g/x"] = np.arange(3)
        store.flush()
        copy = pickle.loads(pickle.dumps(store))
        assert copy.load("g/x").tolist() == [0, 1, 2]
        with pytest.raises(PermissionError):
            copy["y"] = 1
        copy.close()
        store.compress()
    store = datastorage.open("part.zarr", compress_extension=".zip")
    data = pickle.dumps((store, store["g"], store["g/x"]))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    copy, group, array = pickle.loads(data)
    assert array[1] == 1 and group["x"][2] == 2 and array.store is copy and group.store is copy
    again = pickle.loads(pickle.dumps(datastorage.open_bytes(store.to_bytes())))
    assert again.load("g/x").tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="memory: a store in memory cannot be pickled"):
        pickle.dumps(datastorage.open("memory:"))


def _total(array):
    return int(array[:].sum())


def test_another_process_reads_an_array_that_it_was_sent():
    with datastorage.open("part.zarr") as store:
        store["x"] = np.arange(10)
    with datastorage.open("part.zarr", "r") as store:
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            assert pool.map(_total, [store["x"]]) == [45]


@pytest.mark.parametrize("kind", ["zarr", "memory", "json"])
def test_fork(kind):
    """The child's inherited stores are closed there; it opens its own, and the parent's go on."""
    if not hasattr(os, "fork"):
        return
    with datastorage.open("shared.zarr") as shared:
        shared["x"] = np.arange(100_000)
    store = opened(kind)
    store["x"] = np.arange(3)
    held, holding = threading.Event(), threading.Event()

    def hold():
        with store.handle.several(), store._progress_lock:
            holding.set()
            held.wait(10)

    # A thread that holds the locks of the store in the parent and is not there in the child.
    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(10)
    with warnings.catch_warnings():
        # Python 3.12 warns of threads at fork: those of the library are gone in the child, which it knows.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            assert store.closed
            for call in (
                lambda: store["x"],
                lambda: store.save("g", {"a": np.zeros(1)}),
                lambda: store.flush(progress=print),
            ):
                with pytest.raises(datastorage.ClosedError):
                    call()
            store.close()
            with datastorage.open("shared.zarr", "r") as own:
                assert own.load("x").sum() == 4999950000
            with datastorage.open("child.zarr") as own:
                own["y"] = np.arange(200_000)
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    held.set()
    holder.join()
    store["y"] = 1
    assert store["y"] == 1 and not store.closed
    store.close()
    with datastorage.open("child.zarr", "r") as own:
        assert own["y"].shape == (200_000,)
