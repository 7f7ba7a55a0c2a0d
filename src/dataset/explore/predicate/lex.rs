//! The words of a predicate. Positions count bytes of the text.

use super::shown;
use crate::error::{Error, Result, err};

/// Longer predicates are refused.
pub const MAX_TEXT: usize = 1 << 20;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// An identifier or a keyword.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// A text.
    Text(String),
    /// A number without a sign, as it is written.
    Number(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// Behind the last word.
    End,
}

impl Token {
    /// The word for an error.
    pub fn shown(&self) -> String {
        match self {
            Self::Word(text) | Self::Quoted(text) | Self::Number(text) => format!("'{}'", shown(text)),
            Self::Text(text) => format!("the text '{}'", shown(text)),
            Self::Sign(sign) => format!("'{sign}'"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer signs come before those that they begin with.
const SIGNS: [&str; 19] =
    ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", ".", "&", "|", "~", "-", "+", "=", "!"];

/// The words of a text, each with its position; the last one is the end.
pub fn tokens(text: &str) -> Result<Vec<(Token, usize)>> {
    if text.len() > MAX_TEXT {
        return Err(err!(InvalidArgument, "where: {} bytes, the limit is {MAX_TEXT}", text.len()));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = match first {
            '\'' | '"' => quoted(rest, first, at).map(|(text, length)| (Token::Text(text), length))?,
            '`' => quoted(rest, first, at).map(|(text, length)| (Token::Quoted(text), length))?,
            _ if first == '_' || first.is_alphabetic() => {
                let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ if begins_number(rest) => {
                let length = number(rest);
                (Token::Number(rest[..length].to_owned()), length)
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return Err(wrong(at, format_args!("'{}' means nothing", first.escape_debug()))),
            },
        };
        tokens.push((token, at));
        at += length;
    }
    tokens.push((Token::End, at));
    Ok(tokens)
}

/// The error of what is wrong at a position.
pub fn wrong(at: usize, what: impl std::fmt::Display) -> Error {
    err!(InvalidArgument, "where: {what}, at byte {at}")
}

/// What stands between two marks, and its length with them.
fn quoted(rest: &str, mark: char, at: usize) -> Result<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped)) if escaped == mark || escaped == '\\' => text.push(escaped),
                Some((_, other)) => text.extend(['\\', other]),
                None => break,
            },
            c if c == mark => return Ok((text, index + c.len_utf8())),
            c => text.push(c),
        }
    }
    Err(wrong(at, format_args!("{mark} is not closed")))
}

fn begins_number(rest: &str) -> bool {
    let digits = rest.strip_prefix('.').unwrap_or(rest);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

/// The length of a number: digits, a point, digits, an exponent.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
