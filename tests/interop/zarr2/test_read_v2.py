"""Stores that zarr-python 2.18 writes, loaded by the library bit-equal: one row an encoding."""

import numcodecs
import numpy as np
import pytest
import zarr
from numcodecs import BZ2, LZ4, Blosc, Delta, GZip, JSON as Json2, MsgPack, Shuffle, VLenUTF8, Zlib, Zstd

from _cases import ARRAYS, same
from _ds import DsError, Store

random = np.random.default_rng(218)
TABLE = random.integers(-(2**30), 2**30, (23, 17), "i4")
REALS = random.standard_normal((23, 17))
WORDS = np.array([["plane", "", "円錐"], ["Kugel", "cylinder", "x" * 300]], dtype=object)

CODECS = {
    "none": None,
    "zstd": Zstd(12),
    "zstd-checksum": Zstd(3, checksum=True),
    "zlib": Zlib(6),
    "gzip": GZip(5),
    "bz2": BZ2(9),
    "lz4": LZ4(),
} | {
    f"blosc-{name}-{shuffle}": Blosc(name, 5, shuffle)
    for name in ("lz4", "lz4hc", "blosclz", "zlib", "zstd", "snappy")
    if name in numcodecs.blosc.list_compressors()
    for shuffle in (0, 1, 2)
}

# name: (array, arguments of zarr.array)
ROWS = {f"codec-{name}": (TABLE, {"compressor": codec}) for name, codec in CODECS.items()}
ROWS |= {f"codec-{name}-f8": (REALS, {"compressor": codec}) for name, codec in CODECS.items()}
ROWS |= {
    f"kind-{key.replace('/', '-')}": (array, {"chunks": 7 if array.ndim == 1 else True})
    for key, array in ARRAYS.items()
    if key.partition("/")[0] in ("kinds", "scalars", "empty")
}
ROWS |= {
    f"delta-{dtype}": (ARRAYS[f"kinds/{dtype}"], {"filters": [Delta(dtype)]})
    for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
}
ROWS |= {
    "delta-f4-whole": (np.arange(40, dtype="f4"), {"filters": [Delta("f4")]}),
    "delta-narrow": (np.arange(1000, 1100, dtype="i8"), {"filters": [Delta("i8", astype="i2")], "chunks": 10}),
    "shuffle-2": (TABLE.astype("i2"), {"filters": [Shuffle(2)]}),
    "shuffle-8": (REALS, {"filters": [Shuffle(8)]}),
    "delta-shuffle": (TABLE, {"filters": [Delta("i4"), Shuffle(4)], "compressor": Zstd(3)}),
    "order-F": (TABLE, {"order": "F"}),
    "order-F-3d": (ARRAYS["ragged/i4"], {"order": "F", "chunks": (4, 3, 2)}),
    "order-F-delta": (TABLE, {"order": "F", "chunks": (10, 10), "filters": [Delta("i4")]}),
    "separator": (TABLE, {"dimension_separator": "/", "chunks": (5, 6)}),
    "big-endian-i4": (TABLE.astype(">i4"), {"chunks": (9, 4)}),
    "big-endian-f8": (REALS.astype(">f8"), {}),
    "big-endian-c16": (ARRAYS["kinds/c16"].astype(">c16"), {}),
    "big-endian-delta": (TABLE.astype(">i4"), {"filters": [Delta(">i4")]}),
    "big-endian-F": (REALS.astype(">f4"), {"order": "F", "chunks": (5, 5)}),
    "vlen-utf8": (WORDS, {"object_codec": VLenUTF8()}),
    "vlen-utf8-chunks": (WORDS, {"object_codec": VLenUTF8(), "chunks": (1, 2)}),
    "vlen-utf8-scalar": (np.array("alone", object), {"object_codec": VLenUTF8()}),
    "msgpack2": (WORDS, {"object_codec": MsgPack()}),
    "msgpack2-chunks": (WORDS, {"object_codec": MsgPack(), "chunks": (1, 2)}),
    "json2": (WORDS, {"object_codec": Json2()}),
    "json2-chunks": (WORDS, {"object_codec": Json2(), "chunks": (2, 1)}),
    "unicode": (WORDS.astype("U300"), {}),
    "unicode-big-endian": (WORDS.astype(">U300"), {"chunks": (1, 3)}),
    "bytes": (np.array([b"plane", b"", b"cone\0\0x"], "S8"), {"chunks": 2}),
    "datetime-ns": (np.array(["1970-01-01", "2025-10-30T10:30", "1900-02-01"], "M8[ns]"), {}),
    "datetime-D": (np.array(["1970-01-01", "2025-10-30"], "M8[D]"), {}),
    "timedelta-s": (np.array([0, -5, 86400], "m8[s]"), {}),
}


def native(array):
    """The array as the library gives it back: native order, text as objects, |S as rows of u8, times as i64."""
    if array.dtype.kind == "U":
        return array.astype(object)
    if array.dtype.kind == "S":
        return np.frombuffer(array.tobytes(), "u1").reshape(*array.shape, array.dtype.itemsize)
    if array.dtype.kind in "mM":
        return array.view("i8")
    return array if array.dtype.kind == "O" else array.astype(array.dtype.newbyteorder("="))


@pytest.fixture(scope="module", params=["directory", "archive", "temporary"])
def foreign(request, tmp_path_factory):
    """One store with an array a row, made by zarr-python 2, as directory, ZIP and a directory without .zmetadata."""
    folder = tmp_path_factory.mktemp("foreign")
    path = folder / ("foreign.zip" if request.param == "archive" else "foreign.zarr")
    place = zarr.ZipStore(path, mode="w") if request.param == "archive" else zarr.DirectoryStore(path)
    root = zarr.group(place)
    for name, (array, arguments) in ROWS.items():
        root.array(name, array, **arguments)
    if request.param == "directory":
        zarr.consolidate_metadata(place)
    place.close()
    with Store(path, mode="r") as store:
        yield store


@pytest.mark.parametrize("name", ROWS)
def test_a_foreign_array_is_bit_equal(foreign, name):
    same(foreign.load(name), native(ROWS[name][0]))


def test_the_unit_of_times_is_an_attribute(foreign):
    assert "ns" in str(foreign.attributes("datetime-ns")) and "D" in str(foreign.attributes("datetime-D"))


def test_regions_of_foreign_arrays(foreign):
    same(foreign.load_region("order-F-3d", (3, 1, 2), (8, 5, 3)), ARRAYS["ragged/i4"][3:11, 1:6, 2:5])
    same(foreign.load_region("big-endian-i4", (8, 3), (10, 2)), TABLE[8:18, 3:5])


def test_missing_chunks_read_as_the_fill_value(tmp_path):
    path, filled = tmp_path / "filled.zarr", np.full((10, 10), -3, "i4")
    root = zarr.open_group(str(path), mode="w")
    values = {"i4": -3, "f8": float("inf"), "f4": float("-inf"), "bool": True, "c16": 1 - 2j, "u8": 2**64 - 1}
    for dtype, value in values.items():
        root.full(dtype, shape=(10, 10), chunks=(3, 3), fill_value=value, dtype=dtype)
    root["i4"][4:6, 4:6] = 9
    filled[4:6, 4:6] = 9
    root.full("nan", shape=4, fill_value=np.nan, dtype="f4")
    root.full("text", shape=3, fill_value="none", dtype=object, object_codec=VLenUTF8())
    with Store(path, mode="r") as store:
        same(store.load("i4"), filled)
        for dtype, value in values.items():
            if dtype != "i4":
                same(store.load(dtype), np.full((10, 10), value, dtype))
        assert np.isnan(store.load("nan")).all()
        same(store.load("text"), np.array(["none"] * 3, object))


def test_nested_groups_and_attributes(tmp_path):
    root = zarr.open_group(str(tmp_path / "nested.zarr"), mode="w")
    root.array("a/b/c", np.arange(4)).attrs["unit"] = "mm"
    root.require_group("empty")
    with Store(tmp_path / "nested.zarr", mode="r") as store:
        assert store.list(recursive=True) == [("a", 1), ("a/b", 1), ("a/b/c", 2), ("empty", 1)]
        assert store.attributes("a/b/c")["unit"] == "mm"


def test_what_no_type_can_hold_is_refused_by_name(tmp_path):
    root = zarr.open_group(str(tmp_path / "odd.zarr"), mode="w")
    root.array("record", np.zeros(3, [("x", "f4"), ("y", "i4")]))
    root.array("pickled", np.array([1, "a"], object), object_codec=numcodecs.Pickle())
    root.array("good", np.arange(3))
    with Store(tmp_path / "odd.zarr", mode="r") as store:
        for key in ("record", "pickled"):
            with pytest.raises(DsError) as error:
                store.load(key)
            assert error.value.name in ("UNSUPPORTED", "CODEC") and key in error.value.text
        same(store.load("good"), np.arange(3))
