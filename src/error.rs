//! One error type for the whole crate.
//!
//! An [`Error`] is a kind and a text. The kind says what a caller would *do* differently and maps one to one to a
//! `DS_ERR_*` status of the C ABI; the text is one lower-case line that names the key and both values that disagree
//! (`face_areas: schema wants 1 dimension, data has 2`). It is not a chain of causes: where a cause matters, its text
//! is part of the line.

use std::fmt;
use std::path::Path;

/// What went wrong, as far as a caller would act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is malformed: a key, a shape, an option, a codec name.
    InvalidArgument,
    /// A handle that names nothing.
    InvalidHandle,
    /// The store was closed.
    Closed,
    /// Another writer holds the store, or a call from inside itself.
    Busy,
    /// No such key, metadata key or path.
    NotFound,
    /// Something is there already.
    AlreadyExists,
    /// The key holds another kind of node (a group where an array is wanted, ...).
    WrongKind,
    /// The stored data type is not the one asked for.
    DtypeMismatch,
    /// The stored shape does not fit the one asked for.
    ShapeMismatch,
    /// The caller's buffer is smaller than the data.
    BufferTooSmall,
    /// The store, or its archive, cannot be written.
    ReadOnly,
    /// The data disagrees with the schema, or the schema itself is wrong.
    Schema,
    /// A text that should be JSON is not.
    Json,
    /// Bytes that should be UTF-8 are not.
    Utf8,
    /// A codec is unknown or refused its input.
    Codec,
    /// Stored bytes are not what was written.
    Corrupt,
    /// The operating system refused: disk full, device error.
    Io,
    /// The operating system forbids it.
    Permission,
    /// An allocation was refused.
    NoMemory,
    /// The call was interrupted.
    Cancelled,
    /// Valid, but not offered by this store or build.
    Unsupported,
    /// The caller was compiled against another ABI.
    Abi,
    /// Not-a-number where the store refuses it.
    Nan,
    /// A defect of the library.
    Internal,
}

impl ErrorKind {
    /// The number of the C ABI (`DS_ERR_*`). For ever the same.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::InvalidArgument => -1,
            Self::InvalidHandle => -2,
            Self::Closed => -3,
            Self::Busy => -4,
            Self::NotFound => -5,
            Self::AlreadyExists => -6,
            Self::WrongKind => -7,
            Self::DtypeMismatch => -8,
            Self::ShapeMismatch => -9,
            Self::BufferTooSmall => -10,
            Self::ReadOnly => -11,
            Self::Schema => -12,
            Self::Json => -13,
            Self::Utf8 => -14,
            Self::Codec => -15,
            Self::Corrupt => -16,
            Self::Io => -17,
            Self::Permission => -18,
            Self::NoMemory => -19,
            Self::Cancelled => -20,
            Self::Unsupported => -21,
            Self::Abi => -22,
            Self::Nan => -23,
            Self::Internal => -127,
        }
    }
}

/// The result of every fallible call of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A kind and a one-line text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// Makes an error of one line: line breaks in `message` become spaces, other control characters are shown escaped, and
    /// of a text beyond 2000 bytes the middle is left out. Much of what errors tell was written by strangers.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: line(message.into()) }
    }

    /// Makes an error of the operating system, with the path it is about.
    #[must_use]
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::OutOfMemory => ErrorKind::NoMemory,
            std::io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Permission,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("{}: {}", path.display(), error.to_string().to_lowercase()))
    }

    /// The same error with `context: ` before its text, for naming the key at the place that knows it.
    #[must_use]
    pub fn context(self, context: impl fmt::Display) -> Self {
        Self::new(self.kind, format!("{context}: {}", self.message))
    }

    /// As [`Error::context`], unless the text begins with it already.
    #[must_use]
    pub(crate) fn named(self, name: impl fmt::Display) -> Self {
        let name = name.to_string();
        // The root of a store has no name.
        if name.is_empty() || self.message.starts_with(&format!("{name}: ")) { self } else { self.context(name) }
    }

    /// With another text for each place where `from` stands in the message.
    #[must_use]
    pub(crate) fn replaced(self, from: &str, to: &str) -> Self {
        Self::new(self.kind, self.message.replace(from, to))
    }

    /// What a caller would act on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The line for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The most bytes of the text of an error.
pub(crate) const LONGEST: usize = 2000;
/// As much of the end of a longer one is kept: the reason stands there.
const KEPT_END: usize = 500;

/// A text as one line of bounded length.
fn line(mut text: String) -> String {
    if text.len() > LONGEST {
        let (head, tail) = (text.floor_char_boundary(LONGEST - KEPT_END - 5), text.len() - KEPT_END);
        text = format!("{} ... {}", &text[..head], &text[text.ceil_char_boundary(tail)..]);
    }
    if text.contains(['\n', '\r']) {
        text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if text.contains(char::is_control) {
        let shown: String =
            text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
        return if shown.len() > LONGEST { line(shown) } else { shown };
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Makes an [`Error`] from a kind and a format string: `err!(NotFound, "{key}: not found")`.
macro_rules! err {
    ($kind:ident, $($arg:tt)+) => {
        $crate::error::Error::new($crate::error::ErrorKind::$kind, format!($($arg)+))
    };
}
pub(crate) use err;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_bounded_length_whatever_strangers_wrote() {
        let error = err!(Corrupt, "entry 'a\nb\u{1b}[2J\u{0}é' is\r\n  wrong");
        assert_eq!(error.message(), "entry 'a b\\u{1b}[2J\\u{0}é' is wrong");
        for stranger in ["x", "é", "\n", "\0"] {
            let error =
                err!(Corrupt, "codec '{}' is not known", stranger.repeat(1 << 20)).context(stranger.repeat(5000));
            let text = error.message();
            assert!(text.len() <= LONGEST && !text.contains(char::is_control), "{} bytes", text.len());
            assert!(text.ends_with("is not known"), "{text}");
        }
        assert_eq!(err!(NotFound, "tab\there").context("a").message(), "a: tab\\there");
    }
}
