//! Arrays that were saved and wait to be encoded.
//!
//! The caller of a save pays for a copy. What waits is encoded in one go when enough has gathered to keep a worker busy,
//! and the rest by all workers at the next commit point: sixty small arrays one after the other also go faster through a
//! compressor whose code is still in the cache. Whoever needs an array before encodes it there and then.
//!
//! Invariants: an array is encoded once, by whoever comes first, and others wait for that one; encoding a waiting array
//! starts no other work on the pool, so that nobody waits for itself. A failure stays with the array: whoever asks for it
//! is told, and nobody else.
//!
//! It knows no keys of the store but the one of its array, and makes no file.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::decode::Limits;
use super::encode::{Layout, encode};
use super::files::Files;
use super::node::Node;
use super::staged::StagedArray;
use crate::backend::{Kind, Leaf, Object};
use crate::error::Result;
use crate::key::Key;
use crate::op::{Cancel, Op};
use crate::value::{Array, ArrayView};

/// Larger arrays are encoded before the save returns: all workers share one such array.
const MOST_BYTES: usize = 256 << 10;
/// Nanoseconds of work that are worth waking a worker for, and as much as one worker takes at once.
const BATCH: u64 = 150_000;

/// A saved array, copied.
pub struct Raw {
    /// Where it will be.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// One name a dimension.
    pub dims: Vec<String>,
    /// The attributes of the user.
    pub attributes: Object,
    /// The elements.
    pub array: Array,
    /// How it is to be encoded.
    pub layout: Arc<Layout>,
    /// What bounds its reads.
    pub limits: Limits,
}

impl Raw {
    /// Whether an array is small enough to wait.
    pub fn may_wait(view: &ArrayView<'_>, layout: &Layout) -> bool {
        let bytes = match view.strings() {
            Some(strings) => strings.iter().map(|text| text.len() + 4).sum(),
            None => view.len() * view.dtype().size(),
        };
        bytes <= MOST_BYTES && view.len() as u64 <= layout.style.chunk_elements
    }

    /// Bytes of the elements.
    pub fn bytes(&self) -> u64 {
        match self.array.strings() {
            Some(strings) => strings.iter().map(|text| text.len() as u64 + 24).sum(),
            None => self.array.bytes().map_or(0, |bytes| bytes.len() as u64),
        }
    }

    /// Encodes it.
    ///
    /// # Errors
    /// As [`encode`].
    pub fn encode(self) -> Result<Arc<Node>> {
        let key = self.key.clone();
        let strings: Vec<&str>;
        let view = match self.array.strings() {
            Some(owned) => {
                strings = owned.iter().map(String::as_str).collect();
                ArrayView::from_strings(self.array.shape(), &strings)?
            }
            None => self.array.view(),
        };
        let leaf = Leaf { kind: self.kind, view, dims: self.dims, attributes: self.attributes };
        let encoded = encode(&Op::quiet(), &key, leaf, &self.layout)?;
        let files = Files::Memory(Arc::new(encoded.chunks));
        Ok(Arc::new(Node::known(key.as_str(), files, encoded.meta, encoded.attributes, self.limits)))
    }
}

/// What waits in one store.
#[derive(Default)]
pub struct Waiting {
    arrays: Mutex<Vec<Arc<StagedArray>>>,
    /// Nanoseconds that encoding them will take, about.
    cost: AtomicU64,
}

impl Waiting {
    /// Adds an array, and when enough has gathered sends it to a worker, or where there is none encodes it: what was
    /// overwritten meanwhile is let go of.
    pub fn add(&self, array: Arc<StagedArray>, cost: u64) {
        let mut arrays = self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
        arrays.push(array);
        if self.cost.fetch_add(cost, Ordering::Relaxed) + cost < BATCH {
            return;
        }
        self.cost.store(0, Ordering::Relaxed);
        let batch = std::mem::take(&mut *arrays);
        drop(arrays);
        match crate::config::pool() {
            Some(pool) => pool.spawn(move || batch.iter().for_each(encode_now)),
            None => batch.iter().for_each(encode_now),
        }
    }

    /// Encodes everything that waits, with the help of workers where that pays. What a worker is still at when this
    /// returns is waited for by whoever asks for that array.
    ///
    /// # Errors
    /// `Cancelled`.
    pub fn settle(&self, cancel: &Cancel) -> Result<()> {
        let arrays = std::mem::take(&mut *self.arrays.lock().unwrap_or_else(PoisonError::into_inner));
        let cost = self.cost.swap(0, Ordering::Relaxed);
        let pool = if cost >= BATCH && arrays.len() > 1 { crate::config::pool() } else { None };
        let work = Arc::new((arrays, AtomicUsize::new(0)));
        if let Some(pool) = pool {
            // The caller takes its share at once: a worker that wakes late finds nothing left.
            let helpers = usize::try_from(cost / BATCH).unwrap_or(usize::MAX).min(pool.current_num_threads() - 1);
            for _ in 0..helpers {
                let work = work.clone();
                pool.spawn(move || share(&work));
            }
        }
        share(&work);
        cancel.check()
    }

    /// Lets go of everything: it is not wanted any more.
    pub fn clear(&self) {
        self.arrays.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.cost.store(0, Ordering::Relaxed);
    }
}

/// Takes one array after the other until none is left.
fn share((arrays, next): &(Vec<Arc<StagedArray>>, AtomicUsize)) {
    while let Some(array) = arrays.get(next.fetch_add(1, Ordering::Relaxed)) {
        encode_now(array);
    }
}

/// Encodes an array that somebody still has; what failed is kept in it.
fn encode_now(array: &Arc<StagedArray>) {
    if Arc::strong_count(array) > 1 {
        let _ = array.node();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::backend::zarr::ZarrStore;
    use crate::backend::zarr::staged::{Change, staged_bytes};
    use crate::backend::{Backend, Tree};
    use crate::error::ErrorKind;
    use crate::options::Options;

    fn store(dir: &std::path::Path, options: serde_json::Value) -> ZarrStore {
        ZarrStore::open(&dir.join("part.zarr"), &Options::parse(&options.to_string()).unwrap()).unwrap()
    }

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    fn save(store: &ZarrStore, at: &str, elements: &[i32]) {
        let array = Array::vector(elements);
        let leaf = Leaf { kind: Kind::Array, view: array.view(), dims: vec!["n".into()], attributes: Object::new() };
        store.write(&Op::quiet(), &key(at), Tree::Leaf(leaf)).unwrap();
    }

    fn load(store: &ZarrStore, at: &str) -> Result<Vec<i32>> {
        store.read(&Op::quiet(), &key(at), None)?.array.to_vec::<i32>()
    }

    fn waits(store: &ZarrStore, at: &str) -> bool {
        matches!(store.overlay().get(&key(at)), Some(Change::Array(array)) if array.waiting_bytes().is_some())
    }

    #[test]
    fn a_read_sees_the_save_before_it_and_only_that_array_is_encoded() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), json!({"codec": "zstd:1"}));
        let before = staged_bytes();
        save(&store, "a", &[1, 2, 3]);
        save(&store, "b", &[4]);
        assert!(waits(&store, "a") && waits(&store, "b"));
        assert!(staged_bytes() >= before + 16, "what waits counts against the budget");
        save(&store, "a", &[5, 6]);
        assert_eq!(load(&store, "a").unwrap(), [5, 6]);
        assert!(!waits(&store, "a") && waits(&store, "b"));
        assert_eq!(store.layout(&key("b")).unwrap().2, [1]);
        store.settle(&Op::quiet()).unwrap();
        assert!(!waits(&store, "b"));
        store.discard();
    }

    #[test]
    fn what_is_synchronous_or_large_does_not_wait() {
        let dir = tempfile::tempdir().unwrap();
        let direct = store(dir.path(), json!({"staging": "disk"}));
        save(&direct, "a", &[1]);
        assert!(dir.path().join("part.zarr/a/0").exists());
        direct.discard();
        let other = tempfile::tempdir().unwrap();
        let store = store(other.path(), json!({}));
        save(&store, "large", &vec![7; MOST_BYTES / 4 + 1]);
        assert!(!waits(&store, "large"));
        store.discard();
    }

    #[test]
    fn a_failure_belongs_to_its_key_and_to_the_commit_points() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), json!({}));
        save(&store, "good", &[1, 2]);
        let lost = Arc::new(StagedArray::lost(Kind::Array));
        store.overlay.write().unwrap().put(key("bad"), Change::Array(lost));
        store.settle(&Op::quiet()).unwrap();
        let internal = |result: Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::Internal);
        for _ in 0..2 {
            internal(load(&store, "bad").map(|_| ()));
            internal(store.info(&key("bad")).map(|_| ()));
            assert_eq!(load(&store, "good").unwrap(), [1, 2]);
            internal(store.flush(&Op::quiet(), &Object::new()));
            internal(store.compress(&Op::quiet(), &Object::new()).map(|_| ()));
        }
        assert!(!dir.path().join("part.zarr").exists() && !dir.path().join("part.zarr.data").exists());
        // Saved again, it is whole.
        save(&store, "bad", &[3]);
        store.compress(&Op::quiet(), &Object::new()).unwrap();
        store.close(&Op::quiet(), &Object::new(), &Object::new()).unwrap();
        assert!(dir.path().join("part.zarr.data").exists());
    }
}
