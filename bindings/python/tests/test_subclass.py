"""A storage written in Python: the base class's schema methods, a scheme of its own, conversion in every direction."""

import numpy as np
import pytest

import datastorage
from datastorage import DataStorage, JsonStorageHandler, MemoryStorage, OptStorage, convert_storage


class DictStorage(DataStorage):
    """The nine abstract methods, over two dicts."""

    def __init__(self, name="", **options):
        self.name, self.options = name, options
        self.data, self.metadata = {}, {}

    def save_data(self, data_key, data):
        self.data[data_key] = data

    def load_data(self, data_key):
        return self.data[data_key]

    def save_metadata(self, key, value):
        self.metadata[key] = value

    def load_metadata(self, key):
        return self.metadata[key]

    def get_keys(self):
        return list(self.data)

    def get_file_path(self, data_key):
        return f"dict:{data_key}"

    def close(self):
        self.data.clear()

    def format(self):
        return "dict"

    def compress_store(self):
        return 0


def test_schema_methods_of_the_base_class():
    with DictStorage() as storage:
        assert storage.get_schema() == {} and storage.get_group_for_array("areas") is None
        assert storage.validate_data_against_schema("areas", np.zeros((2, 2)))
        builder = datastorage.SchemaBuilder("x")
        builder.create_group("faces", "face").create_array("areas", ["face"], "float32")
        builder.get_group("faces").create_array("names", ["face"], "str")
        storage.set_schema(builder.build())
        assert storage.get_schema() == builder.build() == storage.metadata["_storage_schema"]
        assert storage.get_group_for_array("areas") == "faces" and storage.get_group_for_array("x") is None
        for key, data, fits in [
            ("areas", np.zeros(3, np.float32), True), ("areas", np.array([np.nan]), True),
            ("areas", np.zeros((2, 2)), False), ("areas", np.zeros(3, np.int32), False), ("areas", [0.5], True),
            ("names", ["a"], True), ("names", [1], False), ("names", "a", False), ("x", object(), False),
            ("x", 1, True),
        ]:  # fmt: skip
            assert storage.validate_data_against_schema(key, data) is fits, (key, data)
        with pytest.raises(ValueError):
            storage.set_schema({"groups": 1})
        storage.flush_metadata()
    assert storage.get_keys() == []


@pytest.mark.parametrize("make", [lambda: OptStorage("a.zarr"), MemoryStorage, lambda: JsonStorageHandler("j")])
def test_the_native_storages_agree_with_it(make):
    storage = make()
    builder = datastorage.SchemaBuilder("x")
    builder.create_group("faces", "face").create_array("names", ["face"], "str")
    storage.set_schema(builder.build())
    assert storage.validate_data_against_schema("names", ["a", "b"])
    assert not storage.validate_data_against_schema("names", "a")
    assert storage.validate_data_against_schema("other", {"a": 1})
    with pytest.raises(TypeError):
        storage.validate_data_against_schema("names", object())
    assert type(storage).__name__ in repr(storage) and "<table>" in storage._repr_html_()
    storage.close()


def test_register():
    datastorage.register("dict", DictStorage)
    storage = datastorage.open("dict:some/place", color="red")
    assert isinstance(storage, DictStorage) and storage.name == "some/place" and storage.options == {"color": "red"}
    for scheme in ("zarr", "json", "memory", "x", "", "a b", "1x", "ä1"):
        with pytest.raises(ValueError):
            datastorage.register(scheme, DictStorage)
    with pytest.raises(TypeError):
        datastorage.register("other", dict)


def filled(storage):
    storage.save_data("areas", np.arange(3, dtype=np.float32))
    storage.save_data("graph", {"source": np.array([1, 2]), "n": 2})
    storage.save_data("text", "x")
    storage.save_metadata("size", 5)
    builder = datastorage.SchemaBuilder("x")
    builder.create_group("faces", "face").create_array("areas", ["face"], "float32")
    storage.set_schema(builder.build())
    return storage


MAKERS = {
    "opt": lambda name: OptStorage(f"{name}.zarr"),
    "memory": lambda name: MemoryStorage(),
    "json": lambda name: JsonStorageHandler(name),
    "python": lambda name: DictStorage(),
    "store": lambda name: datastorage.open(f"{name}.native.zarr"),
}


@pytest.mark.parametrize("source", [name for name in MAKERS if name != "store"])
@pytest.mark.parametrize("destination", list(MAKERS))
def test_conversion(source, destination, capsys):
    begin, end = filled(MAKERS[source]("a")), MAKERS[destination]("b")
    assert convert_storage(begin, end, verbose=True) is None
    assert sorted(capsys.readouterr().out.split()) == sorted(["areas:", "graph:", "text:"] + ["copied"] * 3)
    load, metadata = (end.load, end.metadata) if destination == "store" else (end.load_data, None)
    assert load("areas").tolist() == [0, 1, 2] and load("areas").dtype == np.float32
    assert load("graph")["source"].tolist() == [1, 2] and load("graph")["n"] == 2 and load("text") == "x"
    if source != "python":
        # The dictionary above has no whole document to give.
        assert (metadata["size"] if metadata is not None else end.load_metadata("size")) == 5
    schema = end.schema if destination == "store" else end.get_schema()
    assert schema == begin.get_schema()
    begin.close()
    end.close()


def test_there_must_be_something_to_convert():
    for empty in (MemoryStorage(), DictStorage()):
        with pytest.raises(RuntimeError, match="no data keys"):
            convert_storage(empty, MemoryStorage())
