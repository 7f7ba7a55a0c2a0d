//! What a builder writes, edits, takes from templates and keeps in files.

use super::*;

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

#[test]
fn what_is_no_routing_rule_is_kept_but_not_set() {
    let mut builder =
        SchemaBuilder::from_json(&json!({"metadata": {"routing_rules": {"own": 1, "default_string": "file_level"}}}))
            .unwrap();
    let wrong = RoutingRules::from_json(&json!({"file_level_patterns": ["a*"], "file_patterns": []})).unwrap_err();
    assert!(wrong.message().starts_with("routing_rules.file_patterns: no routing rule, there are "), "{wrong}");
    builder.set_metadata_routing_rules(RoutingRules::from_json(&json!({"file_level_patterns": ["a*"]})).unwrap());
    assert_eq!(
        builder.build()["metadata"]["metadata"]["routing_rules"].to_string(),
        concat!(
            r#"{"file_level_patterns":["a*"],"categorical_patterns":[],"default_numeric":"file_level","#,
            r#""default_categorical":"categorical","default_string":"categorical","own":1}"#
        )
    );
}

#[test]
fn what_a_store_would_refuse_is_not_built_or_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut builder = cad();
    builder.define_file_metadata("m", "int8", "").unwrap().rules = Field::rules_of(json!({"values": [300]})).unwrap();
    let error = builder.try_build().unwrap_err();
    assert_eq!(error.message(), "metadata.metadata.file_level.m.values[0]: wanted a value of int8, found 300");
    assert_eq!(builder.save_to_file(directory.path().join("schema.json")).unwrap_err(), error);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    assert!(ArraySpec::rules_of(json!({"dims": []})).is_err() && Field::rules_of(json!([])).is_err());
    assert!(ArraySpec::rules_of(json!({"required": true})).is_ok(), "arrays have no such member");
}
