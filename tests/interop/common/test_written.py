"""What the library writes, read by zarr-python and xarray. Runs with zarr-python 2 and with 3.

A store is written once per profile and form (directory, archive); the expected values come from NumPy.
"""

import json
import zipfile

import numcodecs
import numpy as np
import pytest
import xarray
import zarr
import zarr.storage

from _cases import ARRAYS, PLACED, SCHEMA, STRINGS, fallback_dimensions, same
from _ds import Store

ZARR_2 = zarr.__version__.startswith("2.")
# zarr-python 3 knows no msgpack2, which is how the profile hoops keeps strings.
WITH_STRINGS = {"default": True, "portable": True, "fast": True, "compact": True, "hoops": ZARR_2}
USER_ATTRIBUTES = {"unit": "mm²", "scale": [1, 2.5], "nested": {"deep": None}}


def write(path, profile):
    """The store of the tests; its handle stays open."""
    store = Store(path, profile=profile, chunk_elements=64, mode="x")
    store.set_schema(SCHEMA)
    for key, array in ARRAYS.items():
        store.save(key, array)
    for key, array, _ in PLACED:
        store.save(key, array)
    if WITH_STRINGS[profile]:
        for key, array in STRINGS.items():
            store.save(key, array)
    store.save_bytes("raw/bytes", bytes(range(256)))
    store.set_attributes("face_areas", USER_ATTRIBUTES)
    store.save_metadata("size_cadfile", 1024000)
    store.save_metadata("processing/duration", 12.5)
    store.save_metadata("file_label", 2)
    return store


@pytest.fixture(scope="module", params=[(p, f) for p in WITH_STRINGS for f in ("directory", "archive")], ids="-".join)
def written(request, tmp_path_factory):
    """(profile, a function that opens the written store anew for a Zarr client)."""
    profile, form = request.param
    path = tmp_path_factory.mktemp("written") / "part.zarr"
    store = write(path, profile)
    if form == "archive":
        store.compress()
    store.close()
    assert path.is_dir() == (form == "directory")
    if form == "directory":
        return profile, lambda: str(path)
    return profile, lambda: zarr.storage.ZipStore(f"{path}.data", mode="r")


def test_zarr_reads_every_array_bit_equal(written):
    _, opened = written
    root = zarr.open_consolidated(opened(), mode="r")
    for key, array in ARRAYS.items():
        same(root[key][()], array)
    for key, array, _ in PLACED:
        same(root[key][()], array)
    same(root["raw/bytes"][()], np.arange(256, dtype="u1"))


def test_zarr_reads_every_string(written):
    profile, opened = written
    root = zarr.open_consolidated(opened(), mode="r")
    for key, array in STRINGS.items() if WITH_STRINGS[profile] else []:
        wanted = array.reshape(1) if profile == "hoops" and array.ndim == 0 else array
        same(root[key][()], wanted)


def test_zarr_reads_without_consolidated_metadata(written):
    _, opened = written
    options = {} if ZARR_2 else {"zarr_format": 2, "use_consolidated": False}
    root = zarr.open_group(opened(), mode="r", **options)
    same(root["ragged/i4"][()], ARRAYS["ragged/i4"])
    assert sorted(root["ragged"].array_keys()) == sorted(k.split("/")[1] for k in ARRAYS if k.startswith("ragged/"))


def test_chunks_are_many_and_regions_agree(written):
    _, opened = written
    array = zarr.open_consolidated(opened(), mode="r")["ragged/i4"]
    assert np.prod(array.chunks) <= 2 * 64 and array.chunks != array.shape
    same(array[3:11, 2, 1:], ARRAYS["ragged/i4"][3:11, 2, 1:])


def test_xarray_reads_every_group_with_types_unchanged(written):
    profile, opened = written
    keys = {k: v for k, v in ARRAYS.items()} | (STRINGS if WITH_STRINGS[profile] else {})
    for group in sorted({key.rpartition("/")[0] for key in keys}):
        with xarray.open_zarr(opened(), group=group or None, consolidated=True, chunks=None) as dataset:
            for key, array in keys.items():
                parent, _, name = key.rpartition("/")
                if parent != group:
                    continue
                if array.dtype.kind == "O" and profile == "hoops":
                    array = np.atleast_1d(array)
                same(dataset[name].values, array)
                assert list(dataset[name].dims) == fallback_dimensions(key, array.ndim)


def test_xarray_gets_the_dimensions_of_the_schema(written):
    _, opened = written
    for key, array, dims in PLACED:
        group, _, name = key.rpartition("/")
        with xarray.open_zarr(opened(), group=group or None, consolidated=True, chunks=None) as dataset:
            assert list(dataset[name].dims) == dims
            same(dataset[name].values, array)


def test_attributes_of_the_user_arrive(written):
    _, opened = written
    found = dict(zarr.open_consolidated(opened(), mode="r")["face_areas"].attrs)
    assert USER_ATTRIBUTES.items() <= found.items()
    assert found["_ARRAY_DIMENSIONS"] == ["face_areas_dim_0"]


def test_metadata_json_is_one_nested_tree(written):
    _, opened = written
    place = opened()
    if isinstance(place, str):
        text = open(f"{place}/metadata.json", encoding="utf-8").read()
    else:
        with zipfile.ZipFile(place.path) as archive:
            text = archive.read("metadata.json")
    document = json.loads(text)
    assert document["size_cadfile"] == 1024000 and document["processing"] == {"duration": 12.5}
    assert document["file_label"] == 2 and document["_storage_schema"] == SCHEMA
    assert document["file_sizes_KB"]["face_areas"] > 0 and document["file_sizes_KB"]["ragged"]["i4"] > 0


def test_fast_and_compact_choose_for_each_array(written):
    profile, opened = written
    root = zarr.open_consolidated(opened(), mode="r")
    points, indices = root["smooth/points"], root["smooth/indices"]
    compressor = lambda array: (array.compressor if ZARR_2 else array.metadata.compressor).codec_id
    filters = lambda array: [f.codec_id for f in (array.filters if ZARR_2 else array.metadata.filters) or []]
    order = lambda array: array.order if ZARR_2 else array.metadata.order
    if profile == "fast":
        assert compressor(points) == compressor(indices) == "blosc"
        assert not filters(points) and not filters(indices) and order(points) == "C"
    if profile == "compact":
        smooth = [root[key] for key in ARRAYS if key.startswith(("smooth/", "ragged/"))]
        assert {"zstd", "pcodec"} <= {compressor(array) for array in smooth}
        assert any("shuffle" in filters(array) for array in smooth)
        assert any("delta" in filters(array) for array in smooth) or compressor(indices) == "pcodec"
        assert order(points) == "F"


def test_pcodec_goes_both_ways(tmp_path):
    path = tmp_path / "numbers.zarr"
    arrays = {key: array for key, array in ARRAYS.items() if key.startswith(("kinds/", "smooth/", "empty/", "scalars/"))}
    with Store(path, codec="pcodec:9", chunk_elements=100) as store:
        for key, array in arrays.items():
            store.save(key, array)
    root = zarr.open_group(str(path), mode="r")
    for key, array in arrays.items():
        same(root[key][()], array)
    theirs = tmp_path / "theirs.zarr"
    wanted = ARRAYS["smooth/points"]
    root = zarr.open_group(str(theirs), mode="w", **({} if ZARR_2 else {"zarr_format": 2}))
    make = root.create_dataset if ZARR_2 else root.create_array
    codec = {"compressor" if ZARR_2 else "compressors": numcodecs.PCodec(level=6, delta_encoding_order=1)}
    for order in "CF":
        make(order, shape=wanted.shape, chunks=(400, 2), dtype=wanted.dtype, order=order, **codec)[:] = wanted
    with Store(theirs, mode="r") as store:
        same(store.load("C"), wanted)
        same(store.load("F"), wanted)
