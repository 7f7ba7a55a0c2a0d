//! Writing JSON text piece by piece.
//!
//! A part of sixty small arrays has a few hundred short documents: built as trees first, they would cost more than
//! compressing the arrays.

use std::fmt::Write;

use serde_json::Value as Json;

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
