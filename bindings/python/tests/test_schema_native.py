"""The Python builder and the library's: the same calls give the same dictionary, the same refusals, the same answers."""

import json

import pytest
from _native_schema import NativeSchema
from hypothesis import given, settings
from hypothesis import strategies as st

from datastorage import DataStorageError, SchemaBuilder, SchemaError

TEMPLATES = ["cad_basic", "cad_advanced", "manufacturing_basic", "sensor_basic"]
GROUP = st.sampled_from(["faces", "edges", "g/sub", "measurements"])
ARRAY = st.sampled_from(["a", "face_areas", "values", "x/y", "ü"])
FIELD = st.sampled_from(["size_cadfile", "file_label", "m", "a/b", "with space", "ü"])
DTYPE = st.sampled_from(["float32", "float64", "int8", "int32", "int64", "uint64", "bool", "str", "complex64", "float16"])
TEXT = st.none() | st.sampled_from(["", "Text", 'quote " and \\', "ü\n"])
DIMS = st.lists(st.sampled_from(["face", "coordinate", "u"]), max_size=3)
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.integers(-3, 300) | st.floats(allow_nan=False, allow_infinity=False, width=32)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "min_value": NUMBER | st.none(),
        "max_value": NUMBER,
        "values": st.lists(NUMBER | st.booleans() | st.sampled_from(["a", "b"]), max_size=3),
        "labels": st.lists(st.sampled_from(["a", "b"]), max_size=3) | st.just({"1": "one"}),
        "unit": st.sampled_from(["mm", None, {"of": [1, 2.5]}]),
    },
)
PATTERNS = st.lists(st.sampled_from(["size_*", "*_LABEL", "a*b", "m", "*"]), max_size=2)
SCOPE = st.sampled_from(["file_level", "categorical"])
CALL = st.one_of(
    st.tuples(st.just("create_group"), GROUP, st.sampled_from(["face", "part"]), TEXT, TEXT),
    st.tuples(st.just("remove_group"), GROUP),
    st.tuples(st.just("create_array"), GROUP, ARRAY, DIMS, DTYPE, TEXT, RULES | st.just({})),
    st.tuples(st.just("create_array"), GROUP, ARRAY, DIMS, DTYPE, TEXT, st.just({})),
    st.tuples(st.just("remove_array"), GROUP, ARRAY),
    st.tuples(st.just("define"), SCOPE, FIELD, DTYPE, TEXT, st.booleans(), RULES | st.just({})),
    st.tuples(st.just("route"), PATTERNS, PATTERNS, SCOPE | st.just("nowhere"), SCOPE, SCOPE),
    st.tuples(st.just("extend_template"), st.sampled_from([*TEMPLATES, "nope"])),
    st.tuples(st.just("again")),
)


def in_python(builder, call, *arguments):
    if call == "create_array":
        group, name, dims, dtype, description, rules = arguments
        found = builder.get_group(group)
        return found and found.create_array(name, dims, dtype, description, **rules)
    if call == "remove_array":
        found = builder.get_group(arguments[0])
        return found is not None and found.remove_array(arguments[1])
    if call == "define":
        scope, name, dtype, description, required, rules = arguments
        define = builder.define_file_metadata if scope == "file_level" else builder.define_categorical_metadata
        return define(name, dtype, description, required=required, **rules)
    if call == "route":
        return builder.set_metadata_routing_rules(*arguments)
    result = getattr(builder, call)(*arguments)
    return result if isinstance(result, bool) else None


def in_library(native, call, *arguments):
    if call == "create_array" and arguments[0] not in native.list_groups():
        return None
    if call == "define" and arguments[0] == "categorical":
        # Parameters of the Python method, which puts them behind its other rules.
        rules = arguments[-1]
        last = {name: rules[name] for name in ("values", "labels") if name in rules}
        arguments = (*arguments[:-1], {**{name: rules[name] for name in rules if name not in last}, **last})
    if call == "route":
        names = ("file_level_patterns", "categorical_patterns", "default_numeric", "default_categorical", "default_string")
        return native.route(dict(zip(names, arguments)))
    return getattr(native, call)(*arguments)


def outcome(do, *arguments):
    """What a call gives, or the class of its error."""
    try:
        return do(*arguments)
    except DataStorageError as error:
        return type(error)


def refusal(build):
    try:
        return json.dumps(build())
    except SchemaError as error:
        return str(error)


def round_trip(builder, native):
    """Both from what both built, where it can be built."""
    built = outcome(native.build)
    if built is SchemaError:
        return builder, native
    return SchemaBuilder.from_dict(built), NativeSchema.from_json(json.dumps(built).encode())


@settings(max_examples=300, deadline=None)
@given(st.lists(CALL, max_size=14), TEXT, FIELD, st.sampled_from([0, 1, -1, 1.5, True, "a", [1, 2], {"b": "a"}]))
def test_the_same_calls_give_the_same_dictionary(calls, description, name, value):
    builder, native = SchemaBuilder("d", "2.0", description), NativeSchema.create("d", "2.0", description)
    for call in calls:
        if call[0] == "again":
            builder, native = round_trip(builder, native)
            continue
        ours, theirs = outcome(in_python, builder, *call), outcome(in_library, native, *call)
        assert ours == theirs, call
    # Byte for byte: also the order of members.
    assert refusal(builder.build) == refusal(native.build)
    assert builder.list_groups() == native.list_groups()
    for group in builder.list_groups():
        assert builder.get_group(group).list_arrays() == native.list_arrays(group)
    assert builder.list_metadata_fields() == native.list_metadata_fields()
    assert builder.get_metadata_routing(name) == native.get_metadata_routing(name)
    assert len(builder.validate_metadata_schema()) == len(native.validate_metadata_schema())
    if outcome(builder.build) is not SchemaError:
        assert builder.validate_metadata_field(name, value) == native.validate_metadata_field(name, value)
        assert json.dumps(SchemaBuilder.from_dict(builder.build()).build()) == json.dumps(native.build())


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_and_files(name):
    native = NativeSchema.create("x")
    native.extend_template(name)
    builder = SchemaBuilder("x").extend_template(name)
    assert json.dumps(builder.build()) == json.dumps(native.build())
    builder.save_to_file("ours.json")
    native.save_to_file("theirs.json")
    with open("ours.json", "rb") as ours, open("theirs.json", "rb") as theirs:
        assert ours.read() == theirs.read()


FOREIGN = [
    {},
    {"version": None, "domain": None, "groups": None, "metadata": None},
    {"metadata": {"metadata": None, "file_level": None, "note": [1]}, "more": {"kept": True}},
    {"metadata": {"metadata": {"routing_rules": {"default_string": None, "own": 1}, "note": 2}, "beside": 3}},
    {"groups": {"g": {"more": 1, "arrays": {"a": {"description": "late", "values": ["x"], "dtype": "string", "dims": None}}}}},
    {"groups": {"g": {"primary_dimension": None, "arrays": None}}, "metadata": {"categorical": {"c": {"values": ["x"]}}}},
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_what_others_wrote_is_completed_the_same(foreign):
    native = NativeSchema.from_json(json.dumps(foreign).encode())
    built = SchemaBuilder.from_dict(foreign).build()
    assert json.dumps(built) == json.dumps(native.build())
    assert json.dumps(SchemaBuilder.from_dict(built).build()) == json.dumps(built)


@pytest.mark.parametrize("name", ["", "a//b", ".zarray", "metadata.json", "a\nb"])
def test_a_name_that_is_no_key_is_refused_by_both(name):
    native, builder = NativeSchema.create("x"), SchemaBuilder("x")
    with pytest.raises(SchemaError):
        native.create_group(name, "x", None, None)
    builder.create_group(name, "x")
    with pytest.raises(SchemaError):
        builder.build()
    group = SchemaBuilder("x").create_group("g", "x")
    with pytest.raises(SchemaError, match="a: dims: is set by the call"):
        group.create_array("a", [], **{"dims": ["x"]})
