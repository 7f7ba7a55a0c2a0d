"""Round trips of generated values: what is loaded is what was saved, bit by bit, in every kind of store."""

import math

import numpy as np
import pytest
from conftest import KINDS, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", ">i4", ">f8", ">c8"]
COMMON = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)
NAME = st.text(alphabet="abcXYZ019_- .ä", min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..") and not name.lower().startswith((".z", ".ds"))
)


@st.composite
def arrays(draw):
    """An array of any type and shape, as a view with any strides."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
    array = draw(hnp.arrays(dtype, shape))
    steps = tuple(slice(None, None, draw(st.sampled_from([1, -1, 2, -2]))) for _ in shape)
    return array[steps].transpose(draw(st.permutations(range(len(shape)))))


def same(a, b):
    return a.dtype == b.dtype.newbyteorder("=") and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
@COMMON
@given(array=arrays())
def test_arrays(kind, array):
    with opened(kind, "arrays", nan="allow", sync="none") as store:
        store["x"] = array
        if array.dtype.kind == "c":
            # JSON keeps real and imaginary parts; NaN in one of them is equal as a part.
            loaded = store.load("x")
            assert same(loaded.real, array.real) and same(loaded.imag, array.imag)
        else:
            assert same(store.load("x"), array)


@pytest.mark.parametrize("kind", KINDS)
@COMMON
@given(array=hnp.arrays(object, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4), elements=TEXT))
def test_arrays_of_text(kind, array):
    with opened(kind, "texts", sync="none") as store:
        store["x"] = array
        loaded = store.load("x")
        assert loaded.shape == array.shape and loaded.tolist() == array.tolist()


LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.binary(max_size=8),
    hnp.arrays(np.float32, st.integers(0, 4), elements=st.floats(-10, 10, width=32)),
)
TREE = st.recursive(st.dictionaries(NAME, LEAF, max_size=4), lambda tree: st.dictionaries(NAME, tree, max_size=3))


def equal(a, b):
    if isinstance(b, dict):
        return isinstance(a, dict) and sorted(a) == sorted(b) and all(equal(a[name], b[name]) for name in b)
    if isinstance(b, np.ndarray):
        return same(a, b)
    return type(a) is type(b) and a == b


def folded(tree):
    """The names of a tree as a file system that ignores case would see them."""
    return all(
        len({name.lower() for name in node}) == len(node) and all(folded(item) for item in node.values())
        for node in [tree]
        if isinstance(node, dict)
    )


@pytest.mark.parametrize("kind", KINDS)
@COMMON
@given(tree=TREE.filter(folded))
def test_trees(kind, tree):
    with opened(kind, "trees", sync="none") as store:
        store["x"] = tree
        assert equal(store.load("x"), tree)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), TEXT),
    lambda value: st.one_of(st.lists(value, max_size=3), st.dictionaries(NAME, value, min_size=1, max_size=3)),
).filter(lambda value: "inf" not in repr(value))


@pytest.mark.parametrize("kind", KINDS)
@COMMON
@given(value=JSON)
def test_metadata(kind, value):
    with opened(kind, "metadata", sync="none") as store:
        store.metadata["key"] = value
        assert store.metadata["key"] == value


def index(length):
    return st.one_of(
        st.slices(length),
        st.integers(-length, length - 1),
        st.lists(st.integers(-length, length - 1), max_size=4),
        hnp.arrays(np.bool_, length),
    )


@COMMON
@given(data=st.data())
def test_selections(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6))
    array = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    picks = tuple(data.draw(index(length)) for length in shape[: data.draw(st.integers(1, len(shape)))])
    try:
        expected = array[picks]
    except IndexError:
        return  # Lists whose lengths do not go together.
    with opened("memory") as store:
        store["x"] = array
        got = store["x"][picks]
        assert np.array_equal(got, expected) and np.shape(got) == np.shape(expected)
        store["x"][picks] = 7
        array[picks] = 7
        assert np.array_equal(store.load("x"), array)
