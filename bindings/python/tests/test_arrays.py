"""Arrays: types, memory layouts, selections, writing by parts."""

import numpy as np
import pytest

import datastorage

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type(store, dtype):
    array = (np.arange(24).reshape(2, 3, 4) % 2 if dtype == "?" else np.arange(24).reshape(2, 3, 4)).astype(dtype)
    store["x"] = array
    assert store["x"].dtype == np.dtype(dtype) and store["x"].shape == (2, 3, 4)
    loaded = store["x"][:]
    assert loaded.dtype == array.dtype and np.array_equal(loaded, array)
    assert loaded.flags.owndata and loaded.flags.writeable and loaded.flags.c_contiguous


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0, 2), (1,), (1, 1)])
def test_empty_and_small(store, shape):
    store["x"] = np.zeros(shape, np.int32)
    assert store["x"].shape == shape and store.load("x").shape == shape
    assert store["x"][...].shape == shape
    assert np.asarray(store["x"]).dtype == np.int32


def layouts():
    base = np.arange(120, dtype=np.int32).reshape(4, 5, 6)
    records = np.zeros(5, dtype=[("a", "i1"), ("b", "<f8")])
    records["b"] = np.arange(5)
    unaligned = np.frombuffer(b"x" + np.arange(4, dtype=np.int64).tobytes(), np.uint8)[1:].view(np.int64)
    return {
        "contiguous": base,
        "transposed": base.transpose(2, 0, 1),
        "reversed": base[::-1, :, ::-2],
        "sliced": base[1:3, ::2, 1:],
        "broadcast": np.broadcast_to(np.arange(3.0), (4, 3)),
        "fortran": np.asfortranarray(base[0]),
        "big_endian": base.astype(">i4"),
        "big_endian_sliced": base.astype(">i4")[:, ::2],
        "big_endian_floats": np.arange(3).astype(">f8"),
        "field": records["b"],
        "unaligned": unaligned,
        "long": np.arange(3, dtype=np.dtype("l")),
        "long_long": np.arange(3, dtype=np.dtype("q")),
        "read_only": np.frombuffer(b"abcd", np.uint8),
        "scalar": np.array(3.5),
    }


@pytest.mark.parametrize("layout", list(layouts()))
def test_every_memory_layout(store, layout):
    array = layouts()[layout]
    before = array.copy()
    store["x"] = array
    loaded = store.load("x")
    assert np.array_equal(loaded, array) and np.array_equal(array, before)
    assert np.asarray(loaded).dtype == array.dtype.newbyteorder("=")


def test_a_strided_array_is_not_copied(monkeypatch):
    from datastorage import _dtypes

    base = np.arange(20, dtype=np.float32).reshape(4, 5)
    for view in (base, base.T, base[::-2, ::2], base[1:, 2]):
        ready, _ = _dtypes.ready(view, "x")
        assert ready is view


def test_strings(store):
    for array in [
        np.array(["a", "bb", "ä\u4e2d"]),
        np.array([["a", ""], ["c", "d"]], object),
        np.array([], object),
        np.array(["x"] * 3, object)[::-1],
        np.array("single"),
    ]:
        store["x"] = array
        loaded = store.load("x")
        if array.ndim == 0:
            assert loaded == "single"
        else:
            assert loaded.shape == array.shape and loaded.dtype == object and loaded.tolist() == array.tolist()
    if hasattr(np.dtypes, "StringDType"):
        store["x"] = np.array(["a", "long text" * 10], np.dtypes.StringDType())
        assert store.load("x").tolist() == ["a", "long text" * 10]
    store["x"] = ["a", "b", "c", "d"]
    array = store["x"]
    assert array.dtype == object and array.dtype_name == "str"
    assert store["x"][1:3].tolist() == ["b", "c"] and store["x"][-1] == "d"
    store["x"][1:3] = ["B", "longer than before"]
    store["x"].append(["e"])
    assert store["x"][:].tolist() == ["a", "B", "longer than before", "d", "e"]
    store["x"][0] = "one"
    assert store["x"][::2].tolist() == ["one", "longer than before", "e"]


SELECTIONS = [
    np.s_[...],
    np.s_[:],
    np.s_[1],
    np.s_[-1],
    np.s_[1:3],
    np.s_[2:1],
    np.s_[10:],
    np.s_[-100:100],
    np.s_[::2],
    np.s_[::-1],
    np.s_[3:0:-2],
    np.s_[1, 2],
    np.s_[1, 2, 3],
    np.s_[..., 2],
    np.s_[1, ..., 2:4],
    np.s_[:, None, 2],
    np.s_[None, ...],
    np.s_[[0, 2]],
    np.s_[[-1, 0, -1]],
    np.s_[:, [1, 3], 1:],
    np.s_[[0, 2], [1, 3]],
    np.s_[1, [0, 2]],
    np.s_[[[0, 1], [2, 3]]],
    np.s_[np.array([True, False, True, False])],
    np.s_[:, np.array([True, False, True, False, True])],
    np.s_[np.arange(20).reshape(4, 5) % 3 == 0],
    np.s_[np.arange(120).reshape(4, 5, 6) % 7 == 0],
    np.s_[np.array(2)],
    np.s_[np.int16(1), np.uint8(2)],
    np.s_[[]],
    np.s_[2:2, [0, 1]],
    np.s_[()],
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=[str(i) for i in range(len(SELECTIONS))])
def test_selections_read_and_write_as_numpy_does(selection):
    expected = np.arange(120).reshape(4, 5, 6)
    with datastorage.open("memory:") as store:
        store["x"] = expected
        got = store["x"][selection]
        assert np.array_equal(got, expected[selection]) and np.shape(got) == np.shape(expected[selection])
        store["x"][selection] = -5
        expected[selection] = -5
        assert np.array_equal(store.load("x"), expected)
        values = np.arange(np.size(expected[selection])).reshape(np.shape(expected[selection]))
        store["x"][selection] = values
        expected[selection] = values
        assert np.array_equal(store.load("x"), expected)


@pytest.mark.parametrize(
    "selection",
    [4, -5, (0, 0, 0, 0), (..., ...), "a", 1.5, [4], [-5], [1.5], True, np.array([True, False]), {"a": 1}],
    ids=str,
)
def test_selections_that_are_refused(selection):
    with datastorage.open("memory:") as store:
        store["x"] = np.zeros((4, 5, 6))
        with pytest.raises(IndexError, match="^x: "):
            store["x"][selection]
        with pytest.raises(IndexError, match="^x: "):
            store["x"][selection] = 1


def test_reads_only_what_it_needs(store):
    store["x"] = np.arange(100_000.0)
    part = store["x"][500:510]
    assert part.tolist() == list(range(500, 510)) and part.flags.owndata
    row = store["x"][500]
    assert row == 500 and isinstance(row, np.float64)


def test_create_and_write_by_parts(store):
    array = store.create("grid", (4, 6), np.float32, chunks=(2, 3), fill_value=-1, dims=("y", "x"), attributes={"u": 1})
    assert array.shape == (4, 6) and array.dims == ("y", "x") and array.attrs["u"] == 1
    assert (array[:] == -1).all()
    array[0] = np.arange(6)
    array[1:3, 2] = [7, 8]
    array[3] = 2
    assert array[0].tolist() == list(range(6)) and array[:, 2].tolist() == [2, 7, 8, 2]
    with pytest.raises(FileExistsError, match="grid"):
        store.create("grid", 3, int)
    array.resize(5, 6)
    array.resize((6, 6))
    assert array.shape == (6, 6) and len(array) == 6
    array.dims = ["a", "b"]
    assert array.dims == ("a", "b")
    rows = store.create("rows", (0, 3), "f8")
    assert rows.append(np.ones((2, 3))) == (2, 3)
    assert rows.append([[1, 2, 3]]) == (3, 3)
    assert rows.append(np.zeros((3, 2)), axis=-1) == (3, 5)
    texts = store.create("texts", 2, str, fill_value="")
    texts[1] = "b"
    assert texts[:].tolist() == ["", "b"]
    nan = store.create("nan", 2, "f4", fill_value=float("nan")) if store.format != "zarr" else None
    assert nan is None or np.isnan(nan[:]).all()


def test_assignment_keeps_the_kind(store):
    store["ints"] = np.zeros(4, np.uint8)
    store["floats"] = np.zeros(4, np.float32)
    store["ints"][:2] = [1, 255]
    store["floats"][:2] = np.array([1, 2])
    store["floats"][2] = 1.25
    store["floats"][3] = np.float64(0.1)
    assert store["ints"][:].tolist() == [1, 255, 0, 0]
    assert store["floats"][:].tolist() == [1, 2, 1.25, np.float32(0.1)]
    for value in (1.5, [0.5], np.array([1.0]), 256, -1, "text", np.array([1], np.int64), 1j):
        with pytest.raises(TypeError, match="^ints: array is uint8, data "):
            store["ints"][:1] = value
    with pytest.raises(ValueError, match="^ints: "):
        store["ints"][:] = [1, 2]
    with pytest.raises(ValueError, match="^ints: "):
        store["ints"].append([[1]])
    with pytest.raises(ValueError, match="ints: array has 1 dimensions, axis is 1"):
        store["ints"].append([1], axis=1)
    with pytest.raises(ValueError, match="^ints: "):
        store["ints"].resize(2, 2)
    with pytest.raises(ValueError, match="not negative"):
        store["ints"].resize(-1)
    assert store["ints"][:].tolist() == [1, 255, 0, 0]


def test_what_an_array_tells(store):
    store["g/x"] = np.zeros((10, 4), np.int16)
    array = store["g/x"]
    assert (array.name, array.key, array.ndim, array.size, array.nbytes, array.itemsize) == ("x", "g/x", 2, 40, 80, 2)
    assert array.stored_bytes > 0 and array.nchunks == 1 and len(array) == 10
    assert repr(array) == "<datastorage.Array 'g/x' (10, 4) int16>"
    assert [row.tolist() for row in array] == [[0] * 4] * 10
    assert np.asarray(array, np.float64).dtype == np.float64
    assert (np.ones((10, 4), np.int16) + array).sum() == 40
    with pytest.raises(ValueError, match="makes a copy"):
        array.__array__(copy=False)
    with pytest.raises(TypeError):
        len(store.create("scalar", (), int))
    del store["g/x"]
    with pytest.raises(KeyError, match="g/x: not found"):
        array[0]
    assert "not found" in repr(array)


def test_other_arrays_are_taken(store):
    class Has:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3)

    class Tensor:
        def __dlpack__(self, **arguments):
            return np.arange(4.0).__dlpack__()

        def __dlpack_device__(self):
            return (1, 0)

    store["a"], store["b"], store["c"] = Has(), Tensor(), store
    assert store.load("a").tolist() == [0, 1, 2] and store.load("b").tolist() == [0, 1, 2, 3]
    store["m"] = np.ma.masked_array([1, 2])
    store["v"] = memoryview(np.arange(3.0))
    assert store.load("m").tolist() == [1, 2] and store.load("v").tolist() == [0, 1, 2]
    store["d"] = store["a"]
    assert store.load("d").tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack(store, dtype):
    array = np.ones((3, 2), dtype)
    store["x"] = array
    taken = np.from_dlpack(store["x"])
    assert taken.dtype == array.dtype and np.array_equal(taken, array)
    assert store["x"].__dlpack_device__() == (1, 0)
    store["t"] = ["a"]
    with pytest.raises(datastorage.DtypeMismatchError, match="t: DLPack has no strings"):
        np.from_dlpack(store["t"])
