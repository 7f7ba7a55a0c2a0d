//! Changing an array: a box of it, its shape, what lies beyond a shape.
//!
//! This is what the backends that keep whole arrays do for a region write or a resize, and what the Zarr backend does to
//! one decoded chunk. An element that comes into being is a copy of a given one (a 0-d array, the fill value). A call
//! that fails changes nothing.

use super::array::Data;
use super::region::{At, clone_box, copy_box};
use super::{Array, ArrayView, DType, element_count};
use crate::backend::Region;
use crate::error::{Result, err};

impl Array {
    /// The 0-d array that an element is when nothing else was said: 0, false or the empty string.
    pub(crate) fn zero(dtype: DType) -> Self {
        let data = match dtype {
            DType::String => Data::Strings(vec![String::new()]),
            sized => Data::Bytes(vec![0; sized.size()]),
        };
        Self { dtype, shape: Vec::new(), data }
    }

    /// An array whose every element is that of `fill`.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape that overflows, `NoMemory`.
    pub(crate) fn filled(shape: Vec<u64>, fill: &Self) -> Result<Self> {
        let count = element_count(&shape, fill.dtype)?;
        let data = match &fill.data {
            Data::Strings(text) => {
                let mut strings = Vec::new();
                let text = text.first().cloned().unwrap_or_default();
                strings.try_reserve_exact(count).map_err(|_| refused(&shape, fill.dtype))?;
                strings.resize(count, text);
                Data::Strings(strings)
            }
            Data::Bytes(element) => {
                let zeroed = bytemuck::allocation::try_zeroed_slice_box(count * element.len());
                let mut bytes = zeroed.map_err(|()| refused(&shape, fill.dtype))?.into_vec();
                if element.iter().any(|&byte| byte != 0) {
                    bytes.chunks_exact_mut(element.len()).for_each(|slot| slot.copy_from_slice(element));
                }
                Data::Bytes(bytes)
            }
        };
        Ok(Self { dtype: fill.dtype, shape, data })
    }

    /// Sets the box at `offset` to the elements of a view.
    ///
    /// # Errors
    /// `DtypeMismatch`, `ShapeMismatch` when the box leaves the array, `InvalidArgument` for a bool that is neither 0 nor 1.
    pub(crate) fn patch(&mut self, offset: &[u64], view: &ArrayView<'_>) -> Result<()> {
        if view.dtype() != self.dtype {
            return Err(err!(DtypeMismatch, "array is {}, data is {}", self.dtype, view.dtype()));
        }
        let origin = vec![0; view.shape().len()];
        let from = At { shape: view.shape(), offset: &origin };
        let to = At { shape: &self.shape, offset };
        match &mut self.data {
            Data::Bytes(bytes) => {
                let new = view.to_contiguous();
                if self.dtype == DType::Bool && new.iter().any(|&byte| byte > 1) {
                    return Err(err!(InvalidArgument, "a bool element is neither 0 nor 1"));
                }
                copy_box(&new, from, bytes, to, view.shape(), self.dtype.size())
            }
            Data::Strings(strings) => {
                let new: Vec<String> = view.strings().unwrap_or_default().iter().map(|&text| text.to_owned()).collect();
                clone_box(&new, from, strings, to, view.shape())
            }
        }
    }

    /// Sets every element that is not in the box of shape `keep` at the origin to that of `fill`.
    ///
    /// # Errors
    /// `ShapeMismatch` when `keep` leaves the array, `NoMemory`.
    pub(crate) fn clear_beyond(&mut self, keep: &[u64], fill: &Self) -> Result<()> {
        for d in 0..self.shape.len().min(keep.len()) {
            if keep[d] >= self.shape[d] {
                continue;
            }
            // Beyond in this dimension, inside in those before it: each element once.
            let mut offset = vec![0; keep.len()];
            let mut shape = [&keep[..d], &self.shape[d..]].concat();
            offset[d] = keep[d];
            shape[d] = self.shape[d] - keep[d];
            let blank = Self::filled(shape, fill)?;
            self.patch(&offset, &blank.view())?;
        }
        Ok(())
    }

    /// Gives the array another shape of as many dimensions: what is in both stays, what is new is `fill`.
    ///
    /// Lengthening the first dimension alone costs what is new, over many calls.
    ///
    /// # Errors
    /// `ShapeMismatch` for another number of dimensions, `InvalidArgument` for a shape that overflows, `NoMemory`.
    pub(crate) fn resize(&mut self, shape: &[u64], fill: &Self) -> Result<()> {
        if shape.len() != self.shape.len() {
            return Err(err!(ShapeMismatch, "array has {} dimensions, shape {}", self.shape.len(), shape.len()));
        }
        let count = element_count(shape, self.dtype)?;
        if shape.is_empty() {
            return Ok(());
        }
        if shape[1..] == self.shape[1..] {
            match (&mut self.data, &fill.data) {
                (Data::Bytes(bytes), Data::Bytes(element)) => {
                    let size = count * element.len();
                    let more = size.saturating_sub(bytes.len());
                    bytes.try_reserve(more).map_err(|_| refused(shape, self.dtype))?;
                    match element.iter().all(|&byte| byte == 0) {
                        true => bytes.resize(size, 0),
                        false => {
                            (0..more / element.len()).for_each(|_| bytes.extend_from_slice(element));
                            bytes.truncate(size);
                        }
                    }
                }
                (Data::Strings(strings), Data::Strings(text)) => {
                    let more = count.saturating_sub(strings.len());
                    strings.try_reserve(more).map_err(|_| refused(shape, self.dtype))?;
                    strings.resize(count, text.first().cloned().unwrap_or_default());
                }
                _ => return Err(err!(DtypeMismatch, "array is {}, fill value is {}", self.dtype, fill.dtype)),
            }
            self.shape = shape.to_vec();
            return Ok(());
        }
        let mut resized = Self::filled(shape.to_vec(), fill)?;
        let both: Vec<u64> = shape.iter().zip(&self.shape).map(|(&a, &b)| a.min(b)).collect();
        let origin = vec![0; shape.len()];
        let kept = super::region::cut(self, &Region { offset: origin.clone(), shape: both })?;
        resized.patch(&origin, &kept.view())?;
        *self = resized;
        Ok(())
    }

    /// Lengthens a dimension by the elements of a view.
    ///
    /// # Errors
    /// As [`Array::resize`] and [`Array::patch`]; the array is then as it was.
    pub(crate) fn append(&mut self, view: &ArrayView<'_>, axis: usize, fill: &Self) -> Result<()> {
        let before = self.shape.clone();
        let (mut shape, mut offset) = (before.clone(), vec![0; before.len()]);
        let (Some(length), Some(more)) = (shape.get_mut(axis), view.shape().get(axis)) else {
            return Err(err!(ShapeMismatch, "axis {axis}, array has shape {before:?}, data has {:?}", view.shape()));
        };
        offset[axis] = *length;
        *length = length.saturating_add(*more);
        self.resize(&shape, fill)?;
        let patched = self.patch(&offset, view);
        if patched.is_err() {
            self.resize(&before, fill)?;
        }
        patched
    }

    /// Bytes that the elements take in memory.
    pub(crate) fn footprint(&self) -> u64 {
        match &self.data {
            Data::Bytes(bytes) => bytes.len() as u64,
            Data::Strings(strings) => strings.iter().map(|s| (s.len() + size_of::<String>()) as u64).sum(),
        }
    }
}

fn refused(shape: &[u64], dtype: DType) -> crate::Error {
    err!(NoMemory, "no memory for shape {shape:?} of {dtype}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_keeps_what_is_in_both_shapes() {
        let seven = Array::scalar(7i16);
        let mut array = Array::from_slice(&[2, 3], &[1i16, 2, 3, 4, 5, 6]).unwrap();
        array.resize(&[3, 3], &seven).unwrap();
        assert_eq!(array.to_vec::<i16>().unwrap(), [1, 2, 3, 4, 5, 6, 7, 7, 7]);
        array.resize(&[1, 4], &seven).unwrap();
        assert_eq!(array, Array::from_slice(&[1, 4], &[1i16, 2, 3, 7]).unwrap());
        array.resize(&[0, 4], &seven).unwrap();
        array.resize(&[1, 4], &seven).unwrap();
        assert_eq!(array.to_vec::<i16>().unwrap(), [7; 4]);
        assert!(array.resize(&[4], &seven).is_err() && array.resize(&[u64::MAX, 4], &seven).is_err());
        let mut names = Array::from_strings(vec![2], vec!["a".into(), "b".into()]).unwrap();
        names.resize(&[3], &Array::string("-")).unwrap();
        assert_eq!(names.strings().unwrap(), ["a", "b", "-"]);
    }

    #[test]
    fn clearing_leaves_the_corner() {
        let mut array = Array::from_slice(&[3, 3], &[1u8; 9]).unwrap();
        array.clear_beyond(&[2, 1], &Array::scalar(0u8)).unwrap();
        assert_eq!(array.to_vec::<u8>().unwrap(), [1, 0, 0, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_patch_of_another_type_or_place_changes_nothing() {
        let mut flags = Array::from_slice(&[2], &[true, false]).unwrap();
        let before = flags.clone();
        let two = [2u8];
        assert!(flags.patch(&[0], &ArrayView::from_bytes(DType::Bool, &[1], &two).unwrap()).is_err());
        assert!(flags.patch(&[0], &Array::vector(&[1u8]).view()).is_err());
        assert!(flags.patch(&[2], &Array::vector(&[true]).view()).is_err());
        assert_eq!(flags, before);
        flags.patch(&[1], &Array::vector(&[true]).view()).unwrap();
        assert_eq!(flags.to_vec::<bool>().unwrap(), [true, true]);
    }
}
