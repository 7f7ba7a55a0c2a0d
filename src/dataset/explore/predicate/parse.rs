//! Words to a tree, by recursive descent. The depth is bounded, so that no text ends the stack.

use super::lex::{Token, tokens, wrong};
use super::{Compare, Expr, Literal, Name, Test, shown};
use crate::error::{Error, Result, err};

/// Parentheses in parentheses.
const MAX_DEPTH: usize = 100;
/// Tests of one predicate; each is work for every row.
const MAX_TESTS: usize = 1000;

/// The tree of a predicate; `None` for one without a word.
///
/// # Errors
/// `InvalidArgument` saying what was wanted, what is there, and where.
pub fn parse(text: &str) -> Result<Option<Expr>> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, tests: 0 };
    if parser.peek() == &Token::End {
        return Ok(None);
    }
    let expr = parser.any(MAX_DEPTH)?;
    parser.end()?;
    Ok(Some(expr))
}

/// A name alone, as keys are given.
///
/// # Errors
/// As [`parse`], naming the key.
pub fn parse_name(text: &str) -> Result<Name> {
    let name = || {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, tests: 0 };
        let name = parser.name()?;
        parser.end()?;
        Ok(name)
    };
    name().map_err(|e: Error| err!(InvalidArgument, "key '{}': {}", shown(text), e.message().replace("where: ", "")))
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    tests: usize,
}

/// One side of a comparison.
enum Side {
    Name(Name),
    Value(Literal),
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(_, position)| *position)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn wanted(&self, what: &str) -> Error {
        wrong(self.position(), format_args!("wanted {what}, found {}", self.peek().shown()))
    }

    fn end(&self) -> Result<()> {
        if self.peek() == &Token::End { Ok(()) } else { Err(self.wanted("and, or, or the end")) }
    }

    /// Whether the next word is a sign; it is passed then.
    fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(found) if *found == sign);
        self.at += usize::from(is);
        is
    }

    /// Whether the next word is a keyword; it is passed then.
    fn keyword(&mut self, keyword: &str) -> bool {
        let is = self.is_keyword(self.at, keyword);
        self.at += usize::from(is);
        is
    }

    fn is_keyword(&self, at: usize, keyword: &str) -> bool {
        matches!(self.tokens.get(at), Some((Token::Word(word), _)) if word.eq_ignore_ascii_case(keyword))
    }

    fn any(&mut self, depth: usize) -> Result<Expr> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword("or") || self.sign("|") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Expr> {
        let mut parts = vec![self.one(depth)?];
        while self.keyword("and") || self.sign("&") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Expr> {
        let mut negated = false;
        while self.keyword("not") || self.sign("~") {
            negated = !negated;
        }
        let position = self.position();
        let expr = if self.sign("(") {
            let depth = depth.checked_sub(1);
            let depth = depth.ok_or_else(|| wrong(position, format_args!("more than {MAX_DEPTH} parentheses deep")))?;
            let inner = self.any(depth)?;
            if !self.sign(")") {
                return Err(self.wanted("and, or, or ')'"));
            }
            inner
        } else {
            self.test()?
        };
        Ok(if negated { Expr::Not(Box::new(expr)) } else { expr })
    }

    fn test(&mut self) -> Result<Expr> {
        self.tests += 1;
        if self.tests > MAX_TESTS {
            return Err(wrong(self.position(), format_args!("more than {MAX_TESTS} tests")));
        }
        let start = self.position();
        let name = match self.side()? {
            Side::Name(name) => name,
            Side::Value(value) => {
                let compare = self.compare()?.ok_or_else(|| self.wanted("a comparison"))?;
                return match self.side()? {
                    Side::Name(name) => Ok(Expr::Test(name, Test::Compare(compare.flipped(), value))),
                    Side::Value(_) => Err(wrong(start, "two values are compared, one side must be a name")),
                };
            }
        };
        if let Some(compare) = self.compare()? {
            return match self.side()? {
                Side::Value(value) => Ok(Expr::Test(name, Test::Compare(compare, value))),
                Side::Name(_) => Err(wrong(start, "two names are compared, one side must be a value")),
            };
        }
        if self.keyword("is") {
            let negated = self.keyword("not");
            if !self.keyword("null") && !self.keyword("none") {
                return Err(self.wanted("null"));
            }
            return Ok(negate(negated, Expr::Test(name, Test::Null)));
        }
        let negated = self.is_keyword(self.at, "not")
            && (self.is_keyword(self.at + 1, "in") || self.is_keyword(self.at + 1, "like"));
        self.at += usize::from(negated);
        if self.keyword("in") {
            let values = self.values()?;
            return Ok(negate(negated, Expr::Test(name, Test::In(values))));
        }
        if self.keyword("like") {
            return match self.next() {
                Token::Text(pattern) => Ok(negate(negated, Expr::Test(name, Test::Like(pattern)))),
                _ => {
                    self.at -= 1;
                    Err(self.wanted("a pattern in quotes"))
                }
            };
        }
        Ok(Expr::Test(name, Test::Truth))
    }

    fn compare(&mut self) -> Result<Option<Compare>> {
        let compare = match self.peek() {
            Token::Sign("==") => Compare::Equal,
            Token::Sign("!=") => Compare::Differ,
            Token::Sign("<") => Compare::Less,
            Token::Sign("<=") => Compare::AtMost,
            Token::Sign(">") => Compare::Greater,
            Token::Sign(">=") => Compare::AtLeast,
            Token::Sign("=") => return Err(self.wanted("== (equality has two signs)")),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(compare))
    }

    fn values(&mut self) -> Result<Vec<Literal>> {
        let end = if self.sign("[") {
            "]"
        } else if self.sign("(") {
            ")"
        } else {
            return Err(self.wanted("'['"));
        };
        let mut values = Vec::new();
        while !self.sign(end) {
            match self.side()? {
                Side::Value(value) => values.push(value),
                Side::Name(name) => return Err(wrong(self.position(), format_args!("wanted a value, found '{name}'"))),
            }
            if !self.sign(",") && !matches!(self.peek(), Token::Sign(found) if *found == end) {
                return Err(self.wanted("',' or the end of the list"));
            }
        }
        Ok(values)
    }

    fn side(&mut self) -> Result<Side> {
        let start = self.at;
        let negative = self.sign("-") || {
            self.sign("+");
            false
        };
        let signed = self.at > start;
        match self.peek().clone() {
            Token::Number(text) => {
                let value = number(&text, negative).ok_or_else(|| self.wanted("a finite number"))?;
                self.at += 1;
                Ok(Side::Value(value))
            }
            _ if signed => Err(self.wanted("a number")),
            Token::Text(text) => {
                self.at += 1;
                Ok(Side::Value(Literal::Text(text)))
            }
            Token::Word(word) if word.eq_ignore_ascii_case("true") => {
                self.at += 1;
                Ok(Side::Value(Literal::Bool(true)))
            }
            Token::Word(word) if word.eq_ignore_ascii_case("false") => {
                self.at += 1;
                Ok(Side::Value(Literal::Bool(false)))
            }
            Token::Word(word) if is_reserved(&word) => Err(self.wanted("a name or a value")),
            Token::Word(_) | Token::Quoted(_) => self.name().map(Side::Name),
            _ => Err(self.wanted("a name or a value")),
        }
    }

    fn name(&mut self) -> Result<Name> {
        let mut name = Name { name: self.word()?, ..Name::default() };
        if self.sign(".") {
            name.scope = Some(std::mem::replace(&mut name.name, self.word()?));
        }
        while self.sign("[") {
            loop {
                match self.peek() {
                    Token::Number(text) => match text.parse() {
                        Ok(index) => name.component.push(index),
                        Err(_) => return Err(self.wanted("an index from 0")),
                    },
                    _ => return Err(self.wanted("an index from 0")),
                }
                self.at += 1;
                if self.sign("]") {
                    break;
                }
                if !self.sign(",") {
                    return Err(self.wanted("',' or ']'"));
                }
            }
        }
        Ok(name)
    }

    fn word(&mut self) -> Result<String> {
        match self.peek().clone() {
            Token::Word(word) | Token::Quoted(word) => {
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.wanted("a name")),
        }
    }
}

fn negate(negated: bool, expr: Expr) -> Expr {
    if negated { Expr::Not(Box::new(expr)) } else { expr }
}

/// Words that are names only in backticks.
fn is_reserved(word: &str) -> bool {
    ["and", "or", "not", "in", "is", "like", "null", "none"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn number(text: &str, negative: bool) -> Option<Literal> {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(int) = text.parse::<i128>()
    {
        return Some(Literal::Int(if negative { -int } else { int }));
    }
    let real: f64 = text.parse().ok()?;
    real.is_finite().then_some(Literal::Real(if negative { -real } else { real }))
}
