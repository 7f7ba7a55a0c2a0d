//! Arrays that are written by parts: creating one without elements, writing a box, resizing, appending.
//!
//! What is the same for all backends is here, and comes before anything changes: the type, the box against the shape, NaN
//! policy, the schema's rules on the elements, and the one length that a named dimension has in a group. Calls that change
//! a shape come one at a time, so that the lengths that were claimed are those the array gets.

use std::sync::PoisonError;

use super::Storage;
use super::nodes::check_attributes;
use super::prepare::{check_nan, dims_of};
use crate::Key;
use crate::array_options::ArrayOptions;
use crate::backend::{Info, Kind, NewArray, Region};
use crate::codec::{CodecSpec, fill_element};
use crate::config::{Level, log};
use crate::error::{Result, err};
use crate::options::{Nan, Validate};
use crate::schema::{Conversion, Schema};
use crate::value::{Array, ArrayView, DType, element_count};

impl Storage {
    /// Makes an array of a shape without elements; it is then written by boxes, and may be larger than memory.
    ///
    /// # Errors
    /// `AlreadyExists` when there is a node, `InvalidArgument` (key, shape, options), `Schema`, `Nan` (the fill value),
    /// `WrongKind` (an array on the way to the key), `Codec`, `ReadOnly`, `Io`.
    pub fn create(&self, key: &str, dtype: DType, shape: &[u64], options: &ArrayOptions) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let _turn = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let schema = self.state().schema.clone();
        let (new, named) = self.prepare_new(schema.as_deref(), &key, dtype, shape, options)?;
        let dims = new.dims.clone();
        self.claimed(&key, shape, named.then_some(&dims), || self.backend.create(&op, &key, new))?;
        let mut state = self.state_mut();
        state.notes.forget(&key);
        state.notes.written(key, self.policy.nan == Nan::Refuse);
        Ok(())
    }

    pub(super) fn prepare_new(
        &self,
        schema: Option<&Schema>,
        key: &Key,
        dtype: DType,
        shape: &[u64],
        options: &ArrayOptions,
    ) -> Result<(NewArray, bool)> {
        let invalid = |text: String| err!(InvalidArgument, "{key}: {text}");
        element_count(shape, dtype).map_err(|e| e.context(key))?;
        let ndim = shape.len();
        for (name, lengths) in [("chunks", &options.chunks), ("shards", &options.shards)] {
            match lengths {
                Some(lengths) if lengths.len() != ndim => {
                    return Err(invalid(format!("{name} has {} lengths, shape has {ndim}", lengths.len())));
                }
                Some(lengths) if lengths.contains(&0) => {
                    return Err(invalid(format!("{name} is {lengths:?}, at least 1 is needed")));
                }
                _ => {}
            }
        }
        if let Some(codec) = &options.codec {
            CodecSpec::parse(codec).map_err(|e| e.context(key))?;
        }
        let fill = match &options.fill_value {
            None => Some(Array::zero(dtype)),
            Some(serde_json::Value::Null) => None,
            Some(json) => Some(fill_element(dtype, json).map_err(|e| e.context(key))?),
        };
        if let Some(fill) = &fill {
            check_nan(self.policy, key, &fill.view()).map_err(|e| err!(Nan, "{} (fill_value)", e.message()))?;
        }
        // A fill value that was asked for keeps the rules of the schema; the default is for what is written later.
        let sample = match (&fill, &options.fill_value) {
            (Some(fill), Some(_)) => Array::filled(vec![1; ndim], fill)?,
            _ => Array::filled(vec![0; ndim], &Array::zero(dtype))?,
        };
        self.check_schema(schema, key, &sample.view(), true)?;
        let (mut dims, named) = dims_of(schema, key, Kind::Array, ndim);
        if let Some(given) = &options.dims {
            if given.len() != ndim {
                return Err(invalid(format!("dims has {} names, shape has {ndim}", given.len())));
            }
            if let Some(bad) = given.iter().find(|name| name.is_empty() || name.contains('\0')) {
                return Err(invalid(format!("dimension name '{}' is not usable", bad.escape_debug())));
            }
            if named && *given != dims {
                return Err(err!(Schema, "{key}: schema names the dimensions {dims:?}, given are {given:?}"));
            }
            dims.clone_from(given);
        }
        check_attributes(key, &options.attributes)?;
        let new = NewArray {
            dtype,
            shape: shape.to_vec(),
            dims,
            attributes: options.attributes.clone(),
            fill,
            chunks: options.chunks.clone(),
            shards: options.shards.clone(),
            codec: options.codec.clone(),
            profile: options.profile,
            like: None,
        };
        Ok((new, named))
    }

    /// Writes a box of an array: the elements of a view, of the box's shape.
    ///
    /// A chunk that the box covers is replaced; one that it meets in part is read, changed and kept until it is encoded,
    /// so that an array may be written row by row. A reader sees each chunk before or after the call.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind`, `DtypeMismatch`, `ShapeMismatch` when the box leaves the array or the view has another
    /// shape, `Schema`, `Nan`, `ReadOnly`, `Corrupt`, `Codec`, `Io`. A call that fails changes nothing.
    pub fn save_region(&self, key: &str, offset: &[u64], view: &ArrayView<'_>) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let info = self.array_info(&key)?;
        let region = Region { offset: offset.to_vec(), shape: view.shape().to_vec() };
        self.check_part(&key, &info, view)?;
        region.check(&key, &info.shape)?;
        self.backend.write_region(&op, &key, &region, view)?;
        self.state_mut().notes.resized(key);
        Ok(())
    }

    /// Gives an array another shape of as many dimensions. What is cut is gone; what is new is the fill value, which is 0,
    /// false or the empty string from now on where there was none.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind`, `ShapeMismatch` for another number of dimensions, `Schema` when a dimension that the
    /// schema names has another length in the group, `ReadOnly`, `Corrupt`, `Io`. A call that fails changes nothing.
    pub fn resize(&self, key: &str, shape: &[u64]) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let _turn = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let info = self.array_info(&key)?;
        if info.shape.len() != shape.len() {
            let (have, want) = (info.shape.len(), shape.len());
            return Err(err!(ShapeMismatch, "{key}: array has {have} dimensions, shape has {want}"));
        }
        element_count(shape, info.dtype.unwrap_or(DType::U8)).map_err(|e| e.context(&key))?;
        let schema = self.state().schema.clone();
        let dims = counted(schema.as_deref(), &key, &info);
        self.claimed(&key, shape, dims.as_deref(), || self.backend.resize(&op, &key, shape))?;
        self.state_mut().notes.resized(key);
        Ok(())
    }

    /// Lengthens a dimension of an array by the elements of a view, whose other lengths are the array's. A reader sees
    /// all of it or nothing.
    ///
    /// # Errors
    /// As [`Storage::save_region`] and [`Storage::resize`]; `InvalidArgument` for an axis that the array does not have.
    pub fn append(&self, key: &str, view: &ArrayView<'_>, axis: usize) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let _turn = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let info = self.array_info(&key)?;
            let shape = appended(&key, &info.shape, view, axis)?;
            self.check_part(&key, &info, view)?;
            element_count(&shape, view.dtype()).map_err(|e| e.context(&key))?;
            let schema = self.state().schema.clone();
            let dims = counted(schema.as_deref(), &key, &info);
            let append = || self.backend.append(&op, &key, view, axis, &info.shape);
            // Only a save that replaced the array meanwhile makes its shape another one.
            if self.claimed(&key, &shape, dims.as_deref(), append)? {
                self.state_mut().notes.resized(key);
                return Ok(());
            }
        }
    }

    fn array_info(&self, key: &Key) -> Result<Info> {
        let info = self.backend.info(key)?;
        match info.kind {
            Kind::Array => Ok(info),
            kind => Err(err!(WrongKind, "{key}: wanted an array, found a {}", kind.word())),
        }
    }

    /// Checks elements that become a part of an array.
    pub(super) fn check_part(&self, key: &Key, info: &Info, view: &ArrayView<'_>) -> Result<()> {
        if let Some(have) = info.dtype.filter(|&have| have != view.dtype()) {
            return Err(err!(DtypeMismatch, "{key}: array is {have}, data is {}", view.dtype()));
        }
        if view.shape().len() != info.shape.len() {
            let (have, want) = (view.shape().len(), info.shape.len());
            return Err(err!(ShapeMismatch, "{key}: array has {want} dimensions, data has {have}"));
        }
        if view.dtype() == DType::Bool && view.to_contiguous().iter().any(|&byte| byte > 1) {
            return Err(err!(InvalidArgument, "{key}: a bool element is neither 0 nor 1"));
        }
        check_nan(self.policy, key, view)?;
        self.check_schema(self.state().schema.clone().as_deref(), key, view, false)
    }

    /// Checks elements against the schema; an array is stored in one type, so nothing is converted.
    fn check_schema(&self, schema: Option<&Schema>, key: &Key, view: &ArrayView<'_>, exact: bool) -> Result<()> {
        let Some(schema) = schema.filter(|_| self.policy.validate != Validate::Off) else { return Ok(()) };
        let checked = match schema.check(key, view, self.policy.dtype) {
            Ok(Conversion::To(dtype)) if exact => {
                Err(err!(Schema, "{key}: schema wants {dtype}, the array is to be {}", view.dtype()))
            }
            other => other.map(|_| ()),
        };
        match checked {
            Err(e) if self.policy.validate == Validate::Warn => {
                log(Level::Warn, e.message());
                Ok(())
            }
            other => other,
        }
    }

    /// Runs a change after the lengths of dimensions that the schema names were claimed for it; gives them back when the
    /// change failed.
    pub(super) fn claimed<T>(
        &self,
        key: &Key,
        shape: &[u64],
        dims: Option<&[String]>,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let mut before = None;
        if let Some(dims) = dims {
            let state = &mut *self.state_mut();
            if let Some(schema) = state.schema.as_deref() {
                before = Some(state.dims.claim(&self.backend, schema, key, dims, shape)?);
            }
        }
        let result = change();
        if let (Err(_), Some(before)) = (&result, before) {
            self.state_mut().dims.restore(key, before);
        }
        result
    }
}

/// The names of the dimensions of an array, when they are the schema's: what was renamed may have others.
fn counted(schema: Option<&Schema>, key: &Key, info: &Info) -> Option<Vec<String>> {
    schema?.dims_for(key, info.shape.len()).filter(|dims| *dims == info.dims)
}

/// The shape that an array has with the elements of a view behind it.
fn appended(key: &Key, have: &[u64], view: &ArrayView<'_>, axis: usize) -> Result<Vec<u64>> {
    let more = view.shape();
    if axis >= have.len() {
        return Err(err!(InvalidArgument, "{key}: axis is {axis}, array has {} dimensions", have.len()));
    }
    let fits = more.len() == have.len() && (0..have.len()).all(|d| d == axis || more[d] == have[d]);
    if !fits {
        return Err(err!(
            ShapeMismatch,
            "{key}: data of shape {more:?} does not continue shape {have:?} along axis {axis}"
        ));
    }
    let mut shape = have.to_vec();
    shape[axis] = have[axis].checked_add(more[axis]).ok_or_else(|| {
        err!(InvalidArgument, "{key}: length {} + {} exceeds what can be addressed", have[axis], more[axis])
    })?;
    Ok(shape)
}
