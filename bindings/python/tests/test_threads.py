"""Threads share a store: saves and loads at once, close against calls, and calls leave the GIL."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import datastorage


def test_threads_share_a_store(store):
    def work(number):
        for step in range(20):
            key = f"t{number}/k{step}"
            store[key] = np.full(100, number * 100 + step)
            assert (store.load(key) == number * 100 + step).all()
            store.metadata[f"m{number}/k{step}"] = step
            with pytest.raises(KeyError, match=f"no{number}: not found"):
                store[f"no{number}"]
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == list(range(8))
    assert len(store) == 8 and all(len(store[f"t{n}"]) == 20 for n in range(8))


def test_an_array_that_others_replace_is_read_whole():
    """A load gives one of the arrays that were saved, never a mixture of shape and elements."""
    with datastorage.open("memory:") as store:
        store["x"] = np.zeros(10)
        stop = threading.Event()

        def replace():
            n = 0
            while not stop.is_set():
                n += 1
                store["x"] = np.full(10 + n % 50, n % 50, np.float64 if n % 2 else np.int32)

        writer = threading.Thread(target=replace)
        writer.start()
        try:
            for _ in range(1000):
                array = store.load("x")
                assert len(array) == 10 + int(array[0]) and (array == array[0]).all()
        finally:
            stop.set()
            writer.join()


def test_appends_of_several_threads_are_all_there(store):
    rows = (
        store.create("rows", (0, 4), np.int64, chunks=(50, 4))
        if store.format == "zarr"
        else store.create("rows", (0, 4), np.int64)
    )

    def append(number):
        for _ in range(10):
            rows.append(np.full((3, 4), number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(4)))
    values = rows[:]
    assert values.shape == (120, 4) and np.bincount(values[:, 0]).tolist() == [30] * 4


def test_close_while_others_call():
    for _ in range(10):
        store = datastorage.open("memory:")
        store["x"] = np.arange(1000)
        ended = []

        def read(store=store, ended=ended):
            try:
                while True:
                    store.load("x")
            except datastorage.ClosedError as error:
                ended.append(str(error))

        readers = [threading.Thread(target=read) for _ in range(4)]
        for thread in readers:
            thread.start()
        time.sleep(0.005)
        store.close()
        for thread in readers:
            thread.join(10)
        assert ended == ["store is closed"] * 4


def test_calls_leave_the_gil():
    """While one thread compresses a large array, another one runs Python."""
    data = np.random.default_rng(1).random(8_000_000)
    with datastorage.open("part.zarr", codec="zstd:12") as store:
        beats = []
        done = threading.Event()

        def beat():
            while not done.is_set():
                beats.append(time.monotonic())
                time.sleep(0.001)

        thread = threading.Thread(target=beat)
        thread.start()
        start = time.monotonic()
        store["x"] = data
        store.flush()
        took = time.monotonic() - start
        done.set()
        thread.join()
        during = [beat for beat in beats if start < beat < start + took]
        assert len(during) > 10, f"{len(during)} beats in {took:.3f} s"


def test_interrupt():
    data = np.random.default_rng(1).random(4_000_000)
    with datastorage.open("part.zarr", codec="zstd:19", staging="disk") as store:
        stop = threading.Event()

        def interrupt():
            while not stop.is_set():
                store.interrupt()
                time.sleep(0.001)

        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            with pytest.raises(RuntimeError) as caught:
                store["x"] = data
            assert isinstance(caught.value, datastorage.CancelledError)
        finally:
            stop.set()
            thread.join()
        assert "x" not in store


def test_a_snapshot_of_every_type(store):
    from datastorage._snapshot import snapshot

    for dtype in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]:
        for shape in [(), (3,), (0, 2), (2, 3, 4)]:
            array = np.ones(shape, dtype)
            store["x"] = array
            taken = snapshot(store.handle, "x")
            assert taken.dtype == array.dtype and taken.shape == shape and np.array_equal(taken, array)


def test_threads_change_one_thing_in_several_calls(store):
    store["x"] = np.zeros(64, np.int64)

    def work(number):
        for step in range(10):
            store["group"] = {"a": np.full(3, number), "b": np.full(3, number), "n": number}
            store.attrs[f"t{number}"] = step
            store.metadata["section"] = {"number": number, "step": step}
            store["x"][number::8] = step + 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    group = store.load("group")
    assert sorted(group) == ["a", "b", "n"] and (group["a"] == group["n"]).all() and (group["b"] == group["n"]).all()
    assert dict(store.attrs) == {f"t{number}": 9 for number in range(8)}
    assert sorted(store.metadata["section"]) == ["number", "step"]
    assert (store["x"][:] == 10).all()
    assert list(store) == ["group", "x"]
