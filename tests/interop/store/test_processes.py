"""Several processes and a hostile system: the lock of the writer, kills, a full disk, a directory that vanishes."""

import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
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
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
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
    assert not select.select([waiter.stdout], [], [], 1.0)[0], "it waits while the first one writes"
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
        lines = [writer.stdout.readline() for _ in range(clock.randrange(6))]
        time.sleep(clock.uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        lines += writer.communicate()[0].splitlines()
        last = max(map(int, lines), default=last)
        if not last:
            continue
        with Store(path, mode="r+", lock="wait") as store:
            assert store.verify() == []
            found = {key: store.load(key) for key, kind in store.list("group") if kind == 2}
        assert len(found) >= min(last, 8)
        for key, array in found.items():
            slot = int(key.rpartition("_")[2])
            newest = last - (last - slot) % 8
            # The write in flight may have been published without being acknowledged.
            allowed = {newest, last + 1} if slot == (last + 1) % 8 else {newest}
            assert array.shape == (5000,) and len(np.unique(array)) == 1, f"{key} is torn: {np.unique(array)}"
            assert int(array[0]) in allowed, f"{key} has version {array[0]}, acknowledged was {newest}"
        last = max(last, *(int(array[0]) for array in found.values()))
    assert last >= KILLS // 2


# Saves and flushes until the system refuses; prints the refusal and how many arrays were acknowledged before it.
FILLER = """
import resource, sys
import numpy as np
from _ds import DsError, Store
store = Store(sys.argv[1], staging=sys.argv[2])
if sys.argv[3] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
acknowledged = 0
try:
    for i in range(100):
        store.save(f"array_{i}", np.random.default_rng(i).random(5_000 if i < 3 else 50_000))
        store.flush()
        acknowledged += 1
except DsError as error:
    print(acknowledged, error.name, error.text)
store.discard()
"""


def mount(path):
    """Mounts 4 MB of memory as a file system; False where we may not."""
    path.mkdir()
    return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path], capture_output=True).returncode == 0


def unmount(path):
    subprocess.run(["umount", "-l", path], check=True)


def places():
    """A limit on the size of a file stands for the disk; where we may mount, a small one does too."""
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe"
        if not mount(probe):
            return ["limit"]
        unmount(probe)
        return ["limit", "tmpfs"]


@pytest.fixture(params=places())
def full(request, tmp_path):
    """The name of the place and a directory in it."""
    small = tmp_path / "small"
    if request.param == "limit":
        small.mkdir()
        yield request.param, small
        return
    assert mount(small)
    yield request.param, small
    unmount(small)


@pytest.mark.parametrize("staging", ["auto", "disk"])
def test_a_full_disk_is_an_error_and_keeps_what_was_flushed(full, staging):
    place, small = full
    writer = start(FILLER, small / "part.zarr", staging, place)
    output = writer.communicate()[0]
    assert writer.returncode == 0
    acknowledged, name, text = output.split(" ", 2)
    assert int(acknowledged) >= 3 and name == "IO", output
    assert "array_" in text or "part.zarr" in text
    with Store(small / "part.zarr", mode="r") as store:
        assert store.verify() == []
        kept = [key for key, kind in store.list() if kind == 2]
        assert len(kept) >= int(acknowledged)
        for key in kept:
            i = int(key.removeprefix("array_"))
            np.testing.assert_array_equal(store.load(key), np.random.default_rng(i).random(5_000 if i < 3 else 50_000))


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
    assert (
        error.value.name in ("INVALID_ARGUMENT", "NOT_FOUND", "CORRUPT", "WRONG_KIND") and "thing" in error.value.text
    )
    if make != "missing":
        with pytest.raises(DsError):
            Store(path, mode="a")
        kept = path if make == "file" else path / "notes.txt"
        assert kept.exists()
