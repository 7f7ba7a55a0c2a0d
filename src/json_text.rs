//! JSON text: written piece by piece, and weighed before it is read.
//!
//! A part of sixty small arrays has a few hundred short documents: built as trees first, they would cost more than
//! compressing the arrays. A tree takes up to a hundred times its text, so that text of strangers is weighed first.

use std::fmt::Write;

use serde_json::Value as Json;

use crate::error::{Result, err};

/// What a value, or a member of an object, takes in a tree, with the room that its list grows by.
const VALUE: u64 = 2 * size_of::<Json>() as u64;
/// Up to so many bytes of a tree nobody minds, whatever the bound.
const LIGHT: u64 = 1 << 20;

/// The most values that JSON text can hold, members of objects counted twice, without reading it.
pub fn values(text: &[u8]) -> u64 {
    let (mut count, mut quoted, mut escaped) = (1u64, false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' | b':' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

/// Refuses text whose tree takes more memory than `limit`, at its most.
///
/// # Errors
/// `Corrupt`.
pub fn weigh(text: &[u8], limit: u64) -> Result<()> {
    // No byte of text makes more than one value.
    let most = |values: u64| values.saturating_mul(VALUE).saturating_add(text.len() as u64);
    let allowed = limit.max(LIGHT);
    if most(text.len() as u64) <= allowed {
        return Ok(());
    }
    let (values, weight) = (values(text), most(values(text)));
    if weight > allowed {
        let length = text.len();
        return Err(err!(
            Corrupt,
            "{length} bytes of json with {values} values take up to {weight} bytes, max_decoded_bytes is {limit}"
        ));
    }
    Ok(())
}

/// A list of lengths.
pub fn push_lengths(out: &mut String, lengths: &[u64]) {
    out.push('[');
    for (i, length) in lengths.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_number(out, *length);
    }
    out.push(']');
}

/// A number, in decimal.
pub fn push_number(out: &mut String, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// Any JSON value.
pub fn push_json(out: &mut String, json: &Json) {
    match json {
        Json::Null => out.push_str("null"),
        other => _ = write!(out, "{other}"),
    }
}

/// A JSON string.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    push_escaped(out, text);
    out.push('"');
}

/// A list of strings.
pub fn push_strings(out: &mut String, texts: &[String]) {
    out.push('[');
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_string(out, text);
    }
    out.push(']');
}

/// What stands between the quotes of a JSON string.
pub fn push_escaped(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let quoted = Json::from(text).to_string();
        out.push_str(&quoted[1..quoted.len() - 1]);
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_never_too_few() {
        for text in ["1", "[]", "[1,2]", r#"{"a":[1,{"b":"x,y:[\"]"}],"c":null}"#, r#"["\\",2]"#] {
            fn count(json: &Json) -> u64 {
                1 + match json {
                    Json::Array(items) => items.iter().map(count).sum(),
                    Json::Object(members) => members.values().map(|member| 1 + count(member)).sum(),
                    _ => 0,
                }
            }
            let json = serde_json::from_str(text).unwrap();
            assert!(values(text.as_bytes()) >= count(&json), "{text}");
            assert!(values(text.as_bytes()) <= 2 * count(&json) + 1, "{text}");
        }
    }

    #[test]
    fn a_tree_that_outweighs_the_bound_is_refused_before_it_is_built() {
        let wide = format!("[{}]", vec!["[]"; 100_000].join(","));
        assert!(weigh(wide.as_bytes(), 64 << 30).is_ok());
        let error = weigh(wide.as_bytes(), 2 << 20).unwrap_err();
        assert!(error.message().contains("max_decoded_bytes is 2097152"), "{error}");
        assert!(weigh(format!("\"{}\"", "[".repeat(1 << 20)).as_bytes(), 2 << 20).is_ok());
        assert!(weigh(b"[1,2,3]", 0).is_ok());
    }
}
