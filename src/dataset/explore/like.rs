//! Patterns of texts: `%` stands for any text, `_` for one character, and what follows a `\` for itself.

/// A pattern that was read.
#[derive(Clone, Debug)]
pub struct Like {
    /// The parts between the `%`, each of which is found behind the one before.
    parts: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// One character.
    Any,
}

impl Like {
    /// Reads a pattern; every text is one.
    pub fn new(pattern: &str) -> Self {
        let mut parts = vec![Vec::new()];
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let pieces: &mut Vec<Piece> = match parts.last_mut() {
                Some(pieces) if c != '%' => pieces,
                _ => {
                    parts.push(Vec::new());
                    continue;
                }
            };
            match (c, pieces.last_mut()) {
                ('_', _) => pieces.push(Piece::Any),
                (c, last) => {
                    let c = if c == '\\' { chars.next().unwrap_or(c) } else { c };
                    match last {
                        Some(Piece::Text(text)) => text.push(c),
                        _ => pieces.push(Piece::Text(c.to_string())),
                    }
                }
            }
        }
        Self { parts }
    }

    /// Whether a whole text is like the pattern.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return text.is_empty() };
        let Some(mut text) = after(first, text) else { return false };
        let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
        // The first place of each is as good as any: it leaves the most to the others.
        for part in middle {
            match find(part, text) {
                Some(behind) => text = behind,
                None => return false,
            }
        }
        ends(last, text)
    }
}

/// What follows the pieces that a text begins with.
fn after<'t>(pieces: &[Piece], mut text: &'t str) -> Option<&'t str> {
    for piece in pieces {
        text = match piece {
            Piece::Text(wanted) => text.strip_prefix(wanted.as_str())?,
            Piece::Any => {
                let mut chars = text.chars();
                chars.next()?;
                chars.as_str()
            }
        };
    }
    Some(text)
}

/// What follows the first place of the pieces.
fn find<'t>(pieces: &[Piece], text: &'t str) -> Option<&'t str> {
    match pieces {
        [] => Some(text),
        [Piece::Text(wanted)] => text.find(wanted.as_str()).map(|at| &text[at + wanted.len()..]),
        [Piece::Text(wanted), rest @ ..] => {
            let places = text.char_indices().filter(|(at, _)| text[*at..].starts_with(wanted.as_str()));
            places.map(|(at, _)| &text[at + wanted.len()..]).find_map(|behind| after(rest, behind))
        }
        _ => text.char_indices().find_map(|(at, _)| after(pieces, &text[at..])),
    }
}

/// Whether a text ends with the pieces.
fn ends(pieces: &[Piece], text: &str) -> bool {
    let mut text = text;
    for piece in pieces.iter().rev() {
        text = match piece {
            Piece::Text(wanted) => match text.strip_suffix(wanted.as_str()) {
                Some(before) => before,
                None => return false,
            },
            Piece::Any => {
                let mut chars = text.chars();
                if chars.next_back().is_none() {
                    return false;
                }
                chars.as_str()
            }
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, wanted) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("a%", "ab", true),
            ("%b", "ab", true),
            ("%b", "ba", false),
            ("_", "ü", true),
            ("_", "", false),
            ("a_c%", "a\nc", true),
            ("%a_c%", "aaabc", true),
            ("%ab%ab", "ab", false),
            ("%ab%ab", "abab", true),
            ("a%a", "a", false),
            (r"\%", "%", true),
            (r"\%", "x", false),
            (r"a\_c", "abc", false),
            (r"\\%", r"\x", true),
            (r"\a", "a", true),
            (r"a\", r"a\", true),
            ("A", "a", false),
            (".*", "ab", false),
        ] {
            assert_eq!(Like::new(pattern).matches(text), wanted, "{pattern:?} {text:?}");
        }
    }

    /// The definition, tried out at every place.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            (['%', rest @ ..], _) => (0..=text.len()).any(|at| by_definition(rest, &text[at..])),
            (['_', rest @ ..], [_, behind @ ..]) => by_definition(rest, behind),
            (['\\', c, rest @ ..] | [c, rest @ ..], [first, behind @ ..]) => c == first && by_definition(rest, behind),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn any_pattern_is_what_its_definition_says(pattern in r"([aü_%]|\\[aü_%]){0,8}", text in "[aü_%]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Like::new(&pattern).matches(&text), by_definition(&chars(&pattern), &chars(&text)));
        }
    }
}
