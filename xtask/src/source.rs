//! A Rust file as its pieces: words, texts and punctuation, each with the comment before it, the item it is in, and
//! whether it is compiled for tests only.
//!
//! It is a lexer's view and knows the braces; it is no parser.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// A word, a text or a sign.
pub struct Piece<'a> {
    pub text: &'a str,
    /// From 1.
    pub line: usize,
    /// The function it is in, with its type: `Slot::enter`.
    pub item: String,
    /// Whether it is below `#[cfg(test)]`.
    pub test: bool,
    /// The lines of the comments between this and the piece before, without their marks.
    comment: Vec<&'a str>,
}

/// A file.
pub struct Source {
    pieces: Vec<Piece<'static>>,
    tests: Vec<&'static str>,
}

/// What a brace opens.
struct Scope {
    item: Option<String>,
    test: bool,
}

impl Source {
    /// The text lives as long as the program, which is short.
    pub fn new(text: String) -> Self {
        let text: &'static str = text.leak();
        let mut pieces: Vec<Piece<'static>> = Vec::new();
        let (mut at, mut line, mut comment) = (0, 1, Vec::new());
        for token in tokenize(text, FrontmatterAllowed::No) {
            let end = at + token.len as usize;
            let part = &text[at..end];
            match token.kind {
                TokenKind::Whitespace => {}
                TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => {
                    comment.extend(part.lines().map(|l| l.trim().trim_start_matches(['/', '*', '!']).trim()));
                }
                _ => pieces.push(Piece {
                    text: part,
                    line,
                    item: String::new(),
                    test: false,
                    comment: std::mem::take(&mut comment),
                }),
            }
            line += part.matches('\n').count();
            at = end;
        }
        let mut source = Self { pieces, tests: Vec::new() };
        source.place();
        source
    }

    /// Says of each piece in which item it is, and which modules are for tests.
    fn place(&mut self) {
        let mut scopes: Vec<Scope> = Vec::new();
        let (mut name, mut test): (Option<String>, bool) = (None, false);
        for at in 0..self.pieces.len() {
            let text = |n: usize| self.pieces.get(at + n).map_or("", |piece| piece.text);
            match text(0) {
                "#" if text(1) == "[" && text(2) == "cfg" => {
                    test |= self.attribute(at).contains(&"test") && text(4) != "not"
                }
                "fn" if text(1) != "(" => name = Some(text(1).to_owned()),
                "mod" if test && text(2) == ";" => self.tests.push(self.pieces[at + 1].text),
                "impl" if name.is_none() => name = Some(self.subject(at + 1)),
                "{" => scopes.push(Scope { item: name.take(), test: std::mem::take(&mut test) }),
                "}" => drop(scopes.pop()),
                ";" => (name, test) = (None, false),
                _ => {}
            }
            let items: Vec<&str> = scopes.iter().filter_map(|scope| scope.item.as_deref()).collect();
            let test = test || scopes.iter().any(|scope| scope.test);
            let piece = &mut self.pieces[at];
            (piece.item, piece.test) = (items.join("::"), test);
        }
    }

    pub fn pieces(&self) -> &[Piece<'static>] {
        &self.pieces
    }

    /// The modules that are declared here and compiled for tests only.
    pub fn test_modules(&self) -> impl Iterator<Item = &'static str> {
        self.tests.iter().copied()
    }

    /// The pieces of the attribute that begins here.
    fn attribute(&self, at: usize) -> Vec<&'static str> {
        let mut depth = 0usize;
        let mut inside = Vec::new();
        for piece in &self.pieces[at + 1..] {
            match piece.text {
                "[" => depth += 1,
                "]" => depth -= 1,
                text => inside.push(text),
            }
            if depth == 0 {
                break;
            }
        }
        inside
    }

    /// Whether `unsafe` here is that of an attribute: `#[unsafe(no_mangle)]`.
    pub fn is_attribute(&self, at: usize) -> bool {
        at >= 2 && self.pieces[at - 1].text == "[" && self.pieces[at - 2].text == "#"
    }

    /// Whether the function here is exported: `no_mangle` stands between it and the item before.
    pub fn is_exported(&self, at: usize) -> bool {
        self.pieces[..at]
            .iter()
            .rev()
            .take_while(|piece| !matches!(piece.text, ";" | "{" | "}"))
            .any(|p| p.text == "no_mangle")
    }

    /// What is written from here to the next brace.
    pub fn until_brace(&self, at: usize) -> String {
        let words = self.pieces[at..].iter().map(|piece| piece.text).take_while(|text| *text != "{");
        words.collect::<Vec<_>>().join(" ").replace(" < ", "<").replace(" >", ">").replace(" :: ", "::")
    }

    /// The type that an `impl` is of: the first word after its parameters, or after `for`.
    fn subject(&self, at: usize) -> String {
        let (mut depth, mut name) = (0usize, "");
        for (n, piece) in self.pieces[at..].iter().enumerate() {
            let arrow = self.pieces[at + n - 1].text == "-";
            match piece.text {
                "{" | "where" => break,
                "<" => depth += 1,
                ">" if !arrow => depth = depth.saturating_sub(1),
                "for" if depth == 0 => name = "",
                text if depth == 0 && name.is_empty() && text.starts_with(|c: char| c.is_alphabetic()) => name = text,
                _ => {}
            }
        }
        name.to_owned()
    }

    /// What the comment `SAFETY:` above a piece says, in the same statement or right before it; else the doc's section
    /// `# Safety`. Empty without one.
    pub fn invariant(&self, at: usize) -> String {
        for before in (0..=at).rev() {
            let piece = &self.pieces[before];
            if before < at && (piece.text == "unsafe" && !self.is_attribute(before)) {
                break; // its comment is its own
            }
            let lines = &piece.comment;
            let from = lines.iter().position(|line| line.starts_with("SAFETY:") || *line == "# Safety");
            if let Some(from) = from {
                let text = lines[from..].join(" ");
                return text.trim_start_matches("SAFETY:").trim_start_matches("# Safety").trim().to_owned();
            }
            if before < at && matches!(piece.text, ";" | "}") {
                break;
            }
        }
        String::new()
    }
}
