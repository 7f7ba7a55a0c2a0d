"""What cannot be merged: one clear line that names it, and nothing half-written."""

import os
import resource
import shutil
import subprocess
import sys

import numpy as np
import pytest
from _parts import nothing_written, part, parts, schema

import datastorage
from datastorage import DatasetExplorer, merge


@pytest.fixture
def paths():
    return parts()


def refused(error, words, *arguments, **options):
    with pytest.raises(error) as told:
        merge(*arguments, **options)
    text = str(told.value)
    assert "\n" not in text and all(word in text for word in words), text
    assert isinstance(told.value, datastorage.DataStorageError)
    return told.value


def with_array(path, key, array):
    with datastorage.open(path, mode="w", export=False) as store:
        store[key] = array
        store.compress()
    return path + ".data"


def test_arguments(paths):
    refused(ValueError, ["part"], [], "x.dataset")
    refused(ValueError, ["p000"], [*paths, part("other/p000.zarr", 2, 3)], "x.dataset")
    refused(ValueError, ["chunks", "known"], paths, "x.dataset", chunks=3)
    refused(ValueError, ["mode"], paths, "x.dataset", mode="r")
    refused(FileNotFoundError, ["absent"], [*paths, "absent.zarr"], "x.dataset")
    refused(ValueError, ["json:"], ["json:directory"], "x.dataset")
    refused(datastorage.DataStorageError, ["no array of the groups nothing"], paths, "x.dataset", groups=["nothing"])
    refused(OSError, ["nowhere"], paths, "nowhere/x.dataset")
    with pytest.raises(TypeError):
        merge([3], "x.dataset")
    assert nothing_written("x.dataset")


def test_an_output_that_exists(paths):
    for name in ("x.dataset", "y.infoset"):
        with open(name, "w") as file:
            file.write("mine")
    refused(FileExistsError, ["x.dataset"], paths, "x.dataset")
    with open("x.dataset") as file:
        assert file.read() == "mine"
    merge(paths, "z.dataset")
    before = os.stat("z.dataset").st_mtime_ns
    refused(FileExistsError, ["z.dataset"], paths[:2], "z.dataset")
    assert os.stat("z.dataset").st_mtime_ns == before


def damaged(path):
    """Turns bits in the elements of an archive."""
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(size // 4)
        data = bytearray(file.read(size // 4))
        data[::7] = bytes(byte ^ 0xFF for byte in data[::7])
        file.seek(size // 4)
        file.write(data)
    return path


def test_a_corrupt_part_among_good_ones(paths):
    damaged(paths[2])
    name = os.path.basename(paths[2])[: -len(".zarr.data")]
    refused(OSError, [name], paths, "x.dataset")
    assert nothing_written("x.dataset")
    summary = merge(paths, "x.dataset", on_error="skip")
    assert name in str(summary) and summary["files"] == 5
    with DatasetExplorer("x.dataset") as explorer:
        assert explorer.file_count == 5 and name not in explorer.get_file_info_all()["name"].tolist()


def test_a_part_that_is_no_archive(paths):
    with open("parts/p100.zarr.data", "wb") as file:
        file.write(b"PK\x03\x04 and no more")
    refused(datastorage.DataStorageError, ["p100"], [*paths, "parts/p100.zarr.data"], "x.dataset")
    assert nothing_written("x.dataset")


def test_parts_that_disagree(paths):
    lone = with_array("parts/p100.zarr", "face_areas", np.ones(3, np.int64))
    refused(ValueError, ["p100", "schema"], [*paths, lone], "x.dataset")
    assert nothing_written("x.dataset")
    summary = merge([*paths, lone], "x.dataset", on_error="skip")
    assert "p100" in str(summary) and summary["files"] == 6


@pytest.mark.parametrize(
    "wrong, words", [(np.ones(3, np.int64), ["int64", "float32"]), (np.ones((3, 4), np.float32), ["b", "face_areas"])]
)
def test_parts_without_schema_that_disagree(wrong, words):
    good = [with_array(f"bare/{name}.zarr", "face_areas", np.ones(3, np.float32)) for name in "acd"]
    bad = with_array("bare/b.zarr", "face_areas", wrong)
    refused(ValueError, ["face_areas", *words], [*good, bad], "x.dataset")
    assert nothing_written("x.dataset")
    assert merge([*good, bad], "x.dataset", on_error="skip")["files"] == 3


def test_a_schema_of_another_version(paths):
    newer = schema("2.0")
    newer.get_group("faces").remove_array("face_areas")
    newer.get_group("faces").create_array("face_areas", ["face"], "float64")
    with datastorage.open("parts/p100.zarr", mode="w", export=False) as store:
        store.schema = newer
        store["face_areas"] = np.ones(3)
        store.compress()
    refused(ValueError, ["p100", "2.0", "1.0"], [*paths, "parts/p100.zarr.data"], "x.dataset")
    assert nothing_written("x.dataset")


def limited(size, program):
    """Runs a program that may write files of so many bytes."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + program
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=limit)


@pytest.mark.parametrize("size", [0, 4096, 20_000])
def test_a_disk_that_is_full(paths, size):
    program = f"""
import datastorage
try:
    datastorage.merge({paths!r}, "x.dataset", codec="none")
except OSError as error:
    print(error)
else:
    print("no error")
"""
    done = limited(size, program)
    assert done.returncode == 0, done.stderr
    assert "no error" not in done.stdout and done.stdout.count("\n") == 1
    assert not [name for name in os.listdir(".") if name.startswith("x.") and not name.endswith(".merge")]
    # With room again, the same merge succeeds.
    merge(paths, "x.dataset", codec="none")
    with DatasetExplorer("x.dataset") as explorer:
        assert explorer.file_count == 6


def test_tables_of_another_dataset(paths):
    merge(paths, "a.dataset")
    merge(paths[:3], "b.dataset")
    shutil.copy("b.infoset", "a.infoset")
    with pytest.raises(datastorage.CorruptError) as told:
        DatasetExplorer("a.dataset")
    assert "\n" not in str(told.value) and "a.infoset" in str(told.value)
    os.remove("a.infoset")
    with DatasetExplorer("a.dataset") as explorer:
        assert explorer.store.load("faces/face_areas").shape == (23,)
        with pytest.raises(KeyError):
            explorer.get_file_info_all()
