//! Copying an array that may be larger than memory: the source is scanned, the destination written by parts.
//!
//! The first part stands for all when an encoding is chosen. What the source never stored is not read, and is not
//! stored by the destination. A copy that fails takes the array away again; an array that stood under the key is then
//! lost, which copies of smaller arrays do not do.

use std::sync::PoisonError;

use super::Storage;
use crate::backend::{EncodedAs, Info, Region};
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::options::Nan;
use crate::value::Array;
use crate::{ArrayOptions, DType};

/// The most elements of a sample.
const SAMPLE: u64 = 1 << 16;

impl Storage {
    /// Copies the array of a key by parts, replacing what is there.
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
        let parsed = Key::parse(key)?;
        let fill = self.backend.fill(&parsed)?;
        let like = Some((encoded.cloned(), self.sample(op, &parsed, info)?));
        if destination.exists(key)? {
            destination.delete(key)?;
        }
        destination.create_like(&parsed, info, fill, like)?;
        let copied = self.backend.scan(op, &parsed, &mut |offset, part| {
            op.check()?;
            destination.save_region(key, offset, part)
        });
        copied.inspect_err(|_| _ = destination.delete(key))
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

    fn create_like(
        &self,
        key: &Key,
        info: &Info,
        fill: Option<Array>,
        like: Option<(Option<EncodedAs>, Array)>,
    ) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let dtype: DType = info.dtype.ok_or_else(|| err!(Internal, "{key}: an array without a type"))?;
        let _turn = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let schema = self.state().schema.clone();
        let (mut new, named) =
            self.prepare_new(schema.as_deref(), key, dtype, &info.shape, &ArrayOptions::default())?;
        new.fill = fill.or(new.fill);
        new.like = like;
        let dims = new.dims.clone();
        self.claimed(key, &info.shape, named.then_some(&dims), || self.backend.create(&op, key, new))?;
        let mut state = self.state_mut();
        state.notes.forget(key);
        state.notes.written(key.clone(), self.policy.nan == Nan::Refuse);
        Ok(())
    }
}
