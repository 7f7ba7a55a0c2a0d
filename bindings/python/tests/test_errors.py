"""Wrong use raises the exception that fits, with the library's text."""

import os
import pickle

import numpy as np
import pytest
from conftest import opened

import datastorage
from datastorage import OptStorage


def raised(error, text, function, *arguments, **options):
    with pytest.raises(error, match=text) as caught:
        function(*arguments, **options)
    assert isinstance(caught.value, datastorage.DataStorageError)
    return caught.value


def test_missing_keys(store):
    for function in (store.__getitem__, store.load, store.__delitem__, store.info, store.array, store.group):
        error = raised(KeyError, "^no/key: not found$", function, "no/key")
        assert (error.status, error.status_name, str(error)) == (-5, "DS_ERR_NOT_FOUND", "no/key: not found")
    raised(KeyError, "key is empty", store.__getitem__, "")


def test_malformed_keys(store):
    for key in ("", "a//b", "/a", "..", "a\0b", "\ud800", ".zarray", "metadata.json"):
        raised(ValueError, "key|reserved|UTF-8|not allowed", store.save, key, 1)
    for key in (5, None, b"a"):
        with pytest.raises(TypeError, match="a key is a str"):
            store[key] = 1


def test_objects_that_no_store_holds(store):
    for value, text in [
        (object(), "x: object cannot be stored"),
        ({1, 2}, "x: set cannot be stored"),
        ({"a": {"b": {3}}}, "x/a/b: set cannot be stored"),
        ([object()], "x: object is no JSON value"),
        ([np.zeros(2), np.zeros(3)], "x: the list is neither regular nor JSON"),
        ([1, 2j, None], "x: complex is no JSON value"),
        (2**64, "x: integer 18446744073709551616 needs more than 64 bits"),
        (np.array([1, "a"], object), r"x: an object array holds str, element \[0\] is int"),
        (np.array([["a", None]], object), r"x: an object array holds str, element \[0, 1\] is NoneType"),
        (np.zeros(2, "S3"), r"x: data type \|S3 cannot be stored; save bytes"),
        (np.zeros(2, "M8[s]"), "x: data type datetime64.s. cannot be stored; save .view"),
        (np.zeros(2, [("a", "i4")]), "x: data type .* cannot be stored; save each field"),
        (np.ma.masked_array([1, 2], [False, True]), "x: a masked array has masked elements; save .filled"),
        (np.zeros(2, np.longdouble), "x: data type .* cannot be stored"),
    ]:
        error = raised(TypeError, text, store.save, "x", value)
        assert isinstance(error, ValueError)
    raised(UnicodeError, "x: text is no UTF-8", store.save, "x", "\ud800")
    raised(TypeError, "x: .* is no data type", store.create, "x", 3, "nonsense")
    raised(TypeError, "x: data type datetime64", store.create, "x", 3, "M8[s]")
    assert "x" not in store


def test_not_a_number():
    with datastorage.open("part.zarr") as store:
        for value in (np.array([1, np.nan]), float("nan"), {"y": np.array([1, np.nan], np.float32)}, [1.0, np.nan]):
            raised(ValueError, "x.*: data holds NaN, the store refuses it", store.save, "x", value)
        store["inf"] = np.array([np.inf, -np.inf])
        assert list(store) == ["inf"]
        for selection in (0, slice(None, None, 2), [0]):
            raised(datastorage.NaNError, "inf: data holds NaN", store["inf"].__setitem__, selection, np.nan)
    with datastorage.open("other.zarr", nan="allow") as store:
        store["x"] = np.array([np.nan])
        assert np.isnan(store["x"][0])


def test_kinds(store):
    store["group/x"] = np.arange(3)
    raised(TypeError, "group/x", store.save, "group/x/below", 1)
    array = store["group/x"]
    store["group/x"] = {"a": 1}
    raised(TypeError, "group/x: is no array any more", array.__getitem__, 0)


def test_a_closed_store(kind):
    store = opened(kind)
    store["x"] = np.arange(3)
    array, group = store["x"], store.create_group("g")
    store.close()
    store.close()
    store.discard()
    assert store.closed
    for function in (lambda: store["x"], lambda: array[0], lambda: list(group), store.flush, store.compress):
        assert raised(ValueError, "^store is closed$", function).status == -3
    raised(ValueError, "store is closed", store.save, "x", 1)
    raised(ValueError, "store is closed", store.metadata.__setitem__, "x", 1)
    assert "store is closed" in repr(store) and "store is closed" in repr(array) and "closed" in store._repr_html_()


def test_a_read_only_archive():
    with datastorage.open("part.zarr") as store:
        store["x"] = np.arange(3)
        store.compress()
        raised(PermissionError, "read-only", store.save, "y", 1)
    for opening in (
        lambda: datastorage.open("part.zarr"),
        lambda: datastorage.open("part.zarr.data"),
        lambda: datastorage.open("part.zarr", "r"),
        lambda: OptStorage("part.zarr").store,
    ):
        store = opening()
        for change in (
            lambda: store.save("x", 1),
            lambda: store["x"].__setitem__(0, 1),
            lambda: store["x"].append([1]),
            lambda: store.__delitem__("x"),
            lambda: store.metadata.__setitem__("a", 1),
            lambda: store["x"].attrs.update(a=1),
            lambda: store.create("y", 3, int),
        ):
            assert raised(PermissionError, "read-only|cannot be written", change).status == -11
        store.close()


def test_opening():
    raised(FileNotFoundError, "nothing.zarr", datastorage.open, "nothing.zarr", "r")
    raised(KeyError, "nothing.zarr", datastorage.open, "nothing.zarr", mode="r+")
    raised(ValueError, "unknown field `nonsense`", datastorage.open, "x.zarr", nonsense=1)
    raised(ValueError, "mode", datastorage.open, "x.zarr", "q")
    raised(NotImplementedError, "s3", datastorage.open, "s3://bucket/x")
    datastorage.open("x.zarr", "w").close()
    raised(FileExistsError, "x.zarr", datastorage.open, "x.zarr", "x")
    with datastorage.open("x.zarr"):
        raised(OSError, f"{os.getpid()}", datastorage.open, "x.zarr")
    with open("file.txt", "w") as file:
        file.write("text")
    raised(ValueError, "file.txt", datastorage.open, "file.txt")
    with pytest.raises(TypeError):
        datastorage.open(5)
    assert not os.path.exists("nothing.zarr")


def test_schema_violations(store):
    store.schema = datastorage.create_cad_schema()
    raised(
        ValueError, "face_areas: schema wants 1 dimension .*, data has 2", store.save, "face_areas", np.zeros((2, 2))
    )
    raised(ValueError, "face_areas: schema wants float32, data is int32", store.save, "face_areas", np.zeros(2, "i4"))
    raised(ValueError, "face_types: schema wants", store.create, "face_types", (2, 2), "i4")
    store["face_areas"] = np.zeros(2, np.float32)
    store.schema = datastorage.create_cad_schema()
    with pytest.raises(datastorage.SchemaError, match="face_areas"):
        store.schema = {"groups": {"g": {"arrays": {"face_areas": {"dims": ["a", "b"]}}}}}
    with pytest.raises(datastorage.SchemaError):
        store.schema = {"groups": 5}


def test_exceptions_travel():
    error = datastorage.NotFoundError("x: not found")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == "x: not found" and again.status == -5
    assert repr(error) == "NotFoundError('x: not found')"
    assert datastorage.NotFoundError.__module__ == "datastorage"
