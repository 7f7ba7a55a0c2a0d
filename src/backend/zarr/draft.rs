//! An array that is written by parts and replaces what is under its key when it is complete.
//!
//! It is a [`Growing`] that is not in the overlay: no reader and no commit meets it. What memory has no room for is in
//! hidden files, which go with it. Publishing puts it into the overlay, from where it is committed as any other array:
//! by one exchange of directories. Until then the store, on disk too, is as it was.

use std::sync::Arc;

use super::growing::{Edit, Growing};
use super::node::Node;
use super::nodes::add_groups;
use super::regions::{parts, stored_view};
use super::staged::{Change, StagedArray};
use super::{Draft, ZarrStore};
use crate::backend::{NewArray, Region};
use crate::error::Result;
use crate::key::Key;
use crate::op::Op;
use crate::value::ArrayView;

struct ZarrDraft<'s> {
    store: &'s ZarrStore,
    key: Key,
    array: Arc<StagedArray>,
    node: Arc<Node>,
    growing: Arc<Growing>,
}

impl ZarrStore {
    pub(super) fn begin_draft(&self, key: &Key, new: NewArray) -> Result<Box<dyn Draft + '_>> {
        let array = self.new_array(key, new)?;
        self.check_way(key)?;
        let (node, growing) = parts(key, &array)?;
        Ok(Box::new(ZarrDraft { store: self, key: key.clone(), array, node, growing }))
    }
}

impl Draft for ZarrDraft<'_> {
    fn write(&self, op: &Op, region: &Region, view: &ArrayView<'_>) -> Result<()> {
        let (store, key) = (self.store, &self.key);
        let whole = store.on_target(key, &self.node, region, view, |target| store.encode_whole(op, target))?;
        // What is read, changed and put back, and making room, which looks at other arrays, are the writer's.
        let _writer = store.writer();
        let edit =
            store.on_target(key, &self.node, region, view, |target| store.edit_partial(op, target, &self.growing))?;
        store.make_room(key, &self.growing)?;
        op.check()?;
        let edit = Edit { puts: edit.puts.into_iter().chain(whole).collect(), ..edit };
        stored_view(&self.node, view, |view| self.growing.apply(edit, view)).map_err(|e| e.context(key))
    }

    fn publish(self: Box<Self>, op: &Op) -> Result<()> {
        let Self { store, key, array, .. } = *self;
        op.check()?;
        let mut writer = store.writer();
        let missing = store.check_way(&key)?;
        store.change(op, &mut writer, |overlay| {
            add_groups(overlay, missing);
            overlay.put(key, Change::Array(array));
        })
    }
}
