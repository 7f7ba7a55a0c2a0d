"""The JSON Schema of schema dictionaries against the library's own reader, with jsonschema as the peer.

Both read the same dictionaries, good and bad. What the peer refuses, the library refuses, at a place that the peer names
too; what only the library refuses is one of `CANNOT_BE_SAID`, each of which is shown by an example.
"""

import copy
import json
import re
from pathlib import Path

import pytest
from _native_schema import NativeSchema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from datastorage import JsonError, SchemaBuilder, SchemaError

PEER = Draft202012Validator(SchemaBuilder.json_schema())
DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint64", "float16", "float32", "float64", "complex64", "str", "string"]


def one_array(**entry):
    return {"groups": {"g": {"arrays": {"a": entry}}}}


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


# Why the library refuses what the peer takes: its words, and a dictionary. JSON Schema compares no two members, counts
# characters and not bytes, and knows neither the depth nor the size of the whole.
CANNOT_BE_SAID = [
    (r": min_value is .*, max_value ", one_array(min_value=2, max_value=1)),
    (r": component has \d+ bytes, the limit is 255", {"groups": {"ü" * 128: {}}}),
    (r": key has \d+ bytes, the limit is 1024", {"groups": {"/".join(["ü" * 120] * 5): {}}}),
    (r"^schema: nested deeper than the limit of 64", {"more": deep(64)}),
    (r"^schema: has more than 1000000 values", {"more": [0] * 1_000_001}),
]


def library(dictionary):
    """The library's refusal, None when it accepts."""
    try:
        NativeSchema.from_json(json.dumps(dictionary).encode())
    except SchemaError as error:
        return str(error)
    return None


def step(name):
    """A name as a place shows it: at most 60 characters, control characters escaped."""
    escapes = {"\n": "\\n", "\\": "\\\\", '"': '\\"', "'": "\\'", "\x85": "\\u{85}", "\0": "\\0"}
    return "".join(escapes.get(c, c) for c in name[:60]) + ("..." if len(name) > 60 else "")


def places(dictionary):
    """Where the peer refuses, in the library's words; empty when it accepts."""
    found = set()
    for error in PEER.iter_errors(dictionary):
        path = list(error.absolute_path)
        if "propertyNames" in error.absolute_schema_path:
            path.append(error.instance)
        text = "".join(f"[{part}]" if isinstance(part, int) else "." + step(part) for part in path)
        found.add(text[1:] or "schema")
    return found


def agree(dictionary):
    """Compares the two; whether the dictionary was accepted."""
    ours, theirs = library(dictionary), places(dictionary)
    unsaid = ours is not None and any(re.search(words, ours) for words, _ in CANNOT_BE_SAID)
    if ours is None:
        assert not theirs, f"only the peer refuses: {theirs}"
    elif not unsaid:
        assert theirs, f"only the library refuses: {ours}"
        assert any(ours.startswith(place + ":") for place in theirs), (ours, theirs)
    return ours is None


def test_the_json_schema_is_one_and_is_the_committed_file():
    Draft202012Validator.check_schema(SchemaBuilder.json_schema())
    path = Path(__file__).resolve().parents[3] / "src/schema/dictionary.schema.json"
    assert json.loads(path.read_text()) == SchemaBuilder.json_schema()


def field(scope="file_level", **entry):
    return {"metadata": {"metadata": {scope: {"m": entry}}}}


GOOD = [
    {},
    {"version": None, "domain": "x", "description": "y", "groups": None, "metadata": None, "more": [1, {"x": None}]},
    {"groups": {"a/b": {"arrays": {"x/metadata.json": {}, ".hidden": {}, "ü": {}, "a.zarr": {}, "...": {}, " ": {}}}}},
    {"groups": {"g": {"primary_dimension": None, "special_processing": "x", "arrays": None, "own": 1}}},
    one_array(dims=[], dtype=None, description=None, min_value=None, values=None, labels=None, own={}),
    one_array(dims=["x"] * 32),
    one_array(dtype="int8", min_value=-1e300, max_value=1.5, values=[-128, 127, 3.0], labels={"1": "a"}),
    one_array(dtype="uint64", values=[0, 2**64 - 1]),
    one_array(dtype="int64", values=[-(2**63), 2**63 - 1]),
    one_array(dtype="bool", values=[True, False, 0, 1, 1.0]),
    one_array(dtype="float32", values=[1e300, 1], min_value=0, max_value=0),
    one_array(dtype="complex64", values=[1.5], min_value=None),
    one_array(dtype="str", values=["a", ""], labels=[]),
    one_array(min_value=1, values=["a", 1, True]),
    field(dtype="int32", required=None, values=[1]),
    field("categorical", required=True),
    {"metadata": {"metadata": None, "file_level": {"m": {}}}},
    {"metadata": {"metadata": {"metadata": 3}, "beside": 1}},
    {"metadata": {"routing_rules": {"file_level_patterns": None, "categorical_patterns": ["*"], "default_string": None, "x": 1}}},
    {"metadata": {"file_level": {"": {}, "a//b": {}}, "categorical": {"": {}}}},
]
BAD = [
    (3, "schema"), ([], "schema"), (None, "schema"),
    ({"version": 1}, "version"), ({"domain": []}, "domain"), ({"description": True}, "description"),
    ({"groups": []}, "groups"), ({"groups": {"g": None}}, "groups.g"), ({"groups": {"": {}}}, "groups."),
    ({"groups": {"a//b": {}}}, "groups.a//b"), ({"groups": {"a/../b": {}}}, "groups.a/../b"),
    ({"groups": {"zarr.JSON": {}}}, "groups.zarr.JSON"), ({"groups": {"a/.Zx": {}}}, "groups.a/.Zx"),
    ({"groups": {"x/.dS": {}}}, "groups.x/.dS"), ({"groups": {"Metadata.JSON/x": {}}}, "groups.Metadata.JSON/x"),
    ({"groups": {"a\n": {}}}, "groups.a\\n"), ({"groups": {"a\\b": {}}}, "groups.a\\\\b"), ({"groups": {"a\x85": {}}}, "groups.a\\u{85}"),
    ({"groups": {"x" * 256: {}}}, "groups." + "x" * 60 + "..."), ({"groups": {"a/" * 600 + "a": {}}}, "groups." + "a/" * 30 + "..."),
    ({"groups": {"g": {"arrays": 1}}}, "groups.g.arrays"), ({"groups": {"g": {"arrays": {"..": {}}}}}, "groups.g.arrays..."),
    ({"groups": {"g": {"primary_dimension": 1}}}, "groups.g.primary_dimension"),
    ({"groups": {"g": {"special_processing": []}}}, "groups.g.special_processing"),
    (one_array(dims="x"), "groups.g.arrays.a.dims"), (one_array(dims=["x", 1]), "groups.g.arrays.a.dims[1]"),
    (one_array(dims=["x", ""]), "groups.g.arrays.a.dims[1]"), (one_array(dims=["x"] * 33), "groups.g.arrays.a.dims"),
    (one_array(dtype="float31"), "groups.g.arrays.a.dtype"), (one_array(dtype=3), "groups.g.arrays.a.dtype"),
    (one_array(min_value="0"), "groups.g.arrays.a.min_value"), (one_array(max_value=True), "groups.g.arrays.a.max_value"),
    (one_array(dtype="str", min_value=0), "groups.g.arrays.a.min_value"),
    (one_array(dtype="bool", max_value=1), "groups.g.arrays.a.max_value"),
    (one_array(dtype="complex128", max_value=1), "groups.g.arrays.a.max_value"),
    (one_array(values={}), "groups.g.arrays.a.values"), (one_array(values=[None]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="int8", values=[1, 128]), "groups.g.arrays.a.values[1]"),
    (one_array(dtype="int8", values=[1.5]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="int8", values=[True]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="uint64", values=[2**64]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="int64", values=[2**63]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="uint8", values=[-1]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="bool", values=[2]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="float32", values=["1"]), "groups.g.arrays.a.values[0]"),
    (one_array(dtype="str", values=["a", 1]), "groups.g.arrays.a.values[1]"),
    (one_array(values=[0] * 65537), "groups.g.arrays.a.values"),
    (one_array(labels="x"), "groups.g.arrays.a.labels"), (one_array(labels=["a", 1]), "groups.g.arrays.a.labels[1]"),
    (one_array(labels={"1": 1}), "groups.g.arrays.a.labels.1"),
    ({"metadata": 1}, "metadata"), ({"metadata": {"metadata": 1}}, "metadata.metadata"),
    ({"metadata": {"metadata": {}, "file_level": None}}, "metadata"),
    ({"metadata": {"file_level": []}}, "metadata.file_level"), ({"metadata": {"categorical": {"m": 1}}}, "metadata.categorical.m"),
    (field(required="yes"), "metadata.metadata.file_level.m.required"), (field(dtype="x"), "metadata.metadata.file_level.m.dtype"),
    (field("categorical", dtype="int8", values=[300]), "metadata.metadata.categorical.m.values[0]"),
    ({"metadata": {"routing_rules": []}}, "metadata.routing_rules"),
    ({"metadata": {"routing_rules": {"default_numeric": "x"}}}, "metadata.routing_rules.default_numeric"),
    ({"metadata": {"routing_rules": {"file_level_patterns": "x"}}}, "metadata.routing_rules.file_level_patterns"),
    ({"metadata": {"routing_rules": {"categorical_patterns": [1]}}}, "metadata.routing_rules.categorical_patterns[0]"),
]  # fmt: skip


@pytest.mark.parametrize("dictionary", GOOD)
def test_good_dictionaries(dictionary):
    assert agree(dictionary)


@pytest.mark.parametrize("name", ["cad_basic", "cad_advanced", "manufacturing_basic", "sensor_basic"])
def test_templates_in_both_forms(name):
    built = SchemaBuilder.from_template(name).build()
    assert agree(built) and agree({**built, "metadata": built["metadata"]["metadata"]})


@pytest.mark.parametrize(("dictionary", "place"), BAD)
def test_bad_dictionaries(dictionary, place):
    assert not agree(dictionary)
    assert library(dictionary).startswith(place + ":") and place in places(dictionary)


@pytest.mark.parametrize(("words", "dictionary"), CANNOT_BE_SAID)
def test_what_json_schema_cannot_say(words, dictionary):
    assert re.search(words, library(dictionary)) and not places(dictionary)


def test_a_dictionary_deeper_than_a_json_parser_goes():
    with pytest.raises(JsonError):
        library({"more": deep(200)})


SCALAR = st.sampled_from([None, True, 0, -1, 1.5, 300, 2**63, 2**64, "x", "", "file_level", *DTYPES])
VALUE = SCALAR | st.sampled_from([[], [1], ["a"], [""], [None], [True, 0], ["x"] * 33, {}, {"a": 1}, {"metadata": {}}, {"a": "b"}])
NAME = st.sampled_from(
    ["a", "a/b", "", ".", "..", "a//b", ".zarray", ".DS", "zarr.json", "metadata.json", "Metadata.json/x", "ä", "a\\b", "a\n", "a\x85b",
     "x" * 256, "version", "groups", "arrays", "dims", "dtype", "description", "min_value", "max_value", "values", "labels", "required",
     "metadata", "file_level", "categorical", "routing_rules", "file_level_patterns", "default_string", "primary_dimension"]
)  # fmt: skip
ENTRY = st.fixed_dictionaries(
    {"dtype": st.sampled_from(DTYPES)},
    optional={
        "min_value": st.integers(-5, 300), "max_value": st.integers(-5, 300), "required": st.booleans(),
        "values": st.lists(SCALAR, max_size=3), "labels": st.lists(st.just("a"), max_size=2), "dims": st.just(["x"]),
    },
)  # fmt: skip
SECTIONS = st.fixed_dictionaries(
    {"file_level": st.dictionaries(st.just("m"), ENTRY), "categorical": st.dictionaries(st.sampled_from("mc"), ENTRY)},
    optional={"routing_rules": st.just({"file_level_patterns": ["a*"], "default_numeric": "categorical"})},
)
DICTIONARY = st.fixed_dictionaries(
    {"version": st.just("1.0"), "domain": st.just("d")},
    optional={
        "groups": st.dictionaries(
            st.sampled_from(["g", "h/i"]),
            st.fixed_dictionaries({"primary_dimension": st.just("x"), "arrays": st.dictionaries(st.sampled_from("ab"), ENTRY)}),
        ),
        "metadata": SECTIONS | SECTIONS.map(lambda sections: {"metadata": sections}),
    },
)


def containers(json_value):
    """Every object and list in a value, itself first."""
    if isinstance(json_value, (dict, list)):
        yield json_value
        for item in json_value.values() if isinstance(json_value, dict) else json_value:
            yield from containers(item)


def mutate(data, dictionary):
    inside = list(containers(dictionary))
    target = inside[data.draw(st.integers(0, len(inside) - 1))]
    how = data.draw(st.sampled_from(["set", "add", "remove", "graft"]))
    value = copy.deepcopy(data.draw(st.sampled_from(inside) if how == "graft" else VALUE))
    if isinstance(target, list):
        target.append(value)
    elif how == "remove" and target:
        del target[data.draw(st.sampled_from(sorted(target)))]
    elif how == "set" and target:
        target[data.draw(st.sampled_from(sorted(target)))] = value
    else:
        target[data.draw(NAME)] = value


@settings(max_examples=1500, deadline=None)
@given(DICTIONARY, st.integers(0, 3), st.data())
def test_both_agree_on_any_mutation(dictionary, times, data):
    dictionary = copy.deepcopy(dictionary)
    for _ in range(times):
        mutate(data, dictionary)
    agree(dictionary)
