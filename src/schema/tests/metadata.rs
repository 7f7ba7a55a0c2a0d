//! Where metadata belongs and whether it fits its field.

use super::*;

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
