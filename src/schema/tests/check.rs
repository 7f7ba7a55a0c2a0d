//! Whether data fits: the examples of the specification, widths, kinds, rules.

use super::*;

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

/// Mixed bounds, bounds of another kind than the data, and one-sided ones take different ways to the same answer.
#[test]
fn bounds_of_any_kind_are_exact() {
    let found = |rules: Json, array: &Array, policy| check(&one_array(rules), "a", array, policy).is_ok();
    let integers = |low: i64, high: i64| Array::vector(&[low, high]);
    for (rules, low, high, ok) in [
        (json!({"dtype": "int64", "min_value": 0, "max_value": 2.5}), 0, 2, true),
        (json!({"dtype": "int64", "min_value": 0, "max_value": 2.5}), 0, 3, false),
        (json!({"dtype": "int64", "min_value": 0.5}), 0, 3, false),
        (json!({"dtype": "int64", "max_value": i64::MAX - 1}), 0, i64::MAX, false),
        (json!({"dtype": "int64", "max_value": i64::MAX - 1}), 0, i64::MAX - 1, true),
        (json!({"min_value": -1e300, "max_value": 1e300}), i64::MIN, i64::MAX, true),
        (json!({"min_value": -5}), -6, 0, false),
    ] {
        assert_eq!(found(rules.clone(), &integers(low, high), Strict), ok, "{rules} {low} {high}");
    }
    let reals = Array::vector(&[1.0f64, 3.0]);
    assert!(found(json!({"dtype": "int8", "min_value": 1, "max_value": 3}), &reals, Convertible));
    assert!(!found(json!({"dtype": "int8", "min_value": 2}), &reals, Convertible));
    assert!(!found(json!({"dtype": "float16", "max_value": 2}), &reals, Strict));
    let flags = Array::vector(&[true, false]);
    assert!(!found(json!({"dtype": "int8", "min_value": 1}), &flags, Convertible));
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
