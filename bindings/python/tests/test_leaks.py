"""Memory stays flat over many saves, loads, opens, closes and errors.

100 000 rounds with DATASTORAGE_LEAK_ROUNDS=100000; the default is short. What counts is the resident memory after a
warm-up: caches and allocators have filled by then, and a leak of 100 bytes a round would show.
"""

import gc
import os
import sys

import numpy as np
import pytest

import datastorage

ROUNDS = int(os.environ.get("DATASTORAGE_LEAK_ROUNDS", "3000"))
# Resident memory moves in steps of whole arenas.
SLACK = 2 << 20


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def saves_and_loads():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    store = datastorage.open("memory:")

    def one(step):
        store["x"] = array
        store["t"] = ["a", "b", str(step)]
        store["s"] = "text"
        store["d"] = {"n": 1, "a": array[::2]}
        store.metadata["m/n"] = step
        store.load("x")
        store.load("t")
        store.load("d")
        store["x"][1:, 2]
        store["x"][0] = 5
        store["x"].attrs["u"] = step
        list(store), store.metadata["m"], store.info("x"), store["x"].dims
        np.from_dlpack(store["x"])

    return one


def opens_and_closes():
    with datastorage.open("memory:") as store:
        store["x"] = np.arange(100)
        data = store.to_bytes()
    with open("part.zarr.data", "wb") as file:
        file.write(data)

    def one(step):
        store = datastorage.open("memory:")
        store["x"] = step
        if step % 3:
            store.close()
        with datastorage.open("part.zarr", "r") as archive:
            archive.load("x")
        with datastorage.open_bytes(data) as archive:
            archive["x"][5]

    return one


def errors():
    store = datastorage.open("memory:", nan="refuse")
    closed = datastorage.open("memory:")
    closed.close()

    def one(step):
        for function, argument in [
            (store.load, "nothing"), (store.load, "a//b"), (closed.load, "x"), (store.verify, None),
        ]:  # fmt: skip
            with pytest.raises((KeyError, ValueError, TypeError)):
                function(argument)
        for value in (object(), np.array([np.nan]), {"a": np.zeros(2), "b": object()}):
            with pytest.raises(ValueError):
                store["x"] = value

    return one


@pytest.mark.parametrize("make", [saves_and_loads, opens_and_closes, errors])
def test_memory_stays_flat(make):
    if not sys.platform.startswith("linux"):
        return
    one = make()
    for step in range(ROUNDS // 3):
        one(step)
    before = resident()
    for step in range(ROUNDS):
        one(step)
    grown = resident() - before
    assert grown < SLACK, f"{grown} bytes in {ROUNDS} rounds"
    print(f"{make.__name__}: {grown} bytes in {ROUNDS} rounds", file=sys.__stderr__)
