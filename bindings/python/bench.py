"""What the Python layer adds to a call: `save_data` and `load_data` beside the same calls of the C ABI through
ctypes.

    make bench-python

The C calls are given ready arguments: addresses, a shape, an encoded key. The store is in memory; the best of several
runs.
"""

import ctypes
import time
from typing import Callable

import numpy as np

from datastorage import MemoryStorage, _library
from datastorage._prototypes import DTYPES


def best(call: Callable[[], object], rounds: int) -> float:
    """Microseconds a call, the best of seven runs."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(rounds):
            call()
        times.append((time.perf_counter() - start) / rounds)
    return min(times) * 1e6


def main() -> None:
    """Prints a table for three sizes."""
    library, f32 = _library.LIBRARY, DTYPES["F32"]
    print(f"{'float32 elements':>16}  {'ds_save':>8}  {'save_data':>9}  {'ds_load':>8}  {'load_data':>9}  (us a call)")
    for count in (3, 1000, 100_000):
        array, target = np.arange(count, dtype=np.float32), np.empty(count, np.float32)
        storage = MemoryStorage()
        token, shape = storage.store.handle.token, (ctypes.c_uint64 * 1)(count)
        source, destination, size = array.ctypes.data, target.ctypes.data, target.nbytes
        rounds = 20_000 if count <= 1000 else 2_000
        row = [
            best(lambda: library.ds_save(token, b"x", f32, source, shape, 1, None), rounds),
            best(lambda: storage.save_data("x", array), rounds),
            best(lambda: library.ds_load(token, b"x", f32, destination, size, None), rounds),
            best(lambda: storage.load_data("x"), rounds),
        ]
        print(f"{count:>16}  {row[0]:>8.1f}  {row[1]:>9.1f}  {row[2]:>8.1f}  {row[3]:>9.1f}")


if __name__ == "__main__":
    main()
