//! Properties: what was built comes back, nothing panics, what is accepted converts.

use super::*;
use proptest::prelude::*;

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
