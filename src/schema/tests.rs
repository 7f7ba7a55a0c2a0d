//! The module as a whole, by the examples of the specification and by properties.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::error::ErrorKind;
use crate::key::Key;
use crate::value::{Array, ArrayView, DType};

use SchemaDtype::{Convertible, Strict};

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn check(schema: &Schema, name: &str, array: &Array, policy: SchemaDtype) -> Result<Conversion, String> {
    schema.check(&key(name), &array.view(), policy).map_err(|e| {
        assert_eq!(e.kind(), ErrorKind::Schema);
        e.message().to_owned()
    })
}

/// A schema of one group `g` with one array `a`.
fn one_array(spec: Json) -> Schema {
    Schema::parse(&json!({"groups": {"g": {"arrays": {"a": spec}}}})).unwrap()
}

fn refused(json: Json) -> String {
    let error = Schema::parse(&json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    error.message().to_owned()
}

/// "Complete CAD Encoding Workflow", step 1.
fn cad() -> SchemaBuilder {
    let mut builder = SchemaBuilder::new("CAD_analysis").with_version("1.0");
    let faces = builder.create_group("faces", "face", "Face data").unwrap();
    faces.create_array("face_indices", &["face"], "int32").unwrap();
    faces.create_array("face_areas", &["face"], "float32").unwrap();
    faces.create_array("face_types", &["face"], "int32").unwrap();
    let edges = builder.create_group("edges", "edge", "Edge data").unwrap();
    edges.create_array("edge_indices", &["edge"], "int32").unwrap();
    edges.create_array("edge_lengths", &["edge"], "float32").unwrap();
    builder.define_file_metadata("size_cadfile", "int64", "File size").unwrap();
    builder.define_file_metadata("processing_time", "float32", "Processing time").unwrap();
    builder.define_categorical_metadata("file_label", "int32", "Classification").unwrap();
    builder.set_metadata_routing_rules(RoutingRules::new(&["size_*", "processing_*"], &["*_label"]));
    builder
}

fn cad_schema() -> Schema {
    Schema::parse(&cad().build()).unwrap()
}

#[test]
fn complete_cad_encoding_workflow() {
    let schema = cad_schema();
    assert_eq!((schema.domain(), schema.version()), ("CAD_analysis", "1.0"));
    assert_eq!(check(&schema, "face_indices", &Array::vector(&[0i32, 1]), Strict), Ok(Conversion::None));
    assert_eq!(check(&schema, "face_areas", &Array::vector(&[1.5f32, 2.3]), Strict), Ok(Conversion::None));
    assert_eq!(schema.dims_for(&key("edge_lengths"), 1), Some(vec!["edge".to_owned()]));
    for (name, value, scope) in [
        ("size_cadfile", json!(1_024_000), Scope::FileLevel),
        ("processing_time", json!(12.5), Scope::FileLevel),
        ("file_label", json!(2), Scope::Categorical),
    ] {
        assert_eq!(schema.scope(name, &value), scope);
        schema.check_metadata(name, &value).unwrap();
    }
}

#[test]
fn schema_driven_validation() {
    let schema = cad_schema();
    let areas = |array: Array| check(&schema, "face_areas", &array, Strict);
    assert_eq!(areas(Array::vector(&[1.5f32, 2.3, 4.1])), Ok(Conversion::None));
    assert_eq!(
        areas(Array::from_slice(&[2, 2], &[1.5f64, 2.3, 4.1, 3.2]).unwrap()).unwrap_err(),
        "face_areas: schema wants 1 dimension (face), data has 2"
    );
    assert_eq!(areas(Array::vector(&[1i32, 2, 3])).unwrap_err(), "face_areas: schema wants float32, data is int32");
    let lenient = check(&schema, "face_areas", &Array::vector(&[1i32, 2, 3]), Convertible);
    assert_eq!(lenient, Ok(Conversion::To(DType::F32)));
    assert_eq!(check(&schema, "not_in_schema", &Array::string("x"), Strict), Ok(Conversion::None));
}

#[test]
fn schema_validation_in_production() {
    let mut builder = SchemaBuilder::new("production_data");
    let group = builder.create_group("measurements", "sample", "").unwrap();
    group.create_array("temperature", &["sample"], "float32").unwrap();
    group.create_array("pressure", &["sample"], "float32").unwrap();
    let schema = Schema::parse(&builder.build()).unwrap();
    assert!(check(&schema, "temperature", &Array::vector(&[20.5f32, 25.3, 22.1]), Strict).is_ok());
    let wrong = Array::from_slice(&[2, 2], &[20.5f64, 25.3, 22.1, 23.4]).unwrap();
    assert_eq!(
        check(&schema, "temperature", &wrong, Strict).unwrap_err(),
        "temperature: schema wants 1 dimension (sample), data has 2"
    );
}

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
        "b": {"arrays": {"x": {"dims": ["b"]}, "c/x": {"dims": ["b", "c"]}}},
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
fn another_width_is_accepted_only_when_no_value_is_lost() {
    let cases: [(&str, Array, Result<DType, &str>); 8] = [
        ("float64", Array::vector(&[2.3f32]), Ok(DType::F64)),
        ("float32", Array::vector(&[1.5f64, f64::NAN, f64::INFINITY]), Ok(DType::F32)),
        ("float32", Array::vector(&[1.5f64, 2.3]), Err("float64 and element [1] = 2.3 would be lost")),
        ("int32", Array::vector(&[7i64, -7]), Ok(DType::I32)),
        ("int32", Array::vector(&[1i64 << 31]), Err("int64 and element [0] = 2147483648 would be lost")),
        ("uint8", Array::vector(&[-1i8]), Err("int8 and element [0] = -1 would be lost")),
        ("complex64", Array::vector(&[num_complex::Complex::new(1.0f64, 2.0)]), Ok(DType::C64)),
        ("float32", Array::scalar(1e300f64), Err("float64 and the value = 1e300 would be lost")),
    ];
    for (dtype, array, expected) in cases {
        let found = check(&one_array(json!({ "dtype": dtype })), "a", &array, Strict);
        match expected {
            Ok(to) => assert_eq!(found, Ok(Conversion::To(to))),
            Err(text) => assert_eq!(found, Err(format!("a: schema wants {dtype}, data is {text}"))),
        }
    }
}

#[test]
fn another_kind_is_refused_or_converted_by_policy() {
    let one = |dtype: DType| match dtype {
        DType::String => Array::string("1"),
        numeric => convert(&Array::scalar(1u8).view(), numeric).unwrap(),
    };
    let kind = |d: DType| (d == DType::Bool, d.is_integer(), d.is_float(), d.is_complex(), d == DType::String);
    for wanted in DType::ALL {
        let schema = one_array(json!({ "dtype": wanted.name() }));
        for found in DType::ALL {
            let strict = check(&schema, "a", &one(found), Strict);
            let convertible = check(&schema, "a", &one(found), Convertible);
            let any_string = wanted == DType::String || found == DType::String;
            let conversion = if wanted == found { Conversion::None } else { Conversion::To(wanted) };
            assert_eq!(strict.is_ok(), kind(wanted) == kind(found), "{wanted} {found}");
            assert_eq!(convertible.is_ok(), wanted == found || !any_string, "{wanted} {found}");
            assert!([strict, convertible].into_iter().flatten().all(|c| c == conversion));
        }
    }
    let lossy = check(&one_array(json!({"dtype": "int32"})), "a", &Array::vector(&[1.0f32, 1.5]), Convertible);
    assert_eq!(lossy.unwrap_err(), "a: schema wants int32, data is float32 and element [1] = 1.5 would be lost");
}

#[test]
fn rules_name_the_element_that_breaks_them() {
    let bounded = one_array(json!({"dtype": "float32", "min_value": 0, "max_value": 0.1}));
    assert!(check(&bounded, "a", &Array::vector(&[0.0f32, 0.1, f32::NAN]), Strict).is_ok());
    assert_eq!(
        check(&bounded, "a", &Array::from_slice(&[1, 2], &[0.05f32, -0.5]).unwrap(), Strict).unwrap_err(),
        "a: schema wants at least 0 (min_value), element [0, 1] is -0.5"
    );
    assert_eq!(
        check(&bounded, "a", &Array::scalar(0.2f32), Strict).unwrap_err(),
        "a: schema wants at most 0.1 (max_value), the value is 0.2"
    );
    let chosen = one_array(json!({"dtype": "int32", "values": [3, 1, 2], "labels": ["c", "a", "b"]}));
    assert!(check(&chosen, "a", &Array::vector(&[1i64, 2, 3]), Strict).is_ok());
    assert_eq!(
        check(&chosen, "a", &Array::vector(&[1i32, 4]), Strict).unwrap_err(),
        "a: schema wants one of 3, 1, 2 (values), element [1] is 4"
    );
    let texts = one_array(json!({"dtype": "str", "values": ["low", "high"]}));
    assert!(check(&texts, "a", &Array::string("low"), Strict).is_ok());
    assert_eq!(
        check(&texts, "a", &Array::string("mid"), Strict).unwrap_err(),
        "a: schema wants one of \"low\", \"high\" (values), the value is \"mid\""
    );
    let tenths = one_array(json!({"values": [0.1, 0.2]}));
    assert!(check(&tenths, "a", &Array::vector(&[0.1f32, 0.2]), Strict).is_ok());
    assert!(check(&tenths, "a", &Array::vector(&[0.1f64, 0.2]), Strict).is_ok());
    assert!(check(&tenths, "a", &Array::vector(&[f64::NAN]), Strict).is_err());
    let open = one_array(json!({"min_value": 0}));
    assert_eq!(
        check(&open, "a", &Array::string("x"), Strict).unwrap_err(),
        "a: schema wants numbers (min_value, max_value), data is string"
    );
    let empty = Array::from_slice::<f32>(&[0], &[]).unwrap();
    assert!(check(&bounded, "a", &empty, Strict).is_ok());
}

#[test]
fn rules_hold_for_strided_data() {
    let schema = one_array(json!({"dtype": "int32", "max_value": 3}));
    let bytes: &[u8] = bytemuck::cast_slice(&[1i32, 99, 2, 99, 3, 99]);
    let every_other = ArrayView::strided(DType::I32, &[3], &[2], 0, bytes).unwrap();
    assert!(schema.check(&key("a"), &every_other, Strict).is_ok());
    let reversed = ArrayView::strided(DType::I32, &[6], &[-1], 5, bytes).unwrap();
    let error = schema.check(&key("a"), &reversed, Strict).unwrap_err();
    assert_eq!(error.message(), "a: schema wants at most 3 (max_value), element [0] is 99");
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

#[test]
fn the_builder_writes_the_documented_bytes() {
    let mut builder = SchemaBuilder::new("Manufacturing_Analysis").with_description("...");
    let machining = builder.create_group("machining", "part", "...").unwrap();
    machining.create_array("machining_category", &["part"], "int32").unwrap().description("...");
    builder.define_file_metadata("size_cadfile", "int64", "...").unwrap();
    builder.define_categorical_metadata("file_label", "int32", "...").unwrap();
    builder.set_metadata_routing_rules(RoutingRules::new(&[], &["*_label"]));
    let documented = concat!(
        r#"{"version":"1.0","domain":"Manufacturing_Analysis","groups":{"machining":{"primary_dimension":"part","#,
        r#""arrays":{"machining_category":{"dims":["part"],"dtype":"int32","description":"..."}},"description":"..."}},"#,
        r#""description":"...","metadata":{"metadata":{"#,
        r#""file_level":{"size_cadfile":{"dtype":"int64","required":false,"description":"..."}},"#,
        r#""categorical":{"file_label":{"dtype":"int32","required":false,"description":"..."}},"#,
        r#""routing_rules":{"file_level_patterns":[],"categorical_patterns":["*_label"],"#,
        r#""default_numeric":"file_level","default_categorical":"categorical","default_string":"categorical"}}}}"#
    );
    assert_eq!(builder.build().to_string(), documented);
    assert_eq!(serde_json::from_str::<Json>(&builder.to_json()).unwrap(), builder.build());
}

#[test]
fn rules_and_special_processing_are_written_flat() {
    let mut builder = create_custom_schema("x");
    let group = builder.create_group("faceface", "face_pair", "").unwrap().special_processing("matrix_flattening");
    group.create_array("d2", &["face_i", "face_j"], "str").unwrap().rule("values", json!(["a"])).rule("unit", "mm");
    builder.define_categorical_metadata("c", "int32", "").unwrap().required(true).rule("values", json!([1]));
    let built = builder.build();
    assert_eq!(built["groups"]["faceface"]["special_processing"], "matrix_flattening");
    assert_eq!(
        built["groups"]["faceface"]["arrays"]["d2"].to_string(),
        r#"{"dims":["face_i","face_j"],"dtype":"str","description":"","values":["a"],"unit":"mm"}"#
    );
    assert_eq!(
        built["metadata"]["metadata"]["categorical"]["c"].to_string(),
        r#"{"dtype":"int32","required":true,"description":"","values":[1]}"#
    );
}

#[test]
fn the_builder_edits_groups_and_arrays() {
    let mut builder = cad();
    assert_eq!(builder.list_groups(), ["faces", "edges"]);
    assert_eq!(builder.create_group("faces", "face", "").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(builder.create_group("a//b", "x", "").unwrap_err().kind(), ErrorKind::Schema);
    let faces = builder.get_group("faces").unwrap();
    assert_eq!(faces.list_arrays(), ["face_indices", "face_areas", "face_types"]);
    assert_eq!(faces.create_array("face_areas", &["face"], "int8").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(
        faces.create_array("x", &["face"], "float").unwrap_err().message(),
        "x: wanted a data type such as float32 or str, found \"float\""
    );
    assert!(faces.create_array("x", &[""], "int8").is_err());
    assert_eq!(faces.get_array("face_areas").unwrap().dtype, Some(DType::F32));
    assert!(faces.remove_array("face_areas") && !faces.remove_array("face_areas"));
    assert!(builder.remove_group("edges") && !builder.remove_group("edges"));
    assert!(builder.get_group("edges").is_none());
    assert_eq!(Schema::parse(&builder.build()).unwrap().group_for_array("edge_lengths"), None);
}

#[test]
fn metadata_fields_are_listed_routed_and_validated_by_the_builder() {
    let mut builder = cad();
    let fields = builder.list_metadata_fields();
    assert_eq!(fields.first(), Some(&("size_cadfile", Scope::FileLevel)));
    assert_eq!(fields.last(), Some(&("file_label", Scope::Categorical)));
    assert_eq!(builder.get_metadata_routing("size_other"), Some(Scope::FileLevel));
    assert_eq!(builder.get_metadata_routing("part_label"), Some(Scope::Categorical));
    assert_eq!(builder.get_metadata_routing("num_faces"), None);
    assert!(builder.validate_metadata_field("file_label", &json!(2)));
    assert!(!builder.validate_metadata_field("file_label", &json!("two")));
    assert!(builder.validate_metadata_field("anything", &json!({"a": []})));
    let twice = builder.define_file_metadata("file_label", "int32", "").unwrap_err();
    assert_eq!(twice.message(), "file_label: wanted as file_level, defined as categorical");
    assert!(builder.validate_metadata_schema().is_empty());
    let field = builder.define_categorical_metadata("file_label", "int32", "").unwrap();
    field.rule("values", json!([0, 1])).rule("labels", json!(["only one"]));
    builder.define_file_metadata("bad", "bool", "").unwrap().rule("min_value", 0);
    builder.set_metadata_routing_rules(RoutingRules::new(&["x*"], &["x*"]));
    assert_eq!(
        builder.validate_metadata_schema(),
        [
            "metadata.bad.min_value: bounds numbers, the data type is bool",
            "metadata.file_label: has 2 values, 1 labels",
            "routing_rules: pattern 'x*' is in both lists",
        ]
    );
}

#[test]
fn metadata_is_routed_by_definition_then_pattern_then_type() {
    let mut builder = cad();
    builder.define_file_metadata("processing/flow", "str", "").unwrap();
    builder.set_metadata_routing_rules(RoutingRules::new(
        &["size_*", "duration_*", "processing_*", "flow_name"],
        &["*_label", "category", "type", "size_class", "material_*"],
    ));
    let schema = Schema::parse(&builder.build()).unwrap();
    let (file, category) = (Scope::FileLevel, Scope::Categorical);
    for (name, value, scope) in [
        ("file_label", json!(2), category),            // defined, though a number
        ("processing/flow", json!("x"), file),         // defined under the whole key
        ("stage/file_label", json!(1), category),      // defined under the last component
        ("SIZE_step", json!("x"), file),               // pattern, any case
        ("size_class", json!("x"), file),              // in both lists: file-level comes first
        ("processing/duration", json!(12.5), file),    // 'processing_*' takes '/' for '_'
        ("processing/timestamp", json!("2025"), file), // the same, though a text
        ("stage/category", json!(3), category),        // last component
        ("flow_name/detail", json!("x"), file),        // first component
        ("material_steel", json!(1), category),        // pattern against the type
        ("num_faces", json!(4), file),                 // number
        ("is_closed", json!(true), category),          // bool
        ("author", json!("x"), category),              // text
        ("box", json!([0.0, 1.0]), file),              // numbers
        ("flags", json!({"a": true}), category),       // bools
        ("mixed", json!([1, "x"]), category),          // anything else goes with texts
        ("nothing", json!(null), category),
        ("empty", json!([]), category),
        ("file_sizes_KB/part_label", json!(4.5), file), // the library's own keys, whatever the patterns
        ("_storage_schema", json!({"a": "b"}), file),
        ("descriptions/size_x", json!([1]), category),
    ] {
        assert_eq!(schema.scope(name, &value), scope, "{name}");
    }
    let turned = json!({"metadata": {"routing_rules": {"default_numeric": "categorical", "default_categorical": "file_level",
        "default_string": "file_level"}}});
    let turned = Schema::parse(&turned).unwrap();
    assert_eq!(turned.scope("n", &json!(1)), category);
    assert_eq!((turned.scope("b", &json!(true)), turned.scope("s", &json!("x"))), (file, file));
}

#[test]
fn metadata_is_checked_against_its_field() {
    let mut builder = SchemaBuilder::new("x");
    builder.define_file_metadata("size", "int32", "").unwrap().required(true).rule("min_value", 0);
    builder.define_file_metadata("time", "float32", "").unwrap().rule("max_value", 0.1);
    builder.define_file_metadata("run/ok", "bool", "").unwrap();
    builder.define_file_metadata("z", "complex64", "").unwrap();
    builder.define_categorical_metadata("level", "str", "").unwrap().rule("values", json!(["low", "high"]));
    let schema = Schema::parse(&builder.build()).unwrap();
    for (name, value) in [
        ("size", json!(5)),
        ("size", json!([1, 2])),
        ("time", json!(0.1)),
        ("time", json!(0)),
        ("time", json!(null)),
        ("run", json!({"ok": true, "other": "x"})),
        ("z", json!({"real": 1, "imag": 2.5})),
        ("z", json!(1.5)),
        ("level", json!("low")),
        ("unknown", json!([{"a": null}])),
        ("_size", json!("x")),
        ("file_sizes_KB/size", json!("x")),
        ("other/size", json!("x")),
    ] {
        assert_eq!(schema.check_metadata(name, &value), Ok(()), "{name} {value}");
    }
    for (name, value, text) in [
        ("size", json!(1.0), "size: schema wants int32, value is 1.0"),
        ("size", json!(1u64 << 31), "size: schema wants int32, value is 2147483648"),
        ("size", json!(null), "size: schema wants int32, value is null"),
        ("size", json!([1, "x"]), "size: schema wants int32, value is \"x\""),
        ("size", json!(-1), "size: schema wants at least 0 (min_value), value is -1"),
        ("time", json!(0.2), "time: schema wants at most 0.1 (max_value), value is 0.2"),
        ("time", json!(1e300), "time: schema wants float32, value is 1e300"),
        ("time", json!(true), "time: schema wants float32, value is true"),
        ("run", json!({"ok": 1}), "run/ok: schema wants bool, value is 1"),
        ("z", json!({"real": 1}), "z: schema wants complex64, value is an object of 1"),
        ("level", json!("mid"), "level: schema wants one of \"low\", \"high\" (values), value is \"mid\""),
    ] {
        assert_eq!(schema.check_metadata(name, &value).unwrap_err().message().replace("1e+300", "1e300"), text);
    }
    assert_eq!(schema.missing_metadata(&json!({"time": 1})), ["size"]);
    assert!(schema.missing_metadata(&json!({"size": 1})).is_empty());
    let deep = (0..100).fold(json!(1), |inner, _| json!({ "d": inner }));
    assert!(schema.check_metadata("deep", &deep).unwrap_err().message().contains("nested deeper"));
}

#[test]
fn every_template_is_a_sound_schema() {
    for name in TEMPLATES {
        let builder = SchemaBuilder::from_template(name).unwrap();
        assert!(builder.validate_metadata_schema().is_empty());
        let built = builder.build();
        let schema = Schema::parse(&built).unwrap();
        for (name, group) in schema.groups() {
            assert!(group.arrays().next().is_some());
            let distinct = |dims: &[String]| dims.iter().collect::<std::collections::HashSet<_>>().len() == dims.len();
            assert!(group.arrays().all(|(_, a)| distinct(a.dims.as_deref().unwrap())), "{name}");
        }
        assert_eq!(SchemaBuilder::from_json(&built).unwrap(), builder);
    }
    let unknown = SchemaBuilder::from_template("cad").unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(unknown.message().contains("cad_basic, cad_advanced"));
    let advanced = Schema::parse(&SchemaBuilder::from_template("cad_advanced").unwrap().build()).unwrap();
    assert_eq!(advanced.group("faceface").unwrap().special_processing.as_deref(), Some("matrix_flattening"));
    assert_eq!(advanced.group_for_array("graph/edges_source"), Some("graph"));
    assert_eq!(advanced.group_for_array("face_areas"), Some("faces"));
    assert_eq!(create_cad_schema().unwrap(), SchemaBuilder::from_template("cad_basic").unwrap());
    assert_eq!(create_manufacturing_schema().unwrap().list_groups(), ["machining", "quality"]);
    assert_eq!(create_sensor_schema().unwrap().list_groups(), ["measurements"]);
}

#[test]
fn a_template_extends_without_replacing() {
    let mut builder = SchemaBuilder::new("mine");
    let faces = builder.create_group("faces", "my_face", "mine").unwrap();
    faces.create_array("face_areas", &["my_face"], "float64").unwrap();
    builder.define_categorical_metadata("size_cadfile", "str", "mine").unwrap();
    builder.extend_template("cad_advanced").unwrap().extend_template("cad_advanced").unwrap();
    let schema = Schema::parse(&builder.build()).unwrap();
    assert_eq!(schema.domain(), "mine");
    assert_eq!(schema.array(&key("face_areas")).unwrap().dtype, Some(DType::F64));
    assert!(schema.array(&key("face_normals")).is_some() && schema.group("graph").is_some());
    assert_eq!(schema.scope("size_cadfile", &json!("x")), Scope::Categorical);
    assert_eq!(schema.scope("duration_x", &json!("x")), Scope::FileLevel);
    assert!(builder.validate_metadata_schema().is_empty());
}

#[test]
fn files_come_back_and_bad_ones_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.json");
    let builder = SchemaBuilder::from_template("cad_advanced").unwrap();
    cad().save_to_file(&path).unwrap();
    builder.save_to_file(&path).unwrap();
    assert_eq!(SchemaBuilder::load_from_file(&path).unwrap(), builder);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    let text = std::fs::read(&path).unwrap();
    for cut in [0, 1, text.len() / 2, text.len() - 3] {
        std::fs::write(&path, &text[..cut]).unwrap();
        assert_eq!(SchemaBuilder::load_from_file(&path).unwrap_err().kind(), ErrorKind::Json);
    }
    std::fs::write(&path, "[".repeat(100_000)).unwrap();
    assert_eq!(SchemaBuilder::load_from_file(&path).unwrap_err().kind(), ErrorKind::Json);
    std::fs::write(&path, r#"{"groups": 3}"#).unwrap();
    let error = SchemaBuilder::load_from_file(&path).unwrap_err();
    assert!(error.message().ends_with("schema.json: groups: wanted an object, found 3"), "{error}");
    let absent = directory.path().join("no/schema.json");
    assert_eq!(SchemaBuilder::load_from_file(&absent).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(builder.save_to_file(&absent).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(builder.save_to_file(directory.path()).is_err());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

fn any_json() -> impl Strategy<Value = Json> {
    let names = prop::sample::select(vec![
        "groups",
        "arrays",
        "metadata",
        "file_level",
        "categorical",
        "routing_rules",
        "file_level_patterns",
        "dims",
        "dtype",
        "required",
        "values",
        "labels",
        "min_value",
        "max_value",
        "default_numeric",
        "description",
        "x",
        "a/b",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        prop::sample::select(vec!["float32", "int8", "str", "bool", "complex64", "file_level", "*_x", "é"])
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Json>()),
        ]
    })
}

/// A builder with random groups, arrays, rules, fields and patterns.
fn any_builder() -> impl Strategy<Value = SchemaBuilder> {
    let name = "[a-z_]{1,6}";
    let dtype = prop::sample::select(DType::ALL.map(DType::name).to_vec());
    let array = (name, prop::collection::vec(name, 0..4), dtype.clone(), any::<Option<i8>>(), "\\PC{0,8}");
    let group = (name, name, prop::collection::vec(array, 0..5), any::<bool>());
    let field = (name, dtype, any::<bool>(), any::<bool>());
    let patterns = prop::collection::vec("[a-z*_]{0,5}", 0..4);
    let groups = prop::collection::vec(group, 0..4);
    let fields = prop::collection::vec(field, 0..6);
    ("\\PC{0,8}", groups, fields, patterns.clone(), patterns).prop_map(|(domain, groups, fields, file, category)| {
        let mut builder = SchemaBuilder::new(&domain).with_description(&domain);
        for (name, dimension, arrays, special) in groups {
            let Ok(group) = builder.create_group(&name, &dimension, "") else { continue };
            if special {
                group.special_processing("matrix_flattening");
            }
            for (name, dims, dtype, bound, text) in arrays {
                let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
                let Ok(spec) = group.create_array(&name, &dims, dtype) else { continue };
                spec.description(&text).rule("unit", text.as_str());
                if let (Some(bound), Some(true)) = (bound, spec.dtype.map(|d| d.is_float() || d.is_signed())) {
                    spec.rule("min_value", bound).rule("values", json!([bound]));
                }
            }
        }
        for (name, dtype, required, categorical) in fields {
            let field = if categorical {
                builder.define_categorical_metadata(&name, dtype, "")
            } else {
                builder.define_file_metadata(&name, dtype, "")
            };
            if let Ok(field) = field {
                field.required(required);
            }
        }
        let strs = |list: &[String]| list.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        builder.set_metadata_routing_rules(RoutingRules {
            file_level_patterns: strs(&file),
            categorical_patterns: strs(&category),
            ..RoutingRules::default()
        });
        builder
    })
}

proptest! {
    /// What a builder wrote parses, and comes back as the same builder and the same bytes.
    #[test]
    fn a_built_dictionary_comes_back(builder in any_builder()) {
        let built = builder.build();
        let schema = Schema::parse(&built).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let again = SchemaBuilder::from_json(&built).unwrap();
        prop_assert_eq!(&again, &builder);
        prop_assert_eq!(again.build().to_string(), built.to_string());
        for (group, entry) in schema.groups() {
            for (array, spec) in entry.arrays() {
                let full = format!("{group}/{array}");
                prop_assert_eq!(schema.group_for_array(&full), Some(group));
                prop_assert_eq!(schema.array(&key(&full)), Some(spec));
                prop_assert!(schema.group_for_array(array).is_some());
            }
        }
        // The single nesting of the documentation reads as the same schema.
        let mut single = built.clone();
        single["metadata"] = built["metadata"]["metadata"].clone();
        prop_assert_eq!(SchemaBuilder::from_json(&single).unwrap(), builder);
    }

    /// No JSON makes a reader panic, and what was accepted can be used, written and read again.
    #[test]
    fn any_json_is_refused_or_usable(top in any_json(), groups in any_json(), metadata in any_json(), value in any_json()) {
        for json in [&top, &json!({ "groups": groups, "metadata": metadata }), &json!({"groups": {"g": groups}})] {
            match Schema::parse(json) {
                Err(error) => prop_assert!(error.kind() == ErrorKind::Schema && !error.message().contains('\n')),
                Ok(schema) => {
                    let _ = schema.check(&key("g/x"), &Array::vector(&[1i32, 300]).view(), Convertible);
                    let _ = (schema.scope("a/b", &value), schema.check_metadata("x", &value), schema.missing_metadata(&value));
                    let built = SchemaBuilder::from_json(json).unwrap().build();
                    prop_assert_eq!(&SchemaBuilder::from_json(&built).unwrap().build(), &built);
                }
            }
        }
    }

    /// Data that a check accepts converts to the type it says, for every pair of types.
    #[test]
    fn what_is_accepted_converts(bytes in prop::collection::vec(any::<u8>(), 0..48), wanted in 0usize..15, found in 1usize..14) {
        let (wanted, found) = (DType::ALL[wanted], DType::ALL[found]);
        let count = bytes.len() / found.size();
        let view = ArrayView::from_bytes(found, &[count as u64], &bytes[..count * found.size()]).unwrap();
        let schema = one_array(json!({"dtype": wanted.name(), "dims": ["x"]}));
        for policy in [Strict, Convertible] {
            if let Ok(conversion) = schema.check(&key("a"), &view, policy) {
                let to = match conversion { Conversion::None => found, Conversion::To(to) => to };
                prop_assert_eq!(to, wanted);
                prop_assert_eq!(convert(&view, to).unwrap().dtype(), wanted);
            }
        }
    }
}
