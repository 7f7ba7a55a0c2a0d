"""The examples of the specification, as written apart from the imports and what needs a CAD kernel.

Where an example states a value, the test asserts it.
"""

import json
import os
import time

import numpy as np
import pytest

from datastorage import DataStorage, JsonStorageHandler, MemoryStorage, OptStorage, SchemaBuilder


def test_core_methods():
    storage = OptStorage("./encoded_data/my_part.zarr")
    face_areas_array = np.array([1.5, 2.3, 4.1], dtype=np.float32)
    storage.save_data("face_areas", face_areas_array)
    storage.save_data("metadata/description", "CAD part analysis")
    face_areas = storage.load_data("face_areas")
    description = storage.load_data("metadata/description")
    np.testing.assert_array_equal(face_areas, face_areas_array)
    assert face_areas.dtype == np.float32
    assert description == "CAD part analysis"
    with pytest.raises(KeyError):
        storage.load_data("no_such_key")

    keys = storage.get_keys()
    assert sorted(keys) == ["face_areas", "metadata"]
    path = storage.get_file_path("face_areas")
    assert path == "./encoded_data/my_part.zarr/face_areas"
    assert os.path.isdir(path)
    fmt = storage.format()
    assert fmt == "zarr"
    storage.close()
    storage.close()


def test_metadata_methods():
    storage = MemoryStorage()
    storage.save_metadata("size_cadfile", 1024000)
    storage.save_metadata("file_sizes_KB/face_areas", 45.2)
    storage.save_metadata("processing/duration", 12.5)
    file_size = storage.load_metadata("size_cadfile")
    face_size = storage.load_metadata("file_sizes_KB/face_areas")
    assert (file_size, face_size) == (1024000, 45.2)
    with pytest.raises(KeyError):
        storage.load_metadata("no_such_key")


def test_file_paths_and_formats():
    storage = JsonStorageHandler("./json_data")
    storage.save_data("face_areas", [1.5])
    assert storage.get_file_path("face_areas") == "./json_data/face_areas.json"
    assert (storage.format(), storage.compress_store()) == ("json", 0)
    storage = MemoryStorage()
    assert storage.get_file_path("face_areas") == "In-memory storage: No file path for key 'face_areas'"
    assert (storage.format(), storage.compress_store()) == ("memory", 0)


def storages():
    return [OptStorage("./data.zarr"), MemoryStorage(), JsonStorageHandler("./json")]


def test_schema_methods():
    builder = SchemaBuilder(domain="CAD_analysis")
    faces_group = builder.create_group("faces", "face", "Face data")
    faces_group.create_array("face_areas", ["face"], "float32")
    edges_group = builder.create_group("edges", "edge", "Edge data")
    edges_group.create_array("edge_lengths", ["edge"], "float32")
    schema = builder.build()
    for storage in storages():
        assert storage.get_schema() == {}
        assert storage.get_group_for_array("face_areas") is None
        assert storage.validate_data_against_schema("face_areas", np.zeros((2, 2), np.int8))
        storage.set_schema(schema)

        assert storage.get_schema() == schema
        assert storage.load_metadata("_storage_schema") == schema
        group = storage.get_group_for_array("face_areas")
        assert group == "faces"
        group = storage.get_group_for_array("edge_lengths")
        assert group == "edges"
        group = storage.get_group_for_array("unknown_array")
        assert group is None

        valid_data = np.array([1.5, 2.3, 4.1], dtype=np.float32)
        is_valid = storage.validate_data_against_schema("face_areas", valid_data)
        assert is_valid is True
        invalid_data = np.array([[1.5, 2.3], [4.1, 3.2]])
        is_valid = storage.validate_data_against_schema("face_areas", invalid_data)
        assert is_valid is False
        invalid_data = np.array([1, 2, 3], dtype=np.int32)
        is_valid = storage.validate_data_against_schema("face_areas", invalid_data)
        assert is_valid is False
        assert storage.validate_data_against_schema("not_in_schema", invalid_data) is True
        storage.close()


def test_saving_and_loading_data():
    storage = OptStorage(store_path="./flow_output/flows/my_flow/encoded/part_001.zarr", compress_extension=".data")
    storage.save_data("num_faces", 42)
    storage.save_data("face_areas", np.array([1.5, 2.3, 4.1], dtype=np.float32))
    storage.save_data("face_normals", np.random.randn(100, 3).astype(np.float32))
    storage.save_data(
        "graph",
        {"edges_source": np.array([0, 1, 2]), "edges_destination": np.array([1, 2, 3]), "num_nodes": 4},
    )
    storage.save_data("description", "High-complexity CAD part")

    face_areas = storage.load_data("face_areas")
    assert isinstance(face_areas, np.ndarray)
    graph = storage.load_data("graph")
    assert sorted(graph) == ["edges_destination", "edges_source", "num_nodes"]
    assert graph["num_nodes"] == 4
    assert graph["edges_source"].tolist() == [0, 1, 2]
    num_faces = storage.load_data("num_faces")
    assert num_faces == 42 and type(num_faces) is int
    description = storage.load_data("description")
    assert description == "High-complexity CAD part"

    with pytest.raises(ValueError, match="face_areas: data holds NaN"):
        storage.save_data("face_areas", np.array([1.0, np.nan]))
    assert storage.load_data("face_areas").tolist() == face_areas.tolist()
    storage.close()

    with open("flow_output/flows/my_flow/encoded/part_001.zarr/graph/edges_source/.zarray") as file:
        document = json.load(file)
    assert document["compressor"] == {"id": "zstd", "level": 12}
    assert document["filters"] == [{"id": "delta", "dtype": "<i8", "astype": "<i8"}]
    with open("flow_output/flows/my_flow/encoded/part_001.zarr/description/.zarray") as file:
        assert json.load(file)["filters"][0]["id"] == "msgpack2"


def test_compression():
    path = "./encoded/part_001.zarr"
    storage = OptStorage(path)
    storage.save_data("face_areas", np.arange(10.0))
    compressed_size = storage.compress_store()
    assert compressed_size == os.path.getsize(path + ".data")
    with pytest.raises(PermissionError):
        storage.save_data("face_areas", np.arange(10.0))
    storage.close()
    assert not os.path.exists(path)
    with open("encoded/files_summary/part_001.json") as file:
        assert "file_level" in json.load(file)

    storage = OptStorage(path)
    assert storage.load_data("face_areas").tolist() == list(range(10))
    with pytest.raises(PermissionError):
        storage.save_data("face_areas", np.arange(10.0))
    storage.close()


def test_dimension_names():
    storage = OptStorage("./data.zarr")
    storage.save_data("face_areas", np.zeros(3))
    storage.save_data("faceface/a3_distance", np.zeros((2, 2, 4)))
    root = storage.get_file_path("")
    storage.close()
    with open(f"{root}/face_areas/.zattrs") as file:
        assert json.load(file)["_ARRAY_DIMENSIONS"] == ["face_areas_dim_0"]
    with open(f"{root}/faceface/a3_distance/.zattrs") as file:
        names = json.load(file)["_ARRAY_DIMENSIONS"]
    assert names[:2] == ["faceface_a3_distance_dim_0", "faceface_a3_distance_dim_1"]


def test_memory_storage():
    storage = MemoryStorage()
    storage.save_data("face_areas", np.array([1.5, 2.3, 4.1]))
    face_areas = storage.load_data("face_areas")
    assert face_areas.tolist() == [1.5, 2.3, 4.1]
    storage.save_metadata("size_cadfile", 1024000)
    size = storage.load_metadata("size_cadfile")
    assert size == 1024000
    keys = storage.get_keys()
    assert keys == ["face_areas"]
    storage.close()


def test_json_serialization():
    storage = JsonStorageHandler("./json_data")
    storage.save_data("face_areas", np.array([1.5, 2.3, 4.1], dtype=np.float32))
    storage.save_data("complex_data", np.array([1 + 2j, 3 + 4j]))
    storage.save_data("metadata", {"version": "1.0", "author": "HOOPS AI"})
    face_areas = storage.load_data("face_areas")
    np.testing.assert_array_equal(face_areas, np.array([1.5, 2.3, 4.1], dtype=np.float32))
    assert face_areas.dtype == np.float32

    with open(storage.get_file_path("face_areas")) as file:
        assert json.load(file) == [1.5, 2.3, 4.1]
    with open(storage.get_file_path("complex_data")) as file:
        assert json.load(file)[0] == {"real": 1.0, "imag": 2.0, "_numpy_complex": True}
    assert storage.load_data("metadata") == {"version": "1.0", "author": "HOOPS AI"}
    storage.save_data("face/areas", [1])
    assert os.path.basename(storage.get_file_path("face/areas")).startswith("face_areas")

    storage.close()  # Nothing ends: the calls of this storage are stateless.
    assert storage.load_data("complex_data").tolist() == [1 + 2j, 3 + 4j]


def test_nested_metadata_keys():
    for storage in storages():
        storage.save_metadata("size_cadfile", 1024000)
        storage.save_metadata("file_sizes_KB/face_areas", 45.2)
        storage.save_metadata("file_sizes_KB/edge_lengths", 12.3)
        storage.save_metadata("processing/duration", 12.5)
        storage.save_metadata("processing/timestamp", "2025-10-30T10:30:00")

        face_size = storage.load_metadata("file_sizes_KB/face_areas")
        assert face_size == 45.2
        duration = storage.load_metadata("processing/duration")
        assert duration == 12.5
        file_sizes = storage.load_metadata("file_sizes_KB")
        assert file_sizes == {"face_areas": 45.2, "edge_lengths": 12.3}
        assert storage.load_metadata("") == {
            "size_cadfile": 1024000,
            "file_sizes_KB": {"face_areas": 45.2, "edge_lengths": 12.3},
            "processing": {"duration": 12.5, "timestamp": "2025-10-30T10:30:00"},
        }
        storage.close()


def test_automatic_size_tracking():
    large_array = np.random.default_rng(1).random(100_000)
    for storage in storages():
        storage.save_data("face_areas", large_array)
        size_kb = storage.load_metadata("file_sizes_KB/face_areas")
        assert 600 < size_kb < 2200
        storage.close()


def test_complete_cad_encoding_workflow():
    builder = SchemaBuilder(domain="CAD_analysis", version="1.0")

    faces_group = builder.create_group("faces", "face", "Face data")
    faces_group.create_array("face_indices", ["face"], "int32")
    faces_group.create_array("face_areas", ["face"], "float32")
    faces_group.create_array("face_types", ["face"], "int32")

    edges_group = builder.create_group("edges", "edge", "Edge data")
    edges_group.create_array("edge_indices", ["edge"], "int32")
    edges_group.create_array("edge_lengths", ["edge"], "float32")

    builder.define_file_metadata("size_cadfile", "int64", "File size")
    builder.define_file_metadata("processing_time", "float32", "Processing time")
    builder.define_categorical_metadata("file_label", "int32", "Classification")

    builder.set_metadata_routing_rules(file_level_patterns=["size_*", "processing_*"], categorical_patterns=["*_label"])

    schema = builder.build()

    storage = OptStorage(store_path="./encoded/part_001.zarr")
    storage.set_schema(schema)

    start_time = time.time()
    storage.save_data("face_indices", np.arange(6, dtype=np.int32))
    storage.save_data("face_areas", np.ones(6, np.float32))
    storage.save_data("face_types", np.zeros(6, np.int32))
    storage.save_data("edge_indices", np.arange(12, dtype=np.int32))
    storage.save_data("edge_lengths", np.ones(12, np.float32))
    processing_time = time.time() - start_time

    storage.save_metadata("size_cadfile", 12345)
    storage.save_metadata("processing_time", processing_time)
    storage.save_metadata("file_label", 2)

    compressed_size = storage.compress_store()
    print(f"Compressed to {compressed_size / 1024:.2f} KB")
    storage.close()
    with open("encoded/files_summary/part_001.json") as file:
        summary = json.load(file)
    assert summary["file_level"]["size_cadfile"] == 12345
    assert summary["file_level"]["processing_time"] == processing_time
    assert summary["categorical"] == {"file_label": 2}


def test_testing_with_memory_storage():
    def test_encoder():
        storage = MemoryStorage()

        storage.save_data("face_indices", np.array([0, 1, 2, 3]))
        storage.save_data("face_areas", np.array([1.5, 2.3, 4.1, 3.7]))
        storage.save_metadata("num_faces", 4)

        assert len(storage.load_data("face_indices")) == 4
        assert storage.load_metadata("num_faces") == 4

        storage.close()

    test_encoder()


def test_json_export_for_visualization():
    storage = JsonStorageHandler("./json_export")

    storage.save_data("face_areas", np.array([1.5, 2.3, 4.1], dtype=np.float32))
    storage.save_data("metadata", {"part_name": "Bracket_V2", "complexity": "Medium", "num_features": 42})

    storage.save_metadata("export_timestamp", "2025-10-30T10:30:00")

    with open("./json_export/face_areas.json") as file:
        assert json.load(file) == [1.5, 2.3, 4.1]
    with open(storage.get_file_path("metadata")) as file:
        assert json.load(file) == {"part_name": "Bracket_V2", "complexity": "Medium", "num_features": 42}
    with open("./json_export/metadata.json") as file:
        assert json.load(file)["export_timestamp"] == "2025-10-30T10:30:00"


def test_schema_validation_in_production(capsys):
    builder = SchemaBuilder(domain="production_data")
    group = builder.create_group("measurements", "sample")
    group.create_array("temperature", ["sample"], "float32")
    group.create_array("pressure", ["sample"], "float32")

    schema = builder.build()

    storage = OptStorage("./transformed_data.data")
    storage.set_schema(schema)

    valid_temps = np.array([20.5, 25.3, 22.1], dtype=np.float32)
    if storage.validate_data_against_schema("temperature", valid_temps):
        storage.save_data("temperature", valid_temps)
        print("✓ Data validated and saved")

    invalid_temps = np.array([[20.5, 25.3], [22.1, 23.4]])
    if not storage.validate_data_against_schema("temperature", invalid_temps):
        print("✗ Validation failed: wrong dimensions")
    assert capsys.readouterr().out == "✓ Data validated and saved\n✗ Validation failed: wrong dimensions\n"
    with pytest.raises(ValueError, match="temperature: schema wants 1 dimension"):
        storage.save_data("temperature", invalid_temps)
    storage.close()


def test_the_base_class_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        DataStorage()
