//! The language of predicates (`where`): its words, its tree, and how a text becomes one.
//!
//! ```text
//! predicate := any               any  := all ("or" all)*          all := one ("and" one)*
//! one       := "not" one | "(" any ")" | test
//! test      := name | name compare value | value compare name | name ["not"] "in" "[" values "]"
//!            | name ["not"] "like" text | name "is" ["not"] "null"
//! name      := [word "."] word ["[" number ("," number)* "]"]     compare := == != < <= > >=
//! ```
//!
//! A word that is no identifier stands in backticks; texts in `'` or `"`, with a backslash before what would end them;
//! `& | ~` are `and or not`. Keywords know no case. What names mean is not known here.

mod lex;
mod parse;

use std::fmt;

pub use parse::{parse, parse_name};

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `==`
    Equal,
    /// `!=`
    Differ,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Compare {
    /// The comparison with its sides exchanged.
    pub fn flipped(self) -> Self {
        match self {
            Self::Equal | Self::Differ => self,
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Differ => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A value that was written down.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// An integer of any sign and 127 bits.
    Int(i128),
    /// A finite number with a point or an exponent, or an integer beyond.
    Real(f64),
    /// A text.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Real(real) => write!(f, "{real:?}"),
            Self::Text(text) => write!(f, "'{}'", shown(text)),
            Self::Bool(flag) => write!(f, "{flag}"),
        }
    }
}

/// An array or a column, maybe one component of its rows.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Name {
    /// What stands before the point.
    pub scope: Option<String>,
    /// The name itself.
    pub name: String,
    /// The component: an index in each dimension but the first.
    pub component: Vec<u64>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scope) = &self.scope {
            write!(f, "{}.", shown(scope))?;
        }
        f.write_str(&shown(&self.name))?;
        if self.component.is_empty() { Ok(()) } else { write!(f, "{:?}", self.component) }
    }
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is true.
    Truth,
    /// It compares so.
    Compare(Compare, Literal),
    /// It is one of these.
    In(Vec<Literal>),
    /// It matches a pattern: `%` is any text, `_` any character.
    Like(String),
    /// It is missing.
    Null,
}

/// A predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All hold.
    And(Vec<Expr>),
    /// One holds.
    Or(Vec<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
    /// A test of what a name stands for.
    Test(Name, Test),
}

/// A text for an error line, not too long.
pub fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push_str("...");
    }
    short
}
