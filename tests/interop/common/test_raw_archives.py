"""Archives of raw chunks: padded so that arrays can be viewed where they lie, and read by everybody all the same.

Runs with zarr-python 2 and with 3.
"""

import mmap
import struct
import subprocess
import zipfile

import numpy as np
import pytest
import zarr
import zarr.storage

from _cases import ARRAYS, same
from _ds import Store

LARGE = {f"large/{dtype}": np.arange(5000).astype(dtype) for dtype in ("u1", "i2", "f4", "c16")}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "part.zarr"
    with Store(path, profile="portable", codec="none", export=False) as store:
        for key, array in (ARRAYS | LARGE).items():
            store.save(key, array)
        store.compress()
    return f"{path}.data"


def places(archive):
    """Where the content of each entry begins: behind its own header, whose extra field is not the directory's."""
    with zipfile.ZipFile(archive) as entries, open(archive, "rb") as file:
        for entry in entries.infolist():
            file.seek(entry.header_offset)
            header = struct.unpack("<4s5H3I2H", file.read(30))
            assert header[0] == b"PK\3\4"
            yield entry, entry.header_offset + 30 + header[9] + header[10]


def test_zarr_reads_every_array_bit_equal(archive):
    root = zarr.open_consolidated(zarr.storage.ZipStore(archive, mode="r"), mode="r")
    for key, array in (ARRAYS | LARGE).items():
        same(root[key][()], array)


def test_the_archive_is_whole_for_zip_tools(archive):
    with zipfile.ZipFile(archive) as entries:
        assert entries.testzip() is None
    checked = subprocess.run(["unzip", "-tqq", archive], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_raw_chunks_lie_where_their_elements_may(archive):
    with open(archive, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        found = {}
        for entry, place in places(archive):
            key, _, name = entry.filename.rpartition("/")
            if not name.startswith(".") and key:
                found[key] = place
        for key, array in (ARRAYS | LARGE).items():
            if array.size == 0:
                continue
            component = array.real.dtype.itemsize
            assert found[key] % (64 if array.nbytes >= 4096 else component) == 0, key
            elements = np.frombuffer(mapped, array.dtype, array.size, found[key]).reshape(array.shape)
            same(elements.copy(), array)
            del elements


def test_padding_is_only_before_raw_chunks(archive, tmp_path):
    with Store(tmp_path / "packed.zarr", profile="portable", export=False) as store:
        for key, array in (ARRAYS | LARGE).items():
            store.save(key, array)
        store.compress()
    for path, padded in ((archive, True), (tmp_path / "packed.zarr.data", False)):
        extra = [place - entry.header_offset - 30 - len(entry.filename) for entry, place in places(path)]
        assert any(extra) == padded and max(extra) < 64 + 6
    assert all(
        place - entry.header_offset == 30 + len(entry.filename)
        for entry, place in places(archive)
        if entry.filename.rpartition("/")[2].startswith(".")
    )
