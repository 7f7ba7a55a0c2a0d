//! What a stream of changes tried, and what of it was acknowledged: so what may be there after a power cut.
//!
//! Each key has had its values in order, the first of them nothing. One that was acknowledged may be followed, but never
//! preceded, by what is there. The marks stand in the recorded trace, so that every prefix of it knows its own history.

use std::collections::BTreeMap;

use datastorage::trust::{Recording, Step};

/// Marks of one stream.
pub struct Marks<'r>(pub &'r Recording);

impl Marks<'_> {
    /// A key is about to get a value, or to go.
    pub fn attempt(&self, key: &str, value: Option<u64>) {
        self.0.mark(format!("try {key} {}", value.map_or_else(|| "-".to_owned(), |value| value.to_string())));
    }

    /// What was tried of a key is acknowledged; of all keys with `*`.
    pub fn acknowledge(&self, key: &str) {
        self.0.mark(format!("ack {key}"));
    }
}

/// The values of one key.
#[derive(Clone, Debug)]
struct Past {
    values: Vec<Option<u64>>,
    acknowledged: usize,
}

/// The values of all.
#[derive(Clone, Debug, Default)]
pub struct History(BTreeMap<String, Past>);

impl History {
    /// Of a prefix of a trace.
    pub fn of(steps: &[Step]) -> Self {
        let mut history = Self::default();
        for step in steps {
            let Step::Mark(mark) = step else { continue };
            let words: Vec<&str> = mark.split(' ').collect();
            match words.as_slice() {
                ["try", key, value] => history.attempt(key, value.parse().ok()),
                ["ack", key] => history.acknowledge(key),
                other => unreachable!("no mark {other:?}"),
            }
        }
        history
    }

    /// A key is about to get a value, or to go.
    pub fn attempt(&mut self, key: &str, value: Option<u64>) {
        let new = || Past { values: vec![None], acknowledged: 0 };
        self.0.entry(key.to_owned()).or_insert_with(new).values.push(value);
    }

    /// What was tried of a key is acknowledged; of all keys with `*`.
    pub fn acknowledge(&mut self, key: &str) {
        let named = self.0.iter_mut().filter(|(known, _)| key == "*" || *known == key);
        named.for_each(|(_, past)| past.acknowledged = past.values.len() - 1);
    }

    /// Whether a key is to have a value last.
    pub fn is_tried(&self, key: &str, value: Option<u64>) -> bool {
        self.0.get(key).is_some_and(|past| past.values.last() == Some(&value))
    }

    /// Whether something that is there was acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        self.0.values().any(|past| past.acknowledged > 0)
    }

    /// The values that a key may have: the acknowledged one, and those tried since.
    pub fn allowed(&self, key: &str) -> Vec<Option<u64>> {
        self.0.get(key).map_or_else(|| vec![None], |past| past.values[past.acknowledged..].to_vec())
    }

    /// Compares what is there.
    ///
    /// # Errors
    /// With every key that is not as it may be.
    pub fn check(&self, look: impl Fn(&str) -> Result<Option<u64>, String>) -> Result<(), String> {
        let mut wrong = Vec::new();
        for key in self.0.keys() {
            let allowed = self.allowed(key);
            match look(key) {
                Ok(found) if allowed.contains(&found) => {}
                Ok(found) => wrong.push(format!("{key}: {found:?} is there, may be {allowed:?}")),
                Err(e) => wrong.push(e),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_may_only_be_followed() {
        let recording = Recording::new();
        let marks = Marks(&recording);
        marks.attempt("a", Some(1));
        assert_eq!(History::of(&recording.steps()).allowed("a"), [None, Some(1)]);
        marks.acknowledge("*");
        marks.attempt("a", None);
        marks.attempt("b", Some(5));
        let history = History::of(&recording.steps());
        assert_eq!((history.allowed("a"), history.allowed("b")), (vec![Some(1), None], vec![None, Some(5)]));
        assert!(history.check(|key| Ok(if key == "a" { Some(1) } else { None })).is_ok());
        assert!(history.check(|_| Ok(Some(2))).is_err());
    }
}
