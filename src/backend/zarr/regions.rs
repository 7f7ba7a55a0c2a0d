//! Arrays that are written by parts: creating, writing a box, resizing, appending.
//!
//! Every call works its change out first, then makes it in one step; with `"staging": "disk"` it is committed before the
//! call returns, and undone when that fails. An array that was committed, or saved whole, becomes a [`Growing`] one at
//! its first such call and is an ordinary one again after the next commit.

use std::sync::{Arc, PoisonError};

use super::base::{Base, Found, Leaf};
use super::editing::Target;
use super::files::Files;
use super::growing::{Edit, Growing};
use super::meta::{ArrayMeta, Attributes};
use super::node::Node;
use super::nodes::{add_groups, check_names};
use super::spill::Spill;
use super::staged::{Change, StagedArray, staged_bytes};
use super::{Writer, ZarrStore, chunk};
use crate::backend::{Kind, NewArray, Region};
use crate::codec::fill_json;
use crate::defect::Defect;
use crate::error::{ErrorKind, Result, err};
use crate::fs;
use crate::key::Key;
use crate::op::Op;
use crate::options::Staging;
use crate::value::{Array, ArrayView, DType};

/// The most bytes that the elements of a chunk may have: what numcodecs can hold in one buffer.
const LARGEST_CHUNK: u64 = i32::MAX as u64;

impl ZarrStore {
    /// An array without chunks, which is not in the overlay.
    pub(super) fn new_array(&self, key: &Key, new: NewArray) -> Result<Arc<StagedArray>> {
        check_names(key)?;
        let layout = match &new.like {
            Some((Some(encoded), _)) => self.layout_of(encoded),
            _ => self.layout.clone(),
        };
        let (meta, scalar) = layout.empty(&new).map_err(|e| e.context(key))?;
        let (weight, most) = (meta.chunk_weight(), LARGEST_CHUNK.min(self.limits.decoded));
        if weight > most {
            return Err(err!(
                InvalidArgument,
                "{key}: a chunk {:?} has {weight} bytes, the limit is {most}",
                meta.grid.chunks
            ));
        }
        let dims = if scalar { vec![format!("{}_dim_0", key.as_str().replace('/', "_"))] } else { new.dims };
        let attributes = Attributes { kind: Kind::Array, dims: Some(dims), scalar, user: new.attributes };
        let files = Files::Growing(Growing::empty(meta.clone(), self.limits));
        Ok(self.staged(key, files, meta, attributes))
    }

    pub(super) fn create_array(&self, op: &Op, key: &Key, new: NewArray) -> Result<()> {
        let array = self.new_array(key, new)?;
        let mut writer = self.writer();
        let missing = self.check_way(key)?;
        match self.with_node(key, |_| Ok(())) {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Ok(()) => return Err(err!(AlreadyExists, "{key}: cannot be created, there is a node")),
            Err(e) => return Err(e),
        }
        self.change(op, &mut writer, |overlay| {
            add_groups(overlay, missing);
            overlay.put(key.clone(), Change::Array(array));
        })
    }

    pub(super) fn put_region(&self, op: &Op, key: &Key, region: &Region, view: &ArrayView<'_>) -> Result<()> {
        // Outside the lock, so that several threads encode what they write to one array at once.
        let early = self.editable_node(key)?;
        let whole = self.on_target(key, &early, region, view, |target| self.encode_whole(op, target))?;
        let mut writer = self.writer();
        self.check_there(key)?;
        let array = self.grow(key)?;
        let (node, growing) = parts(key, &array)?;
        let (whole, edit) = self.on_target(key, &node, region, view, |target| {
            // Another call may have resized or replaced the array meanwhile.
            let whole = if same_layout(&early.meta, &node.meta) { whole } else { self.encode_whole(op, target)? };
            Ok((whole, self.edit_partial(op, target, &growing)?))
        })?;
        self.make_room(key, &growing)?;
        let edit = Edit { puts: edit.puts.into_iter().chain(whole).collect(), ..edit };
        self.finish_edit(op, &mut writer, key, &array, edit, view)
    }

    /// Lengthens a dimension by the elements of a view; `false`, and nothing changed, when the shape is not `from`.
    pub(super) fn append_to(
        &self,
        op: &Op,
        key: &Key,
        view: &ArrayView<'_>,
        axis: usize,
        from: &[u64],
    ) -> Result<bool> {
        let mut writer = self.writer();
        self.check_there(key)?;
        let array = self.grow(key)?;
        let (node, growing) = parts(key, &array)?;
        if node.shape() != from {
            return Ok(false);
        }
        let mut meta = node.meta.clone();
        let mut region = Region { offset: vec![0; from.len()], shape: view.shape().to_vec() };
        region.offset[axis] = from[axis];
        if crate::defect::has(Defect::ShiftAppend)
            && from[axis] > 0
            && from[axis].is_multiple_of(node.meta.grid.chunks[axis])
        {
            region.offset[axis] -= 1;
        }
        meta.grid.shape[axis] = from[axis] + view.shape()[axis];
        let array = self.staged(key, Files::Growing(growing.clone()), meta, node.attributes.clone());
        let node = array.node()?;
        let edit = self.on_target(key, &node, &region, view, |target| {
            let whole = self.encode_whole(op, target)?;
            let edit = self.edit_partial(op, target, &growing)?;
            Ok(Edit { puts: edit.puts.into_iter().chain(whole).collect(), ..edit })
        })?;
        self.make_room(key, &growing)?;
        self.finish_edit(op, &mut writer, key, &array, edit, view)?;
        Ok(true)
    }

    pub(super) fn resize_array(&self, op: &Op, key: &Key, shape: &[u64]) -> Result<()> {
        let mut writer = self.writer();
        self.check_there(key)?;
        let array = self.grow(key)?;
        let (node, growing) = parts(key, &array)?;
        let old = node.meta.grid.shape.clone();
        if node.shape().len() != shape.len() {
            let (have, want) = (node.shape().len(), shape.len());
            return Err(err!(ShapeMismatch, "{key}: array has {have} dimensions, shape has {want}"));
        }
        if node.shape() == shape {
            return Ok(());
        }
        plain(key, &node)?;
        let mut meta = node.meta.clone();
        meta.grid.shape = shape.to_vec();
        let grows = shape.iter().zip(&old).any(|(new, old)| new > old);
        if grows && meta.fill_value.is_null() {
            meta.fill_value = fill_json(&Array::zero(meta.pipeline.dtype()));
        }
        let array = self.staged(key, Files::Growing(growing.clone()), meta, node.attributes.clone());
        let node = array.node()?;
        let shrinks = shape.iter().zip(&old).any(|(new, old)| new < old);
        let edit = if shrinks { self.edit_shrink(op, key, &node, &old, &growing)? } else { Edit::default() };
        self.make_room(key, &growing)?;
        self.finish_edit(op, &mut writer, key, &array, edit, &Array::zero(DType::U8).view())
    }

    /// Makes an edit, and the version of the array that goes with it, what readers see.
    fn finish_edit(
        &self,
        op: &Op,
        writer: &mut Writer,
        key: &Key,
        array: &Arc<StagedArray>,
        edit: Edit,
        view: &ArrayView<'_>,
    ) -> Result<()> {
        let (node, growing) = parts(key, array)?;
        let shared = match self.overlay().get(key) {
            Some(Change::Array(there)) => there.growing().is_some_and(|there| Arc::ptr_eq(&there, &growing)),
            _ => false,
        };
        op.check()?;
        stored_view(&node, view, |view| growing.apply(edit, view)).map_err(|e| e.context(key))?;
        if shared && self.staging != Staging::Disk {
            writer.stale = true;
            let mut overlay = self.overlay.write().unwrap_or_else(PoisonError::into_inner);
            overlay.put_at(key.clone(), Change::Array(array.clone()));
            return Ok(());
        }
        self.change(op, writer, |overlay| overlay.put_at(key.clone(), Change::Array(array.clone())))
    }

    /// An array as one that is written by parts; it is not in the overlay yet when it was none before.
    fn grow(&self, key: &Key) -> Result<Arc<StagedArray>> {
        let staged = match self.overlay().get(key) {
            Some(Change::Array(array)) => Some(array.clone()),
            _ => None,
        };
        if let Some(array) = staged.as_ref().filter(|array| array.growing().is_some()) {
            return Ok(array.clone());
        }
        let node = self.editable_node(key)?;
        let growing = Growing::over(&node);
        if staged.is_some_and(|array| array.spilled.is_some()) {
            // Its hidden directory goes with the version that is replaced now.
            growing.detach(&self.spill_dir()?)?;
        }
        Ok(self.staged(key, Files::Growing(growing), node.meta.clone(), node.attributes.clone()))
    }

    fn staged(&self, key: &Key, files: Files, meta: ArrayMeta, attributes: Attributes) -> Arc<StagedArray> {
        let node = Node::known(key.as_str(), files, meta, attributes, self.limits);
        Arc::new(StagedArray::in_memory(Arc::new(node)))
    }

    fn editable_node(&self, key: &Key) -> Result<Arc<Node>> {
        self.with_node(key, |found| match found {
            Found::Leaf(leaf) => match &leaf {
                Leaf::Own(node) => Ok(node.clone()),
                Leaf::Foreign(_) => {
                    Err(err!(Unsupported, "{key}: an array of zarr format 3 with such codecs is only read"))
                }
            },
            Found::Group(_) => Err(err!(WrongKind, "{key}: wanted an array, found a group")),
        })
    }

    /// Does `work` with the box and the elements as the node stores them.
    pub(super) fn on_target<T>(
        &self,
        key: &Key,
        node: &Node,
        region: &Region,
        view: &ArrayView<'_>,
        work: impl FnOnce(&Target<'_>) -> Result<T>,
    ) -> Result<T> {
        plain(key, node)?;
        let dtype = node.meta.pipeline.dtype();
        if dtype != view.dtype() {
            return Err(err!(DtypeMismatch, "{key}: array is {dtype}, data is {}", view.dtype()));
        }
        region.check(key, &node.shape())?;
        if region.shape != view.shape() {
            return Err(err!(ShapeMismatch, "{key}: region has shape {:?}, data has {:?}", region.shape, view.shape()));
        }
        let whole = node.meta.grid.whole();
        let region = if node.attributes.scalar { &whole } else { region };
        stored_view(node, view, |view| work(&Target { key, node, region, view }))
    }

    /// Whether the process has more in memory than its budget, and this store may write hidden files.
    pub(super) fn over_budget(&self) -> bool {
        self.staging != Staging::Memory && staged_bytes() > crate::config::staging_budget()
    }

    /// Moves chunks to hidden files when memory has no room for more: those of this array, then all.
    pub(super) fn make_room(&self, key: &Key, growing: &Growing) -> Result<()> {
        if self.over_budget() {
            growing.spill_encoded(&self.spill_dir()?).map_err(|e| e.context(key))?;
        }
        if !self.over_budget() {
            return Ok(());
        }
        let others: Vec<Arc<StagedArray>> = self
            .overlay()
            .iter()
            .filter_map(|(other, change)| match change {
                Change::Array(array) if other != key => Some(array.clone()),
                _ => None,
            })
            .collect();
        for other in others.iter().filter_map(|array| array.growing()) {
            other.spill(&self.spill_dir()?)?;
        }
        Ok(())
    }

    /// The directory of hidden files; made when it is first needed.
    pub(super) fn spill_dir(&self) -> Result<Arc<Spill>> {
        let mut spill = self.spill.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spill) = &*spill {
            return Ok(spill.clone());
        }
        let place = if matches!(self.base(), Base::Dir(_)) { self.root.as_path() } else { fs::parent(&self.root) };
        Ok(spill.insert(Spill::create(place)?).clone())
    }

    /// Ends what is not encoded yet, so that sizes are known.
    pub(super) fn settle_growing(&self) -> Result<()> {
        let _writer = self.writer();
        let arrays: Vec<(Key, Arc<Growing>)> = self
            .overlay()
            .iter()
            .filter_map(|(key, change)| match change {
                Change::Array(array) => array.growing().map(|growing| (key.clone(), growing)),
                _ => None,
            })
            .collect();
        arrays.iter().try_for_each(|(key, growing)| growing.evict(0, &[]).map_err(|e| e.context(key)))
    }
}

/// The node and the chunks of an array that is written by parts.
pub(super) fn parts(key: &Key, array: &StagedArray) -> Result<(Arc<Node>, Arc<Growing>)> {
    let growing = array.growing().ok_or_else(|| err!(Internal, "{key}: is not written by parts"))?;
    Ok((array.node()?, growing.clone()))
}

/// Refuses what has another shape than its elements are stored in, and chunks too large to be decoded.
fn plain(key: &Key, node: &Node) -> Result<()> {
    let text = node.meta.fill_value.as_str().map_or(0, str::len);
    let size = node.meta.pipeline.element_size().unwrap_or(size_of::<String>() + text);
    node.limits().chunk_bytes(&node.meta.grid, size).map_err(|e| e.context(key))?;
    match node.meta.pipeline.extra_dim() {
        Some(width) => Err(err!(Unsupported, "{key}: an array of dtype |S{width} is not written by parts")),
        None => chunk::fill(&node.meta).map(|_| ()).map_err(|e| e.context(key)),
    }
}

/// Whether chunks that were encoded for one version of an array are those of the other.
fn same_layout(a: &ArrayMeta, b: &ArrayMeta) -> bool {
    a.grid == b.grid
        && a.fill_value == b.fill_value
        && a.column_major == b.column_major
        && a.v3 == b.v3
        && a.pipeline.metadata_texts() == b.pipeline.metadata_texts()
}

/// A scalar that is stored in shape (1,) as it is stored; everything else as it is.
pub(super) fn stored_view<T>(
    node: &Node,
    view: &ArrayView<'_>,
    work: impl FnOnce(&ArrayView<'_>) -> Result<T>,
) -> Result<T> {
    match view.strings() {
        Some(strings) if node.attributes.scalar => work(&ArrayView::from_strings(&[1], strings)?),
        _ => work(view),
    }
}
