"""Damaged stores: an altered, shortened or missing piece is an error, never other values, and never a crash."""

import json
import shutil

import numpy as np
import pytest

from _cases import same
from _ds import ARRAY, DsError, Store

random = np.random.default_rng(30)
VALUES = {f"group/reals_{i}": random.random(200) for i in range(4)} | {
    "ints": np.arange(500, dtype="i4"),
    "scalar": np.array(7),
}
TRIALS = 300


def write(path, compressed):
    store = Store(path, chunk_elements=64, export=False)
    for key, value in VALUES.items():
        store.save(key, value)
    store.save("words", np.array(["plane", "cone"] * 20, object))
    store.save_metadata("file_label", 2)
    if compressed:
        store.compress()
    store.close()


def read_all(path):
    """Opens and loads everything; each value that comes back must be the written one. True when all came."""
    try:
        with Store(path, mode="r") as store:
            listed = {key for key, kind in store.list(recursive=True) if kind == ARRAY}
            complete = listed == {*VALUES, "words"}
            for key in listed & set(VALUES):
                try:
                    same(store.load(key), VALUES[key])
                except DsError as error:
                    assert error.name in ("CORRUPT", "CODEC", "JSON"), error
                    complete = False
            return complete
    except DsError as error:
        assert error.name in ("CORRUPT", "JSON", "CODEC", "UNSUPPORTED", "INVALID_ARGUMENT", "NOT_FOUND"), error
        return False


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("damage") / "part.zarr"
    write(path, compressed=True)
    return (path.parent / "part.zarr.data").read_bytes()


def test_an_archive_cut_anywhere_is_corrupt(archive, tmp_path):
    path = tmp_path / "cut.zarr.data"
    for length in [0, 1, 21, 22, *random.integers(23, len(archive) - 1, 100), len(archive) - 1]:
        path.write_bytes(archive[:length])
        with pytest.raises(DsError) as error:
            with Store(path, mode="r") as store:
                for key in VALUES:
                    store.load(key)
        assert error.value.name == "CORRUPT" or (length < 22 and error.value.name == "INVALID_ARGUMENT"), (
            length,
            error.value,
        )


def test_a_flipped_bit_is_never_another_value(archive, tmp_path):
    path = tmp_path / "flipped.zarr.data"
    for position in random.integers(0, len(archive), TRIALS):
        damaged = bytearray(archive)
        damaged[position] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        read_all(path)


def test_overwritten_stretches_are_never_another_value(archive, tmp_path):
    path = tmp_path / "stretch.zarr.data"
    for position in random.integers(0, len(archive), TRIALS):
        damaged = bytearray(archive)
        length = int(random.integers(1, 64))
        damaged[position : position + length] = random.bytes(len(damaged[position : position + length]))
        path.write_bytes(damaged)
        read_all(path)


@pytest.fixture
def directory(tmp_path):
    write(tmp_path / "part.zarr", compressed=False)
    assert read_all(tmp_path / "part.zarr")
    return tmp_path / "part.zarr"


@pytest.mark.parametrize("damage", ["missing", "altered", "short", "empty"])
def test_a_bad_chunk_is_named(directory, damage):
    chunk = directory / "group" / "reals_1" / "2"
    data = chunk.read_bytes()
    chunk.unlink()
    if damage != "missing":
        chunk.write_bytes({"altered": data[:-9] + b"x" + data[-8:], "short": data[:-1], "empty": b""}[damage])
    with Store(directory, mode="r") as store:
        with pytest.raises(DsError) as error:
            store.load("group/reals_1")
        assert error.value.name == "CORRUPT"
        assert "group/reals_1" in error.value.text and "2" in error.value.text.removeprefix("group/reals_1")
        same(store.load("group/reals_2"), VALUES["group/reals_2"])
        with pytest.raises(DsError) as error:
            store.verify()
        assert error.value.name == "CORRUPT"


def test_altered_array_metadata_is_an_error(directory):
    place = directory / "ints" / ".zarray"
    place.write_text(place.read_text().replace("500", "400"))
    with Store(directory, mode="r") as store, pytest.raises(DsError) as error:
        store.load("ints")
    assert error.value.name == "CORRUPT"


def test_an_edit_by_another_tool_can_be_accepted(directory):
    shutil.copy(directory / "group" / "reals_1" / "0", directory / "group" / "reals_2" / "0")
    [length] = json.loads((directory / "group" / "reals_1" / ".zarray").read_text())["chunks"]
    edited = np.concatenate([VALUES["group/reals_1"][:length], VALUES["group/reals_2"][length:]])
    with Store(directory, mode="r", integrity="ignore") as store:
        same(store.load("group/reals_2"), edited)
    with Store(directory, mode="r+") as store:
        store.verify(repair=True)
    with Store(directory, mode="r") as store:
        assert store.verify() == []
        same(store.load("group/reals_2"), edited)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 100_000],
    ids=["empty", "open", "list", "number", "no-utf8", "deep"],
)
@pytest.mark.parametrize("name", [".zarray", ".zattrs"])
def test_hostile_array_metadata_is_an_error(directory, name, text):
    (directory / "ints" / name).write_bytes(text)
    for integrity in ("check", "ignore"):
        with Store(directory, mode="r", integrity=integrity) as store:
            with pytest.raises(DsError) as error:
                store.load("ints")
                store.attributes("ints")
            assert error.value.name in ("CORRUPT", "JSON", "UNSUPPORTED", "UTF8"), error.value


@pytest.mark.parametrize(
    "shape", ["[4611686018427387904]", "[-1]", "[1e300]", "[18446744073709551615, 2]", '["5"]', "[" + "1," * 40 + "1]"]
)
def test_absurd_shapes_are_an_error(directory, shape):
    place = directory / "ints" / ".zarray"
    text = place.read_text().replace("\n", "").replace(" ", "")
    assert '"shape":[500]' in text
    place.write_text(text.replace('"shape":[500]', f'"shape":{shape}'))
    with Store(directory, mode="r", integrity="ignore") as store, pytest.raises(DsError):
        store.load("ints")
