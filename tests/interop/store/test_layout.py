"""What lies on disk after each commit point, looked at from outside with the standard library."""

import json
import os
import zipfile

import numpy as np
import pytest

from _cases import ARRAYS, SCHEMA, STRINGS, same
from _ds import BYTES, GROUP, JSON, DsError, Store

STL = b"solid part\nendsolid part\n"


def encode_part(path, **options):
    """A small part with a mesh, saved and still open."""
    store = Store(path, **options)
    store.set_schema(SCHEMA)
    store.save("faces/face_index", np.array([3, 1, 0, 2], "i4"))
    store.save("faces/face_area", np.array([1.5, 2.25, 0.0, 8.0], "f4"))
    store.save("num_nodes", np.array(4, "i8"))
    store.save_metadata("size_cadfile", 1024000)
    store.save_metadata("duration_total", 12.5)
    store.save_metadata("file_label", 2)
    store.save_metadata("material_name", "steel")
    with open(store.path("visu.stl"), "wb") as mesh:
        mesh.write(STL)
    return store


def test_a_path_is_there_to_be_written(tmp_path):
    with Store(tmp_path / "part.zarr") as store:
        assert store.path() == str(tmp_path / "part.zarr") and (tmp_path / "part.zarr").is_dir()
        assert store.path("visu.stl") == str(tmp_path / "part.zarr" / "visu.stl")


def test_close_without_compress_keeps_the_directory(tmp_path):
    encode_part(tmp_path / "part.zarr").close()
    assert (tmp_path / "part.zarr" / "metadata.json").is_file()
    assert not (tmp_path / "part.zarr.data").exists()


def test_compress_then_close_leaves_one_archive(tmp_path):
    store = encode_part(tmp_path / "part.zarr")
    size = store.compress()
    assert size == (tmp_path / "part.zarr.data").stat().st_size
    assert (tmp_path / "part.zarr").is_dir(), "the directory stays until close"
    with pytest.raises(DsError) as error:
        store.save("late", np.arange(3))
    assert error.value.name == "READ_ONLY"
    store.close()
    assert not (tmp_path / "part.zarr").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["files_summary", "part.zarr.data", "stream_cache"]


@pytest.mark.parametrize("extension", [".data", ".zip"])
def test_the_archive_is_a_plain_zip_of_stored_chunks_and_deflated_documents(tmp_path, extension):
    store = encode_part(tmp_path / "part.zarr", compress_extension=extension)
    store.compress()
    store.close()
    with zipfile.ZipFile(tmp_path / f"part.zarr{extension}") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        deflated = {entry.filename for entry in archive.infolist() if entry.compress_type == zipfile.ZIP_DEFLATED}
        assert deflated == {"metadata.json", ".zmetadata"}
        stored = (entry.compress_type for entry in archive.infolist() if entry.filename not in deflated)
        assert all(method == zipfile.ZIP_STORED for method in stored)
    assert len(names) == len(set(names)) and not any(name.startswith("/") or ".." in name for name in names)
    assert {
        "metadata.json",
        ".zgroup",
        ".zmetadata",
        "faces/.zgroup",
        "faces/face_area/.zarray",
        "faces/face_area/0",
    } <= set(names)
    assert "num_nodes/0" in names


def test_the_archive_opens_read_only_in_place_of_the_directory(tmp_path):
    store = encode_part(tmp_path / "part.zarr")
    store.compress()
    store.close()
    for path in ("part.zarr", "part.zarr.data"):
        with Store(tmp_path / path) as again:
            same(again.load("faces/face_index"), np.array([3, 1, 0, 2], "i4"))
            assert again.metadata("size_cadfile") == 1024000
            with pytest.raises(DsError) as error:
                again.save("late", np.arange(3))
            assert error.value.name == "READ_ONLY"
            with pytest.raises(DsError) as error:
                again.save_metadata("late", 1)
            assert error.value.name == "READ_ONLY"


def test_close_exports_the_summary_in_two_sections(tmp_path):
    store = encode_part(tmp_path / "part.zarr")
    store.compress()
    store.close()
    [summary] = (tmp_path / "files_summary").iterdir()
    assert summary.name == "part.json"
    document = json.loads(summary.read_text())
    assert document["file_level"]["size_cadfile"] == 1024000 and document["file_level"]["duration_total"] == 12.5
    assert document["categorical"]["file_label"] == 2 and document["categorical"]["material_name"] == "steel"
    assert not set(document["file_level"]) & set(document["categorical"])


def test_close_copies_the_mesh_to_the_stream_cache(tmp_path):
    encode_part(tmp_path / "part.zarr").close()
    [copied] = [p for p in (tmp_path / "stream_cache").rglob("*") if p.is_file()]
    assert copied.read_bytes() == STL and "visu" in copied.name


def test_export_can_be_switched_off(tmp_path):
    encode_part(tmp_path / "part.zarr", export=False).close()
    assert [p.name for p in tmp_path.iterdir()] == ["part.zarr"]


def test_discard_publishes_nothing(tmp_path):
    store = Store(tmp_path / "part.zarr")
    store.save("face_areas", np.arange(3.0))
    store.discard()
    assert not (tmp_path / "part.zarr.data").exists() and not (tmp_path / "part.zarr" / "face_areas").exists()
    assert not [p for p in tmp_path.iterdir() if p.name != "part.zarr"], "temporaries are gone"


def test_array_metadata_is_the_documented_one(tmp_path):
    with Store(tmp_path / "part.zarr") as store:
        store.save("ints", np.arange(5, dtype="i4"))
        store.save("reals", np.arange(5.0))
        store.save("words", np.array(["a", "b"], object))
    with Store(tmp_path / "portable.zarr", profile="portable") as store:
        store.save("ints", np.arange(5, dtype="i4"))

    def zarray(store, key):
        return json.loads((tmp_path / store / key / ".zarray").read_text())

    ints = zarray("part.zarr", "ints")
    assert ints["compressor"] == {"id": "zstd", "level": 12} and ints["fill_value"] is None
    assert ints["filters"] == [{"id": "delta", "dtype": "<i4", "astype": "<i4"}]
    assert ints["dtype"] == "<i4" and ints["order"] == "C" and ints["zarr_format"] == 2
    assert zarray("part.zarr", "reals")["filters"] is None
    assert zarray("part.zarr", "words")["filters"] == [{"id": "vlen-utf8"}]
    portable = zarray("portable.zarr", "ints")
    assert portable["compressor"] == {"id": "zstd", "level": 3} and portable["filters"] is None


def test_sizes_are_those_of_the_chunks_on_disk(tmp_path):
    with Store(tmp_path / "part.zarr", chunk_elements=100) as store:
        store.save("a/b", np.random.default_rng(1).random(1000))
        store.flush()
        kilobytes = store.metadata("file_sizes_KB/a/b")
        stored = store.stat("a/b").stored_bytes
    chunks = [p for p in (tmp_path / "part.zarr" / "a" / "b").iterdir() if not p.name.startswith(".")]
    assert len(chunks) == 10
    on_disk = sum(p.stat().st_size for p in chunks)
    assert stored == on_disk and kilobytes == pytest.approx(on_disk / 1024, abs=0.01)


def test_nan_is_refused_and_named(tmp_path):
    with Store(tmp_path / "part.zarr") as store:
        for value in (np.array([1, np.nan]), np.array([complex(0, np.nan)]), np.array(np.nan, "f2")):
            with pytest.raises(DsError) as error:
                store.save("face_areas", value)
            assert error.value.name == "NAN" and error.value.text.startswith("face_areas: ")
        assert not store.exists("face_areas")


def test_every_value_comes_back_from_every_backend(tmp_path):
    values = ARRAYS | STRINGS
    for uri in (f"zarr:{tmp_path}/a.zarr", f"json:{tmp_path}/b", "memory:"):
        with Store(uri) as store:
            for key, value in values.items():
                store.save(key, value)
            store.save_bytes("raw", b"\0\xff" * 9)
            store.save_json("tree", [1, {"a": None}, "x"])
            for key, value in values.items():
                same(store.load(key), value)
            assert store.load_bytes("raw") == b"\0\xff" * 9 and store.load_json("tree") == [1, {"a": None}, "x"]
            kinds = dict(store.list())
            assert (kinds["raw"], kinds["tree"], kinds["kinds"]) == (BYTES, JSON, GROUP)


def test_converting_through_json_and_back_loses_nothing(tmp_path):
    values = ARRAYS | STRINGS
    with (
        Store(tmp_path / "a.zarr") as first,
        Store(f"json:{tmp_path}/b") as second,
        Store(tmp_path / "c.zarr") as third,
    ):
        for key, value in values.items():
            first.save(key, value)
        first.save_metadata("processing/duration", 12.5)
        assert first.copy_to(second) == second.copy_to(third) == len(values)
        for key, value in values.items():
            same(third.load(key), value)
        assert third.metadata("processing/duration") == 12.5


def test_the_json_store_is_bare_lists(tmp_path):
    with Store(f"json:{tmp_path}/out") as store:
        store.save("face_areas", np.array([1.5, 2.3, 4.1], "f4"))
        store.save("face/areas", np.array([1, 2], "i4"))
        store.save("waves", np.array([1 + 2j]))
    assert json.loads((tmp_path / "out" / "face_areas.json").read_text()) == [1.5, 2.3, 4.1]
    assert json.loads((tmp_path / "out" / "waves.json").read_text()) == [
        {"real": 1.0, "imag": 2.0, "_numpy_complex": True}
    ]
    with Store(f"json:{tmp_path}/out", mode="r") as store:
        same(store.load("face_areas"), np.array([1.5, 2.3, 4.1], "f4"))
        same(store.load("face/areas"), np.array([1, 2], "i4"))
    names = [name for name in os.listdir(tmp_path / "out") if name != "metadata.json"]
    assert len([name for name in names if name.endswith(".json")]) == 3
