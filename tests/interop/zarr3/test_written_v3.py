"""What the library writes in Zarr format 3, read by zarr-python, xarray and TensorStore: as a directory and as an archive,
with and without shards."""

import zipfile

import numpy as np
import pytest
import tensorstore
import xarray
import zarr
import zarr.storage

from _cases import ARRAYS, PLACED, SCHEMA, STRINGS, fallback_dimensions, same
from _ds import Store

pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3")
USER_ATTRIBUTES = {"unit": "mm²", "scale": [1, 2.5], "nested": {"deep": None}}
SHARDS = {"plain": {}, "sharded": {"shard_elements": 300}}
PROFILES = ["default", "portable", "fast", "compact"]
# TensorStore knows no codec of numcodecs.
TENSORSTORE = ["portable", "fast"]


@pytest.fixture(
    scope="module",
    params=[(p, s, f) for p in PROFILES for s in SHARDS for f in ("directory", "archive")],
    ids="-".join,
)
def written(request, tmp_path_factory):
    """(profile, whether there are shards, a function that opens the written store anew)."""
    profile, shards, form = request.param
    path = tmp_path_factory.mktemp("written3") / "part.zarr"
    with Store(path, zarr_format=3, profile=profile, chunk_elements=64, mode="x", **SHARDS[shards]) as store:
        store.set_schema(SCHEMA)
        for key, array in ARRAYS.items():
            store.save(key, array)
        for key, array, _ in PLACED:
            store.save(key, array)
        for key, array in STRINGS.items():
            store.save(key, array)
        store.save_bytes("raw/bytes", bytes(range(256)))
        store.set_attributes("face_areas", USER_ATTRIBUTES)
        store.save_metadata("size_cadfile", 1024000)
        if form == "archive":
            store.compress()
    if form == "directory":
        return profile, shards == "sharded", lambda: str(path)
    return profile, shards == "sharded", lambda: zarr.storage.ZipStore(f"{path}.data", mode="r")


def test_zarr_reads_everything_bit_equal(written):
    _, sharded, opened = written
    root = zarr.open_consolidated(opened(), mode="r", zarr_format=3)
    for key, array in ARRAYS.items():
        same(root[key][()], array)
    for key, array, dims in PLACED:
        same(root[key][()], array)
        assert list(root[key].metadata.dimension_names) == list(dims)
    for key, array in STRINGS.items():
        same(np.asarray(root[key][()], dtype=object), array)
    same(root["raw/bytes"][()], np.arange(256, dtype="u1"))
    assert (root["ragged/i4"].shards is not None) == sharded
    assert dict(root["face_areas"].attrs) == USER_ATTRIBUTES
    same(root["ragged/i4"][3:11, 2, 1:], ARRAYS["ragged/i4"][3:11, 2, 1:])


def test_zarr_reads_without_consolidated_metadata(written):
    _, _, opened = written
    root = zarr.open_group(opened(), mode="r", zarr_format=3, use_consolidated=False)
    assert sorted(root["ragged"].array_keys()) == sorted(k.split("/")[1] for k in ARRAYS if k.startswith("ragged/"))


def test_xarray_reads_every_group_with_types_unchanged(written):
    _, _, opened = written
    for group in sorted({key.rpartition("/")[0] for key in ARRAYS}):
        with xarray.open_zarr(opened(), group=group or None, consolidated=True, zarr_format=3, chunks=None) as dataset:
            for key, array in ARRAYS.items():
                parent, _, name = key.rpartition("/")
                if parent == group:
                    same(dataset[name].values, array)
                    assert list(dataset[name].dims) == fallback_dimensions(key, array.ndim)


@pytest.mark.parametrize("key", ARRAYS)
def test_tensorstore_reads_bit_equal(written, key):
    profile, _, opened = written
    place = opened()
    if profile not in TENSORSTORE or not isinstance(place, str):
        return
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{place}/{key}/"}}
    same(tensorstore.open(spec, open=True, read=True).result().read().result(), ARRAYS[key])


def test_an_archive_has_a_root_with_all_documents(written):
    _, _, opened = written
    place = opened()
    if isinstance(place, str):
        return
    with zipfile.ZipFile(place.path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert "zarr.json" in names and ".zmetadata" not in names and len(set(names)) == len(names)


def test_zarr_changes_what_the_library_wrote(tmp_path):
    path = tmp_path / "part.zarr"
    options = {"zarr_format": 3, "profile": "portable", "chunk_elements": 10, "shard_elements": 40}
    with Store(path, **options) as store:
        store.save("x", np.arange(200, dtype="i4").reshape(20, 10))
    root = zarr.open_group(str(path), mode="r+", zarr_format=3)
    root["x"][3:9, 2:5] = 7
    wanted = np.arange(200, dtype="i4").reshape(20, 10)
    wanted[3:9, 2:5] = 7
    with Store(path, mode="r", integrity="ignore") as store:
        same(store.load("x"), wanted)
