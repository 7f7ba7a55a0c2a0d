"""A store as a mapping: what goes in, what comes out, keys, groups, metadata, schema, copies."""

import numpy as np
import pytest
from conftest import opened

import datastorage
from datastorage import Array, StoreGroup


def test_values_come_back_as_they_went_in(store):
    values = {
        "int": 42,
        "big": 2**63,
        "float": 1.5,
        "bool": True,
        "complex": 1 + 2j,
        "text": "Grüße\0\u4e2d",
        "empty_text": "",
        "bytes": b"\0\x01abc",
        "empty_bytes": b"",
        "none": None,
        "mixed": [1, "a", None, {"b": [True]}],
        "ragged": [[1], [2, 3]],
        "no_items": [],
        "int_and_bool": [1, True],
    }
    for key, value in values.items():
        store[key] = value
    assert sorted(store) == sorted(values) and len(store) == len(values)
    for key, value in values.items():
        loaded = store[key]
        assert loaded == value, key
        assert store.load(key) == value, key
        if key != "big":
            assert type(loaded) is type(value), key


def test_lists_become_arrays(store):
    for key, items, dtype in [
        ("ints", [1, 2, 3], np.int64),
        ("large", [1, 2**63], np.uint64),
        ("floats", [1, 2.5], np.float64),
        ("bools", [True, False], np.bool_),
        ("complexes", [1, 2j], np.complex128),
        ("nested", [[1, 2], (3, 4)], np.int64),
        ("typed", [np.float32(1), np.float32(2)], np.float32),
        ("arrays", [np.zeros(3, np.int8), np.ones(3, np.int8)], np.int8),
    ]:
        store[key] = items
        loaded = store.load(key)
        assert loaded.dtype == dtype and np.array_equal(loaded, np.array(items)), key
    store["texts"] = [["a", "b\0"], ["", "ä"]]
    assert store.load("texts").tolist() == [["a", "b\0"], ["", "ä"]]


def test_a_scalar_of_numpy_keeps_its_type(store):
    for value in [np.float32(1.5), np.int8(-3), np.uint64(7), np.complex64(1j), np.float16(0.5), np.array(2, np.int16)]:
        store["x"] = value
        loaded = store["x"]
        assert loaded == value and loaded.dtype == value.dtype
    for value in [np.int64(3), np.float64(2.5), np.bool_(True), np.str_("a")]:
        store["x"] = value
        assert store["x"] == value and type(store["x"]) is type(value.item())


def test_what_a_key_gives(store):
    store["group/array"] = np.arange(6).reshape(2, 3)
    store["group/scalar"] = 7
    assert isinstance(store["group"], StoreGroup)
    assert isinstance(store["group/array"], Array)
    assert isinstance(store["group"]["array"], Array)
    assert store["group"]["scalar"] == 7
    assert list(store["group"]) == ["array", "scalar"] and len(store["group"]) == 2
    assert "group/array" in store and "array" in store["group"] and "array" not in store
    assert "" not in store and 5 not in store and "a//b" not in store
    assert store["group"].key == "group" and store["group"].store is store
    assert store.array("group/scalar")[()] == 7
    assert store.group("group").asdict().keys() == {"array", "scalar"}
    with pytest.raises(TypeError):
        store.group("group/scalar")
    with pytest.raises(TypeError):
        store.array("group")
    assert [key for key, _ in store.walk()] == ["group", "group/array", "group/scalar"]
    info = store.info("group/array")
    assert (info.kind, info.dtype, info.ndim, info.elements, info.nbytes) == ("array", "int64", 2, 6, 48)
    assert bool(opened("memory"))


def test_mapping_methods(store):
    store.update({"a": 1, "b": [1, 2], "c": {"d": "x"}})
    assert store.pop("a") == 1
    assert store.pop("a", None) is None
    with pytest.raises(KeyError):
        store.pop("a")
    assert store.pop("b").tolist() == [1, 2]
    assert store.popitem() == ("c", {"d": "x"})
    with pytest.raises(KeyError):
        store.popitem()
    assert store.get("a", 5) == 5 and store.setdefault("a", 6) == 6
    store.rename("a", "moved/here")
    assert store.asdict() == {"moved": {"here": 6}}
    del store["moved/here"]
    assert len(store["moved"]) == 0
    store.clear()
    assert list(store) == []
    assert store.create_group("x/y").key == "x/y"
    assert store == store and store != opened("memory")


def test_a_mapping_replaces_what_was_there(store):
    store["g"] = {"a": np.arange(3), "b": {"c": 1}}
    store["g"] = {"d": np.ones(2, np.float32), "e": {}}
    assert sorted(store["g"]) == ["d", "e"]
    store["g"] = {"plain": 1}
    assert store.load("g") == {"plain": 1}
    store["g"] = {}
    assert store.load("g") == {} and isinstance(store["g"], StoreGroup)
    store["g"] = np.arange(2)
    assert isinstance(store["g"], Array)
    store["copy"] = store["g"]
    assert store.load("copy").tolist() == [0, 1]
    store["h/i"] = 1
    store["copy"] = store["h"]
    assert store.load("copy") == {"i": 1}


def test_a_mapping_that_is_refused_changes_nothing(store):
    store["g"] = {"a": np.arange(3)}
    store.schema = {"groups": {"faces": {"arrays": {"areas": {"dims": ["face"], "dtype": "float32"}}}}}
    for bad in [{"a": np.zeros(2), "z": object()}, {"a": np.zeros(1), "x/y": 1}, {1: np.zeros(1)}]:
        with pytest.raises(ValueError):
            store["g"] = bad
        with pytest.raises(ValueError):
            store["other/group"] = bad
    with pytest.raises(datastorage.SchemaError, match="areas: schema wants 1 dimension"):
        store["g"] = {"a": np.zeros(3), "areas": np.zeros((2, 2), np.float32)}
    with pytest.raises(datastorage.SchemaError):
        store["new/faces"] = {"a": np.zeros(3), "areas": np.zeros((2, 2), np.float32)}
    assert list(store) == ["g"] and store.load("g")["a"].tolist() == [0, 1, 2]


def test_metadata(store):
    store.metadata["processing/duration"] = 12.5
    store.metadata["name"] = "part"
    store.metadata["tags"] = ["a", 1, None, True]
    store.metadata["numpy"] = {"scalar": np.float32(0.5), "array": np.arange(3)}
    assert store.metadata["processing"] == {"duration": 12.5}
    assert store.metadata["numpy"] == {"scalar": 0.5, "array": [0, 1, 2]}
    assert sorted(store.metadata) == ["name", "numpy", "processing", "tags"] and len(store.metadata) == 4
    assert "processing/duration" in store.metadata and "nothing" not in store.metadata and "" not in store.metadata
    store.metadata["processing"] = {"steps": 3}
    assert store.metadata["processing"] == {"steps": 3}, "assignment replaces"
    store.metadata.merge("processing", {"more": 1})
    assert store.metadata["processing"] == {"steps": 3, "more": 1}
    store.metadata["processing"] = 5
    assert store.metadata["processing"] == 5
    del store.metadata["processing"]
    with pytest.raises(KeyError, match="processing: no such metadata"):
        store.metadata["processing"]
    with pytest.raises(datastorage.NaNError):
        store.metadata["x"] = float("nan")
    with pytest.raises(ValueError):
        store.metadata["x"] = [float("inf")]
    with pytest.raises(TypeError, match="x: object is no JSON value"):
        store.metadata["x"] = object()
    with pytest.raises(TypeError, match="x: a name is a str"):
        store.metadata["x"] = {1: 2}
    assert "x" not in store.metadata
    assert store.metadata.paths() == ["name", "numpy/array", "numpy/scalar", "tags"]
    assert store.metadata.scope("name") is None
    store.metadata.merge("", {"name": "other"})
    assert repr(store.metadata).startswith("{") and store.metadata["name"] == "other"


def test_a_refused_section_leaves_the_former_one(store):
    schema = datastorage.SchemaBuilder("x")
    schema.define_file_metadata("run/count", "int32", "Count")
    store.schema = schema
    store.metadata["run"] = {"count": 1}
    with pytest.raises(datastorage.SchemaError):
        store.metadata["run"] = {"count": "many"}
    assert store.metadata["run"] == {"count": 1}
    assert store.metadata.scope("run/count") == "file_level"


def test_attributes(store):
    store["a"] = np.arange(3)
    for node in (store["a"], store):
        assert dict(node.attrs) == {}
        node.attrs["units"] = "mm"
        node.attrs.update(scale=np.float64(0.5), tags=["a"])
        assert dict(node.attrs) == {"units": "mm", "scale": 0.5, "tags": ["a"]}
        del node.attrs["scale"]
        assert len(node.attrs) == 2 and "tags" in node.attrs and repr(node.attrs).startswith("{")
        with pytest.raises(KeyError):
            node.attrs["nothing"]
        node.attrs.clear()
        assert not node.attrs


def test_schema(store):
    assert store.schema == {} and store.group_for_array("areas") is None
    builder = datastorage.create_cad_schema()
    store.schema = builder
    assert store.schema == builder.build()
    assert store.group_for_array("face_areas") == "faces" and store.group_for_array("nope") is None
    store["faces/face_areas"] = np.ones(3, np.float16)
    assert store["faces/face_areas"].dtype == np.float32, "stored as the schema has it"
    assert store["faces/face_areas"].dims == ("face",)


@pytest.mark.parametrize("to", ["zarr", "zarr3", "json", "memory"])
def test_copies(store, to):
    store["a/b"] = np.arange(4, dtype=np.int16)
    store["text"] = "x"
    store.metadata["m"] = {"n": 1}
    with opened(to, "copy") as other:
        assert store.copy(other) == 2
        assert other.load("a") == {"b": pytest.approx(np.arange(4))} and other["text"] == "x"
        assert other.metadata["m"] == {"n": 1}
        with pytest.raises(KeyError):
            store.copy(other, keys=["nothing"])
    assert store.copy("part.zarr", keys=["a"], profile="portable") == 1
    with datastorage.open("part.zarr", "r") as part:
        assert list(part) == ["a"]


def test_archives_in_memory(store):
    store["a"] = np.arange(4)
    store.metadata["m"] = 1
    data = store.to_bytes()
    for form in (data, bytearray(data), memoryview(data)):
        with datastorage.open_bytes(form) as copy:
            assert copy.load("a").tolist() == [0, 1, 2, 3] and copy.metadata["m"] == 1
            with pytest.raises(PermissionError):
                copy["b"] = 1
    with pytest.raises(datastorage.DataStorageError):
        datastorage.open_bytes(data[:-30])


def test_compress_and_verify():
    with datastorage.open("part.zarr") as store:
        store["a"] = np.arange(1000)
        assert store.verify() == []
        size = store.compress()
        assert size > 0
    with datastorage.open("part.zarr") as store:
        assert store.load("a").tolist() == list(range(1000)) and store.verify() == []
    with open("part.zarr.data", "r+b") as file:
        data = bytearray(file.read())
        at = data.index(b"\x28\xb5\x2f\xfd") + 8
        data[at] ^= 0xFF
        file.seek(0)
        file.write(data)
    with datastorage.open("part.zarr") as store:
        findings = store.verify()
        assert [finding["key"] for finding in findings] == ["a/0", "a"] and findings[0]["text"]
        with pytest.raises(OSError, match="^a"):
            store["a"][:]


def test_paths_and_options():
    with datastorage.open("part.zarr", profile="portable", chunk_elements=10) as store:
        store["a"] = np.arange(100)
        assert store["a"].nchunks == 10
        assert store.path() == "part.zarr" and store.path("a") == "part.zarr/a"
        assert store.format == "zarr" and store.uri == "part.zarr" and not store.closed
    datastorage.configure(log_level="warn")
    with pytest.raises(ValueError, match="nonsense"):
        datastorage.configure(nonsense=1)
