//! What handles stand for: the kinds of things that the table of handles holds.
//!
//! Each kind has a type of handle in C, a name for messages, and a variant here; `Kind::of` is the one check that a
//! handle stands for what the function takes.

use std::sync::atomic::AtomicBool;

use super::types::{ds_dataset, ds_store};
use crate::Storage;
use crate::error::{Error, Result};
use crate::op::{Interrupt, Op};
use crate::options::Options;

#[cfg(not(feature = "dataset"))]
use super::no_dataset::Dataset;
#[cfg(feature = "dataset")]
use crate::dataset::Dataset;

/// What is behind a handle. The tag lies in the slot, where a call looks anyway.
pub(super) enum Held {
    /// The slot is free.
    Nothing,
    Store(Box<Entry<Storage>>),
    Dataset(Box<Entry<OpenDataset>>),
}

/// An open thing.
pub(super) struct Entry<K> {
    pub(super) thing: K,
    /// A call on it ended in a panic: its state is not trusted any more.
    pub(super) poisoned: AtomicBool,
}

impl Held {
    /// The name of its kind in messages; `None` for nothing.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Store(_) => Some(Storage::NAME),
            Self::Dataset(_) => Some(OpenDataset::NAME),
        }
    }
}

/// A kind of thing that handles stand for.
pub(super) trait Kind: Sized {
    /// What C holds.
    type Handle;
    /// Its name in messages.
    const NAME: &'static str;
    /// What gives such handles, in messages.
    const OPEN: &'static str;
    /// What ends a poisoned one, in messages.
    const ENDS: &'static str;
    /// The entry, when it is of this kind.
    fn of(held: &Held) -> Option<&Entry<Self>>;
    fn hold(entry: Box<Entry<Self>>) -> Held;
    /// Ends it without publishing anything.
    fn discard(self);
    /// Lets go of what could call back into the caller: it is done while the closer is still told from other code.
    fn let_go(&self);
}

impl Kind for Storage {
    type Handle = ds_store;
    const NAME: &'static str = "store";
    const OPEN: &'static str = "ds_open";
    const ENDS: &'static str = "close or discard it";

    #[inline]
    fn of(held: &Held) -> Option<&Entry<Self>> {
        match held {
            Held::Store(entry) => Some(entry),
            _ => None,
        }
    }

    fn hold(entry: Box<Entry<Self>>) -> Held {
        Held::Store(entry)
    }

    fn discard(self) {
        Storage::discard(&self);
    }

    fn let_go(&self) {
        self.set_progress(None);
    }
}

/// A dataset as the C ABI holds it: with its options, for the stores that are opened on it, and what ends its calls.
pub(super) struct OpenDataset {
    pub(super) dataset: Dataset,
    pub(super) options: Options,
    pub(super) interrupt: Interrupt,
}

impl OpenDataset {
    pub(super) fn open(path: &str, options: Options) -> Result<Self> {
        let dataset = Dataset::open(path, &options)?;
        Ok(Self { dataset, options, interrupt: Interrupt::default() })
    }

    /// A call that begins now.
    pub(super) fn op(&self) -> Op {
        Op::new(self.interrupt.begin(), None)
    }
}

impl Kind for OpenDataset {
    type Handle = ds_dataset;
    const NAME: &'static str = "dataset";
    const OPEN: &'static str = "ds_dataset_open";
    const ENDS: &'static str = "close it";

    #[inline]
    fn of(held: &Held) -> Option<&Entry<Self>> {
        match held {
            Held::Dataset(entry) => Some(entry),
            _ => None,
        }
    }

    fn hold(entry: Box<Entry<Self>>) -> Held {
        Held::Dataset(entry)
    }

    fn discard(self) {
        let _: std::result::Result<(), Error> = self.dataset.close();
    }

    fn let_go(&self) {}
}
