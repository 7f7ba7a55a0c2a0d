"""Several processes and a hostile system: the writer's lock, a killed writer, a full disk, a directory that vanishes."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from _ds import DsError, Store

FOLDER = Path(__file__).resolve().parents[1]
KILLS = 30

HOLDER = """
import sys
from _ds import Store
store = Store(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
store.close()
"""

# Overwrites eight arrays round and round; every element of version n is n. A printed number was acknowledged by flush.
WRITER = """
import sys
import numpy as np
from _ds import Store
store = Store(sys.argv[1], chunk_elements=512, staging=sys.argv[2])
print("open", flush=True)
version = int(sys.argv[3])
while True:
    version += 1
    store.save(f"group/array_{version % 8}", np.full(5000, version, "i8"))
    store.flush()
    print(version, flush=True)
"""


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_second_writer_is_told_who_writes(tmp_path):
    path = tmp_path / "part.zarr"
    holder = start(HOLDER, path)
    try:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(DsError) as error:
            Store(path)
        assert error.value.name == "BUSY" and str(holder.pid) in error.value.text
    finally:
        holder.communicate("")
    assert holder.returncode == 0
    Store(path).close()


def test_a_second_writer_in_one_process_is_busy_too(tmp_path):
    with Store(tmp_path / "part.zarr"):
        with pytest.raises(DsError) as error:
            Store(tmp_path / "part.zarr")
        assert error.value.name == "BUSY" and str(os.getpid()) in error.value.text


def test_a_second_writer_may_wait(tmp_path):
    path = tmp_path / "part.zarr"
    holder = start(HOLDER, path)
    assert holder.stdout.readline() == "open\n"
    waiter = start(HOLDER.replace("sys.argv[1]", "sys.argv[1], lock='wait'"), path)
    time.sleep(0.5)
    os.set_blocking(waiter.stdout.fileno(), False)
    assert waiter.stdout.read() in (None, ""), "it waits while the first one writes"
    os.set_blocking(waiter.stdout.fileno(), True)
    holder.communicate("")
    assert waiter.stdout.readline() == "open\n"
    waiter.communicate("")
    assert (holder.returncode, waiter.returncode) == (0, 0)


@pytest.mark.parametrize("staging", ["auto", "disk"])
def test_a_killed_writer_leaves_every_flushed_array_whole(tmp_path, staging):
    path, last = tmp_path / "part.zarr", 0
    clock = random.Random(7)
    for _ in range(KILLS // 2):
        writer = start(WRITER, path, staging, last)
        assert writer.stdout.readline() == "open\n"
        time.sleep(clock.uniform(0.0, 0.15))
        writer.send_signal(signal.SIGKILL)
        acknowledged = [int(line) for line in writer.communicate()[0].splitlines() if line.endswith(tuple("0123456789"))]
        last = max(acknowledged, default=last)
        if not last:
            continue
        with Store(path, mode="r+", lock="wait") as store:
            assert store.verify() == []
            found = {key: store.load(key) for key, kind in store.list("group") if kind == 2}
        assert len(found) >= min(last, 8)
        for key, array in found.items():
            versions, slot = np.unique(array), int(key.rpartition("_")[2])
            assert array.shape == (5000,) and len(versions) == 1, f"{key} is torn: {versions}"
            newest = last - (last - slot) % 8
            assert versions[0] in (newest, newest + 8) or (versions[0] == slot == newest + 8)
            last = max(last, int(versions[0]))
    assert last > 0


def fill(store):
    """Saves until the place is full; the error that says so."""
    generator = np.random.default_rng(0)
    with pytest.raises(DsError) as error:
        for i in range(200):
            store.save(f"array_{i}", generator.random(50_000))
            store.flush()
    return error.value


def check_after_full(path):
    """What is there is whole, and the store takes writes again."""
    with Store(path, mode="r") as store:
        assert store.verify() == []
        kept = [key for key, kind in store.list() if kind == 2]
        generator = np.random.default_rng(0)
        for i in range(len(kept)):
            np.testing.assert_array_equal(store.load(f"array_{i}"), generator.random(50_000))


FILLER = """
import resource, signal, sys
import numpy as np
from _ds import DsError, Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1], staging="disk", chunk_elements=1 << 20)
store.save("array_0", np.random.default_rng(0).random(50_000))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.save("array_1", np.random.default_rng(1).random(50_000))
    store.flush()
except DsError as error:
    print(error.name, error.text)
store.discard()
"""


def test_a_write_that_the_system_refuses_changes_nothing(tmp_path):
    writer = start(FILLER, tmp_path / "part.zarr")
    output = writer.communicate()[0]
    assert writer.returncode == 0 and output.startswith("IO "), output
    with Store(tmp_path / "part.zarr", mode="r") as store:
        assert not store.exists("array_1")
    check_after_full(tmp_path / "part.zarr")


def mounted(path):
    """A file system of 4 MB at the path, where the system lets us mount one."""
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)], capture_output=True)
    return done.returncode == 0


@pytest.mark.parametrize("staging", ["auto", "disk"])
def test_a_full_disk_is_an_error_and_keeps_what_was_flushed(tmp_path, staging):
    small = tmp_path / "small"
    if not mounted(small):
        # Without the right to mount, a limit on the size of a file stands for the disk (the test above).
        resource.getrlimit(resource.RLIMIT_FSIZE)
        return
    try:
        store = Store(small / "part.zarr", staging=staging)
        error = fill(store)
        assert error.name == "IO" and "array_" in error.text or "part.zarr" in error.text
        store.discard()
        check_after_full(small / "part.zarr")
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_directory_that_vanishes_is_an_error(tmp_path):
    store = Store(tmp_path / "part.zarr", staging="disk")
    store.save("array", np.arange(10))
    shutil.rmtree(tmp_path / "part.zarr")
    with pytest.raises(DsError) as error:
        store.save("other", np.arange(10))
        store.flush()
    assert error.value.name in ("IO", "NOT_FOUND")
    with pytest.raises(DsError) as error:
        store.load("array")
    assert error.value.name in ("IO", "NOT_FOUND", "CORRUPT")
    store.discard()


@pytest.mark.parametrize("make", ["file", "stray-directory", "missing"])
def test_what_is_no_store_is_refused(tmp_path, make):
    path = tmp_path / "thing"
    if make == "file":
        path.write_text("just text, long enough to look at" * 9)
    elif make == "stray-directory":
        path.mkdir()
        (path / "notes.txt").write_text("mine")
    with pytest.raises(DsError) as error:
        Store(path, mode="r")
    assert error.value.name in ("INVALID_ARGUMENT", "NOT_FOUND", "CORRUPT", "WRONG_KIND") and "thing" in error.value.text
    if make != "missing":
        with pytest.raises(DsError):
            Store(path, mode="a")
        kept = path if make == "file" else path / "notes.txt"
        assert kept.exists()
