//! What is read, what is refused with its place, which group holds an array.

use super::*;

#[test]
fn group_membership() {
    let schema = cad_schema();
    assert_eq!(schema.group_for_array("face_areas"), Some("faces"));
    assert_eq!(schema.group_for_array("edge_lengths"), Some("edges"));
    assert_eq!(schema.group_for_array("unknown_array"), None);
    assert_eq!(schema.group_for_array("faces/face_areas"), Some("faces"));
    assert_eq!(schema.group_for_array("part_7/face_areas"), Some("faces"));
    for name in ["", "/", "face_areas/", "faces/", "é/é"] {
        assert_eq!(schema.group_for_array(name), None, "{name:?}");
    }
}

#[test]
fn an_array_name_of_two_groups_belongs_to_the_named_group_else_to_the_first() {
    let schema = Schema::parse(&json!({"groups": {
        "b": {"arrays": {"x": {"dims": ["b"]}, "c/x": {"dims": ["b", "c"]}, "a/x": {}}},
        "a": {"arrays": {"x": {"dims": ["a", "a2", "a3"]}}}}}))
    .unwrap();
    let group_and_ndim = |name: &str| {
        (schema.group_for_array(name), schema.array(&key(name)).and_then(|a| a.dims.clone()).map(|d| d.len()))
    };
    assert_eq!(group_and_ndim("x"), (Some("b"), Some(1)));
    assert_eq!(group_and_ndim("a/x"), (Some("a"), Some(3)));
    assert_eq!(group_and_ndim("b/x"), (Some("b"), Some(1)));
    assert_eq!(group_and_ndim("c/x"), (Some("b"), Some(2)));
    assert_eq!(group_and_ndim("b/c/x"), (Some("b"), Some(2)));
    assert_eq!(group_and_ndim("z/x"), (Some("b"), Some(1)));
    assert_eq!(schema.dims_for(&key("a/x"), 2), None);
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    let array = |spec: Json| json!({"groups": {"faces": {"arrays": {"face_areas": spec}}}});
    let field = |field: Json| json!({"metadata": {"metadata": {"file_level": {"size": field}}}});
    for (json, text) in [
        (json!([1]), "schema: wanted an object, found a list of 1"),
        (json!({"version": 1.0}), "version: wanted a string, found 1.0"),
        (json!({"groups": []}), "groups: wanted an object, found a list of 0"),
        (json!({"groups": {"a//b": {}}}), "groups.a//b: a//b: key has an empty component"),
        (json!({"groups": {"f": {"primary_dimension": 1}}}), "groups.f.primary_dimension: wanted a string, found 1"),
        (array(json!("x")), "groups.faces.arrays.face_areas: wanted an object, found \"x\""),
        (array(json!({"dims": 3})), "groups.faces.arrays.face_areas.dims: wanted a list of strings, found 3"),
        (array(json!({"dims": ["a", 3]})), "groups.faces.arrays.face_areas.dims[1]: wanted a string, found 3"),
        (array(json!({"dims": [""]})), "groups.faces.arrays.face_areas.dims[0]: the name of a dimension is empty"),
        (
            array(json!({"dims": vec!["d"; 33]})),
            "groups.faces.arrays.face_areas.dims: has 33 dimensions, the limit is 32",
        ),
        (
            array(json!({"dtype": "float31"})),
            "groups.faces.arrays.face_areas.dtype: wanted a data type such as float32 or str, found \"float31\"",
        ),
        (array(json!({"min_value": "0"})), "groups.faces.arrays.face_areas.min_value: wanted a number, found \"0\""),
        (
            array(json!({"dtype": "str", "min_value": 0})),
            "groups.faces.arrays.face_areas.min_value: bounds numbers, the data type is string",
        ),
        (
            array(json!({"min_value": 2, "max_value": 1.5})),
            "groups.faces.arrays.face_areas: min_value is 2, max_value 1.5",
        ),
        (
            array(json!({"dtype": "int8", "values": [1, 300]})),
            "groups.faces.arrays.face_areas.values[1]: wanted a value of int8, found 300",
        ),
        (array(json!({"values": 3})), "groups.faces.arrays.face_areas.values: wanted a list, found 3"),
        (array(json!({"labels": [3]})), "groups.faces.arrays.face_areas.labels[0]: wanted a string, found 3"),
        (
            field(json!({"required": "no"})),
            "metadata.metadata.file_level.size.required: wanted true or false, found \"no\"",
        ),
        (
            json!({"metadata": {"routing_rules": {"default_string": "file"}}}),
            "metadata.routing_rules.default_string: wanted \"file_level\" or \"categorical\", found \"file\"",
        ),
        (
            json!({"metadata": {"metadata": {}, "file_level": {}}}),
            "metadata: has both 'file_level' and 'metadata', wanted one nesting",
        ),
    ] {
        assert_eq!(refused(json), text);
    }
}

#[test]
fn absurd_dictionaries_are_refused() {
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    assert!(refused(json!({ "extra": deep })).contains("nested deeper"));
    assert!(refused(json!({"extra": vec![0; 1_000_001]})).contains("more than 1000000 values"));
    assert!(
        refused(json!({"groups": {"g": {"arrays": {"a": {"values": vec![0; 65_537]}}}}}))
            .contains("the limit is 65536")
    );
    let long_name = "x".repeat(10_000);
    assert!(refused(json!({"groups": {long_name: 1}})).len() < 400);
}

#[test]
fn both_nestings_are_read_and_unknown_members_kept() {
    let sections = json!({"file_level": {"size": {"dtype": "int64", "unit": "B"}}, "vendor": 7,
        "routing_rules": {"categorical_patterns": ["*_label"], "later": true}});
    for metadata in [sections.clone(), json!({ "metadata": sections })] {
        let given =
            json!({"author": "x", "groups": {"g": {"note": 1, "arrays": {"a": {"unit": "mm"}}}}, "metadata": metadata});
        let schema = Schema::parse(&given).unwrap();
        assert_eq!(schema.json(), &given);
        assert_eq!(schema.array(&key("a")).unwrap().rules["unit"], "mm");
        let built = SchemaBuilder::from_json(&given).unwrap().build();
        assert_eq!((&built["author"], &built["groups"]["g"]["note"]), (&json!("x"), &json!(1)));
        let inner = &built["metadata"]["metadata"];
        assert_eq!(inner["file_level"]["size"]["unit"], "B");
        assert_eq!((&inner["vendor"], &inner["routing_rules"]["later"]), (&json!(7), &json!(true)));
        assert_eq!(inner["routing_rules"]["default_numeric"], "file_level");
    }
    assert!(Schema::parse(&json!({})).unwrap().group_for_array("x").is_none());
}
