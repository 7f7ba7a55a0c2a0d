//! '/'-separated keys of data nodes.
//!
//! A [`Key`] is valid by construction: no empty component, no `.` or `..`, no NUL, control character or backslash, at
//! most 255 bytes a component and 1024 in all, and no name that Zarr or this library keeps for itself (`.z...`,
//! `.ds...`, `zarr.json`, and `metadata.json` at the root). The root is the empty key. A key is not a path: a backend
//! maps it to one, and metadata keys (which may hold any text between the slashes) are not keys of this kind.

use std::fmt;
use std::sync::Arc;

use crate::defect::{self, Defect};
use crate::error::{Result, err};

const MAX_COMPONENT: usize = 255;
const MAX_KEY: usize = 1024;

/// A valid key; the empty one is the root group. A clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key(Arc<str>);

impl Key {
    /// The root group.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Parses a key of a node; the empty text is refused.
    ///
    /// # Errors
    /// `InvalidArgument` naming the key and the component that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(err!(InvalidArgument, "key is empty"));
        }
        Self::parse_or_root(text)
    }

    /// Parses a key or, from the empty text, the root.
    ///
    /// # Errors
    /// As [`Key::parse`].
    pub fn parse_or_root(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        if text.len() > MAX_KEY {
            return Err(err!(
                InvalidArgument,
                "{}...: key has {} bytes, the limit is {MAX_KEY}",
                head(text),
                text.len()
            ));
        }
        let mut first = true;
        for component in text.split('/') {
            check_component(text, component)?;
            if first && component.eq_ignore_ascii_case("metadata.json") {
                return Err(err!(InvalidArgument, "{text}: '{component}' is reserved at the root of a store"));
            }
            first = false;
        }
        Ok(Self(text.into()))
    }

    /// The key as text, components joined by '/'.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root group.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last component (empty for the root).
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The group that holds this node; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or("", |(parent, _)| parent).into()))
    }

    /// The texts of [`Key::ancestors`].
    pub fn ancestor_texts(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }

    /// Every proper ancestor below the root, outermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        self.ancestor_texts().map(|text| Self(text.into()))
    }

    /// The node `name` in this group.
    ///
    /// # Errors
    /// `InvalidArgument` when `name` is no valid component.
    pub fn child(&self, name: &str) -> Result<Self> {
        if name.contains('/') {
            return Err(err!(InvalidArgument, "{name}: a name in a group holds no '/'"));
        }
        if self.is_root() { Self::parse(name) } else { Self::parse(&format!("{}/{name}", self.0)) }
    }

    /// Where the keys below this one begin in their order; those that follow and are no longer [in](Self::is_in) it are
    /// beyond them.
    pub(crate) fn below(&self) -> String {
        [&self.0, "/"].concat()
    }

    /// Whether this node is `other` or lies below it.
    #[must_use]
    pub fn is_in(&self, other: &Self) -> bool {
        other.is_root() || self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

// Order, equality and hash of a key are those of its text.
impl std::borrow::Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "(root)" } else { &self.0 })
    }
}

/// A key as errors call it: the root has no text of its own.
pub(crate) fn shown(key: &str) -> &str {
    if key.is_empty() { "the root group" } else { key }
}

fn head(text: &str) -> String {
    text.chars().take(40).collect()
}

fn check_component(key: &str, component: &str) -> Result<()> {
    let key = || key.escape_debug();
    if component.is_empty() {
        return Err(err!(InvalidArgument, "{}: key has an empty component", key()));
    }
    if (component == "." || component == "..") && !defect::has(Defect::SkipNames) {
        return Err(err!(InvalidArgument, "{}: component '{component}' is not allowed", key()));
    }
    if component.len() > MAX_COMPONENT {
        return Err(err!(
            InvalidArgument,
            "{}...: component has {} bytes, the limit is {MAX_COMPONENT}",
            head(component),
            component.len()
        ));
    }
    if component.chars().any(|c| c == '\\' || c.is_control()) {
        return Err(err!(InvalidArgument, "{}: key holds a backslash or a control character", key()));
    }
    let begins = |with: &str| component.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if begins(".z") || begins(".ds") || component.eq_ignore_ascii_case("zarr.json") {
        return Err(err!(InvalidArgument, "{}: component '{component}' is reserved", key()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_cad_code_writes() {
        for key in ["face_areas", "graph/edges_source", "a b/ü/x.y", "0/0.0", "x/metadata.json", ".hidden"] {
            assert_eq!(Key::parse(key).unwrap().as_str(), key);
        }
        assert!(Key::parse_or_root("").unwrap().is_root());
    }

    #[test]
    fn refuses_what_could_leave_the_store_or_collide() {
        let long = "x".repeat(256);
        for key in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            "a\0b",
            "a\\b",
            "a\nb",
            ".zarray",
            "g/.zattrs",
            ".zmetadata",
            "zarr.json",
            ".ds_record",
            "metadata.json",
            "Metadata.JSON",
            &long,
        ] {
            let error = Key::parse(key).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument, "{key:?}");
            assert!(!error.message().contains('\n'));
        }
    }

    #[test]
    fn family() {
        let key = Key::parse("a/b/c").unwrap();
        assert_eq!(key.name(), "c");
        assert_eq!(key.parent().unwrap().as_str(), "a/b");
        assert_eq!(key.ancestors().map(|k| k.to_string()).collect::<Vec<_>>(), ["a", "a/b"]);
        assert!(key.is_in(&Key::parse("a").unwrap()) && key.is_in(&Key::root()) && key.is_in(&key));
        assert!(!Key::parse("ab").unwrap().is_in(&Key::parse("a").unwrap()));
        assert!(Key::root().parent().is_none() && Key::root().child("x").is_ok());
    }
}
