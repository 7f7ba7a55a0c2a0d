"""Stores that zarr-python 3 writes, Zarr v2 and v3, loaded by the library bit-equal: one row an encoding."""

import numpy as np
import pytest
import zarr
import zarr.codecs
import zarr.codecs.numcodecs

from _cases import ARRAYS, same
from _ds import Store

pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3")
random = np.random.default_rng(318)
TABLE = random.integers(-(2**30), 2**30, (23, 17), "i4")
REALS = random.standard_normal((24, 16))
WORDS = np.array([["plane", "", "円錐"], ["Kugel", "cylinder", "x" * 300]], dtype=object)
codecs = zarr.codecs

# name: (array, arguments of create_array)
ROWS = {
    f"kind-{key.rpartition('/')[2]}": (array, {"chunks": (7,)})
    for key, array in ARRAYS.items()
    if key.startswith("kinds/")
}
ROWS |= {
    "scalar": (np.array(-42, "i4"), {}),
    "empty": (np.zeros((0, 3), "f4"), {}),
    "none": (TABLE, {"compressors": None}),
    "zstd": (TABLE, {"compressors": codecs.ZstdCodec(level=3, checksum=True), "chunks": (5, 6)}),
    "gzip": (TABLE, {"compressors": codecs.GzipCodec(level=5)}),
    "blosc": (REALS, {"compressors": codecs.BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle")}),
    "crc32c": (REALS, {"compressors": [codecs.ZstdCodec(), codecs.Crc32cCodec()]}),
    "transpose": (TABLE, {"filters": [codecs.TransposeCodec(order=(1, 0))], "chunks": (10, 10)}),
    "big-endian": (REALS, {"serializer": codecs.BytesCodec(endian="big")}),
    "pcodec": (REALS, {"serializer": zarr.codecs.numcodecs.PCodec(level=6), "compressors": None, "chunks": (7, 16)}),
    "sharding-pcodec": (
        TABLE,
        {"serializer": zarr.codecs.numcodecs.PCodec(), "compressors": None, "chunks": (4, 4), "shards": (8, 8)},
    ),
    "sharding": (REALS, {"chunks": (4, 4), "shards": (12, 8)}),
    "sharding-ragged": (TABLE, {"chunks": (4, 4), "shards": (8, 8)}),
    "separator-v2-keys": (TABLE, {"chunks": (5, 6), "chunk_key_encoding": {"name": "v2", "separator": "."}}),
}


@pytest.fixture(scope="module", params=["directory", "archive"])
def foreign(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign3")
    path = folder / ("foreign.zip" if request.param == "archive" else "foreign.zarr")
    place = zarr.storage.ZipStore(path, mode="w") if request.param == "archive" else str(path)
    root = zarr.create_group(place, zarr_format=3)
    for name, (array, arguments) in ROWS.items():
        root.create_array(name, data=array, **arguments)
    text = root.create_array("words", shape=WORDS.shape, chunks=(1, 2), dtype="string")
    text[:] = WORDS
    sparse = root.create_array("sparse", shape=(10, 10), chunks=(3, 3), dtype="i4", fill_value=-3)
    sparse[4:6, 4:6] = 9
    if request.param == "archive":
        place.close()
    with Store(path, mode="r") as store:
        yield store


@pytest.mark.parametrize("name", ROWS)
def test_a_v3_array_is_bit_equal(foreign, name):
    same(foreign.load(name), ROWS[name][0])


def test_a_region_of_a_sharded_array(foreign):
    same(foreign.load_region("sharding", (3, 5), (14, 9)), REALS[3:17, 5:14])


def test_v3_strings(foreign):
    same(foreign.load("words"), WORDS)


def test_missing_chunks_of_v3_read_as_the_fill_value(foreign):
    wanted = np.full((10, 10), -3, "i4")
    wanted[4:6, 4:6] = 9
    same(foreign.load("sparse"), wanted)


def test_v2_stores_of_zarr_python_3(tmp_path):
    root = zarr.create_group(str(tmp_path / "two.zarr"), zarr_format=2)
    root.create_array("table", data=TABLE, chunks=(5, 6))
    text = root.create_array("words", shape=WORDS.shape, chunks=WORDS.shape, dtype="string")
    text[:] = WORDS
    with Store(tmp_path / "two.zarr", mode="r") as store:
        same(store.load("table"), TABLE)
        same(store.load("words"), WORDS)
