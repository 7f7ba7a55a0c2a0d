//! Copying an array that may be larger than memory: the source is scanned, the destination written by parts.
//!
//! The first part stands for all when an encoding is chosen. What the source never stored is not read, and is not
//! stored by the destination. What the destination has under the key stays until the copy is complete, and is then
//! replaced as one change; a copy that fails changes nothing.

use std::sync::PoisonError;

use super::{SIZES_KEY, Storage};
use crate::backend::{EncodedAs, Info, Region};
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::options::Nan;
use crate::value::{Array, ArrayView};
use crate::{ArrayOptions, DType};

/// The most elements of a sample.
const SAMPLE: u64 = 1 << 16;

/// What an array is copied as.
struct Copied {
    /// Names of dimensions, attributes.
    options: ArrayOptions,
    fill: Option<Array>,
    like: (Option<EncodedAs>, Array),
}

/// Takes a part and the index of its first element.
type Take<'t> = dyn FnMut(&[u64], &ArrayView<'_>) -> Result<()> + 't;

impl Storage {
    /// Copies the array of a key by parts, with its dimension names and attributes, replacing what is there.
    ///
    /// # Errors
    /// As loading here and saving there.
    pub(crate) fn copy_parts(
        &self,
        op: &Op,
        destination: &Storage,
        key: &str,
        info: &Info,
        encoded: Option<&EncodedAs>,
    ) -> Result<()> {
        let (_guard, _) = self.enter()?;
        let key = Key::parse(key)?;
        let attributes = self.backend.attributes(&key)?;
        let copied = Copied {
            options: ArrayOptions { dims: Some(info.dims.clone()), attributes, ..ArrayOptions::default() },
            fill: self.backend.fill(&key)?,
            like: (encoded.cloned(), self.sample(op, &key, info)?),
        };
        destination.replace_by_parts(&key, info, copied, &mut |take| {
            self.backend.scan(op, &key, &mut |offset, part| {
                op.check()?;
                take(offset, part)
            })
        })
    }

    /// The first elements of an array, in whole rows.
    fn sample(&self, op: &Op, key: &Key, info: &Info) -> Result<Array> {
        let mut shape = info.shape.clone();
        let mut room = SAMPLE;
        for length in shape.iter_mut().rev() {
            *length = (*length).min(room.max(1));
            room /= (*length).max(1);
        }
        let region = Region { offset: vec![0; shape.len()], shape };
        Ok(self.backend.read(op, key, Some(&region))?.array)
    }

    /// Replaces what is under a key by an array whose parts `scan` hands over.
    fn replace_by_parts(
        &self,
        key: &Key,
        info: &Info,
        copied: Copied,
        scan: &mut dyn FnMut(&mut Take<'_>) -> Result<()>,
    ) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let dtype: DType = info.dtype.ok_or_else(|| err!(Internal, "{key}: an array without a type"))?;
        let schema = self.state().schema.clone();
        let (mut new, named) = self.prepare_new(schema.as_deref(), key, dtype, &info.shape, &copied.options)?;
        new.fill = copied.fill.or(new.fill);
        new.like = Some(copied.like);
        let dims = named.then(|| new.dims.clone());
        if let (Some(schema), Some(dims)) = (schema.as_deref(), &dims) {
            // Refused before anything is copied, and taken when all is: what is there has its lengths so far.
            self.state_mut().dims.check(&self.backend, schema, key, dims, &info.shape)?;
        }
        let checked = self.policy.nan == Nan::Refuse && !new.fill.as_ref().is_some_and(|fill| fill.view().has_nan());
        let draft = self.backend.draft(key, new)?;
        scan(&mut |offset, part| {
            self.check_part(key, info, part)?;
            draft.write(&op, &Region { offset: offset.to_vec(), shape: part.shape().to_vec() }, part)
        })?;
        let _turn = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        self.claimed(key, &info.shape, dims.as_deref(), || draft.publish(&op))?;
        let mut state = self.state_mut();
        match dims {
            Some(_) => state.dims.forget_below(key),
            None => state.dims.remove(key),
        }
        state.notes.forget(key);
        state.notes.written(key.clone(), checked);
        let _ = state.metadata.delete(&format!("{SIZES_KEY}/{}", key.as_str()));
        Ok(())
    }
}
