//! What predicates may say, and what is said of those that are wrong.

use super::super::predicate::{Compare, Expr, Literal, Name, Test, parse};
use super::dataset;
use crate::{ErrorKind, Op};

fn test(name: &str, test: Test) -> Expr {
    Expr::Test(Name { name: name.to_owned(), ..Name::default() }, test)
}

fn compared(name: &str, compare: Compare, literal: Literal) -> Expr {
    test(name, Test::Compare(compare, literal))
}

#[test]
fn words_bind_as_they_do_in_python() {
    let equal = |name: &str, int: i128| compared(name, Compare::Equal, Literal::Int(int));
    let parsed = |text: &str| parse(text).unwrap().unwrap();
    assert_eq!(parse(" \n").unwrap(), None);
    assert_eq!(
        parsed("a == 1 or not b == 2 and c == 3"),
        Expr::Or(vec![equal("a", 1), Expr::And(vec![Expr::Not(Box::new(equal("b", 2))), equal("c", 3)])])
    );
    assert_eq!(parsed("(a==1|b==2)&~c==3"), parsed("(a == 1 OR b == 2) AND NOT c == 3"));
    assert_eq!(parsed("not not a"), test("a", Test::Truth));
    assert_eq!(parsed("-2.5e-3 <= a"), compared("a", Compare::AtLeast, Literal::Real(-0.0025)));
    assert_eq!(parsed("a > -9"), compared("a", Compare::Greater, Literal::Int(-9)));
    assert_eq!(parsed(r"a == 'it\'s \\ \n'"), compared("a", Compare::Equal, Literal::Text(r"it's \ \n".to_owned())));
    assert_eq!(
        parsed("a in (1, 'x', TRUE,)"),
        test("a", Test::In(vec![Literal::Int(1), Literal::Text("x".to_owned()), Literal::Bool(true)]))
    );
    assert_eq!(parsed("a not in []"), Expr::Not(Box::new(test("a", Test::In(Vec::new())))));
    assert_eq!(parsed("a is not none"), Expr::Not(Box::new(test("a", Test::Null))));
    let name = Name { scope: Some("file".to_owned()), name: "and".to_owned(), component: vec![1, 0, 2] };
    assert_eq!(parsed("file.`and`[1, 0][2]"), Expr::Test(name, Test::Truth));
    assert_eq!(parsed("größe_2 == 1"), equal("größe_2", 1));
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let (_dir, dataset) = dataset();
    for (predicate, message) in [
        ("size >", "where: wanted a name or a value, found the end, at byte 6"),
        ("size = 3", "where: wanted == (equality has two signs), found '=', at byte 5"),
        ("size == 3 4", "where: wanted and, or, or the end, found '4', at byte 10"),
        ("(size == 3", "where: wanted and, or, or ')', found the end, at byte 10"),
        ("0 < size < 5", "where: wanted and, or, or the end, found '<', at byte 9"),
        ("3 == 4", "where: two values are compared, one side must be a name, at byte 0"),
        ("size == id", "where: two names are compared, one side must be a value, at byte 0"),
        ("name == 'x", "where: ' is not closed, at byte 8"),
        ("size ? 3", "where: '?' means nothing, at byte 5"),
        ("size in 3", "where: wanted '[', found '3', at byte 8"),
        ("size in [3 4]", "where: wanted ',' or the end of the list, found '4', at byte 11"),
        ("name like 3", "where: wanted a pattern in quotes, found '3', at byte 10"),
        ("size is 3", "where: wanted null, found '3', at byte 8"),
        ("size == 1e999", "where: wanted a finite number, found '1e999', at byte 8"),
        ("size == -x", "where: wanted a number, found 'x', at byte 9"),
        ("face_centroids[-1] > 2", "where: wanted an index from 0, found '-', at byte 15"),
        ("and", "where: wanted a name or a value, found 'and', at byte 0"),
        ("colour == 3", "where: neither group 'faces' nor the infoset has 'colour'"),
        ("file.face_areas > 3", "where: the infoset has no 'file.face_areas'"),
        ("faces.size > 3", "where: group 'faces' has no array 'size'"),
        ("edges.size > 3", "where: edges.size is of another group, asked is 'faces'"),
        ("size == 'x'", "where: size holds numbers, no names of them are known such as 'x'"),
        (
            "face_types == 'Sphere'",
            "where: no value of face_types is called 'Sphere', known are 'Plane', 'Cylinder', 'Cone'",
        ),
        ("face_types < 'Cone'", "where: face_types is int32, < 'Cone' does not go with it"),
        ("face_types == true", "where: face_types holds numbers, true is none"),
        ("face_types", "where: face_types is int32, alone stands a bool only"),
        ("face_areas == 'big'", "where: face_areas holds numbers, no names of them are known such as 'big'"),
        ("face_flags == 2", "where: face_flags is bool, 2 is neither true nor false"),
        ("face_words > 2", "where: face_words is string, 2 is no text"),
        ("unit > 2", "where: unit is string, > 2 does not go with it"),
        ("unit", "where: unit is string, alone stands a bool only"),
        ("closed > true", "where: closed is bool, > true does not go with it"),
        ("size[0] > 2", "where: size[0]: a column has no components"),
        ("face_centroids > 2", "face_centroids: has 2 dimensions, name one component such as face_centroids[0]"),
        ("face_centroids[3] > 2", "face_centroids[3]: index 3 is beyond the length 3"),
        ("face_centroids[0, 0] > 2", "face_centroids[0, 0]: 2 indices, the array has 1 dimensions but the first"),
        ("face_areas[0] > 2", "face_areas[0]: 1 indices, the array has 0 dimensions but the first"),
        ("face_areas > 2 and loop_ids == 3", "where: face_areas runs along 'face', loop_ids along 'loop'"),
    ] {
        let error = dataset.files(&Op::quiet(), Some("faces"), predicate).unwrap_err();
        assert_eq!(error.message(), message, "{predicate}");
        assert!(matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::NotFound), "{predicate}");
    }
}

#[test]
fn no_text_ends_the_stack_or_takes_for_ever() {
    for text in [
        "(".repeat(100_000),
        "not ".repeat(100_000),
        "~".repeat(100_000) + "a",
        "a or ".repeat(100_000),
        "a[".repeat(1000),
        "-".repeat(1000),
        "'".repeat(99_999),
        "a".repeat(2 << 20),
        format!("a in [{}]", "1,".repeat(200_000)),
    ] {
        if let Err(error) = parse(&text) {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().len() < 300, "{error}");
        }
    }
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(100)).is_ok());
    assert!(parse(&deep(101)).unwrap_err().message().contains("100 parentheses deep"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]
    #[test]
    fn any_text_is_read_or_refused(text in r#"([a-c0-9.'"`()\[\],<>=!&|~+ -]|and|or|not|in|is|null|like| ){0,40}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn any_characters_are_read_or_refused(text in "\\PC{0,30}") {
        let _ = parse(&text);
    }
}
