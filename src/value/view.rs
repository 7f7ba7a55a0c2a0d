//! [`ArrayView`]: a borrowed, strided n-d array.

use std::borrow::Cow;

use super::region::{At, clone_box};
use super::{Array, DType, Element, element_count};
use crate::backend::Region;
use crate::error::{Result, err};

/// Where the elements of a view lie.
#[derive(Clone, Debug)]
pub enum Elements<'a> {
    /// Native-endian bytes of fixed-size elements; strides and offset of the view index into them.
    Bytes(&'a [u8]),
    /// Strings in row-major order; such a view has no strides.
    Strings(&'a [&'a str]),
    /// The same, with the list of them owned.
    StringList(Vec<&'a str>),
}

/// A borrowed n-d array: a shape, signed strides in elements, and the elements.
///
/// Invariant: every index inside the shape addresses an element inside the borrowed memory (checked at construction),
/// so that copying out needs no further check.
#[derive(Clone, Debug)]
pub struct ArrayView<'a> {
    dtype: DType,
    shape: Vec<u64>,
    strides: Option<Vec<i64>>,
    offset: usize,
    elements: Elements<'a>,
}

impl<'a> ArrayView<'a> {
    /// A contiguous row-major view of native-endian bytes.
    ///
    /// # Errors
    /// `ShapeMismatch` when the bytes are not as many as shape and type need.
    pub fn from_bytes(dtype: DType, shape: &[u64], bytes: &'a [u8]) -> Result<Self> {
        let want = element_count(shape, dtype)? * dtype.size();
        if dtype == DType::String {
            return Err(err!(InvalidArgument, "a view of strings is not made from bytes"));
        }
        if want != bytes.len() {
            return Err(err!(ShapeMismatch, "shape {shape:?} of {dtype} is {want} bytes, data has {}", bytes.len()));
        }
        Ok(Self::contiguous_unchecked(dtype, shape.to_vec(), Elements::Bytes(bytes)))
    }

    /// A contiguous view of a slice.
    ///
    /// # Errors
    /// `ShapeMismatch` when the elements are not as many as the shape needs.
    pub fn from_slice<T: Element>(shape: &[u64], elements: &'a [T]) -> Result<Self> {
        Self::from_bytes(T::DTYPE, shape, bytemuck::cast_slice(elements))
    }

    /// A view of strings.
    ///
    /// # Errors
    /// `ShapeMismatch` when the strings are not as many as the shape needs.
    pub fn from_strings(shape: &[u64], strings: &'a [&'a str]) -> Result<Self> {
        let want = element_count(shape, DType::String)?;
        if want != strings.len() {
            return Err(err!(ShapeMismatch, "shape {shape:?} has {want} elements, data has {}", strings.len()));
        }
        Ok(Self::contiguous_unchecked(DType::String, shape.to_vec(), Elements::Strings(strings)))
    }

    /// A strided view: element `i` of `bytes` is `bytes[i * size ..]`, the origin is element `offset`, strides are
    /// signed and in elements.
    ///
    /// # Errors
    /// `InvalidArgument` when shape and strides differ in length or address memory outside `bytes`.
    pub fn strided(dtype: DType, shape: &[u64], strides: &[i64], offset: usize, bytes: &'a [u8]) -> Result<Self> {
        if dtype == DType::String {
            return Err(err!(InvalidArgument, "a view of strings has no strides"));
        }
        if shape.len() != strides.len() {
            return Err(err!(InvalidArgument, "shape has {} dimensions, strides {}", shape.len(), strides.len()));
        }
        let (before, after) = extent(shape, strides, dtype)?;
        let available = bytes.len() / dtype.size();
        let empty = shape.contains(&0);
        if !empty && (before > offset || offset.checked_add(after).is_none_or(|end| end >= available)) {
            return Err(err!(InvalidArgument, "shape {shape:?} with strides {strides:?} leaves its memory"));
        }
        let strides = if is_contiguous(shape, strides) && offset == 0 && element_count(shape, dtype)? == available {
            None
        } else {
            Some(strides.to_vec())
        };
        Ok(Self { dtype, shape: shape.to_vec(), strides, offset, elements: Elements::Bytes(bytes) })
    }

    pub(super) fn contiguous_unchecked(dtype: DType, shape: Vec<u64>, elements: Elements<'a>) -> Self {
        Self { dtype, shape, strides: None, offset: 0, elements }
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The length of each dimension; empty for a scalar.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.shape.contains(&0) { 0 } else { self.shape.iter().product::<u64>() as usize }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The strings of a string view.
    #[must_use]
    pub fn strings(&self) -> Option<&[&'a str]> {
        match &self.elements {
            Elements::Strings(strings) => Some(strings),
            Elements::StringList(strings) => Some(strings),
            Elements::Bytes(_) => None,
        }
    }

    /// The native-endian bytes in row-major order: borrowed when the view is contiguous, copied when it is not.
    /// Empty for strings.
    #[must_use]
    pub fn to_contiguous(&self) -> Cow<'a, [u8]> {
        let Elements::Bytes(bytes) = self.elements else { return Cow::Borrowed(&[]) };
        match &self.strides {
            None => Cow::Borrowed(bytes),
            Some(strides) => {
                let mut out = Vec::with_capacity(self.len() * self.dtype.size());
                if !self.is_empty() {
                    gather(bytes, &self.shape, strides, self.offset as i64, self.dtype.size(), &mut out);
                }
                Cow::Owned(out)
            }
        }
    }

    /// A box of the view; of fixed-size elements nothing is copied.
    ///
    /// # Errors
    /// `ShapeMismatch` when the box leaves the view.
    pub(crate) fn cut(&self, region: &Region) -> Result<Self> {
        let inside = region.shape.len() == self.shape.len()
            && region.offset.len() == self.shape.len()
            && (0..self.shape.len())
                .all(|d| region.offset[d].checked_add(region.shape[d]).is_some_and(|end| end <= self.shape[d]));
        if !inside {
            return Err(err!(
                ShapeMismatch,
                "box {:?} at {:?} leaves shape {:?}",
                region.shape,
                region.offset,
                self.shape
            ));
        }
        let shape = region.shape.clone();
        let Elements::Bytes(bytes) = self.elements else {
            let origin = vec![0; shape.len()];
            let mut out = vec![""; element_count(&shape, self.dtype)?];
            let (from, to) = (At { shape: &self.shape, offset: &region.offset }, At { shape: &shape, offset: &origin });
            clone_box(self.strings().unwrap_or_default(), from, &mut out, to, &shape)?;
            return Ok(Self::contiguous_unchecked(self.dtype, shape, Elements::StringList(out)));
        };
        if shape.contains(&0) {
            return Ok(Self::contiguous_unchecked(self.dtype, shape, Elements::Bytes(&[])));
        }
        let strides = self.strides.clone().unwrap_or_else(|| {
            let mut strides = vec![1i64; self.shape.len()];
            for d in (1..strides.len()).rev() {
                strides[d - 1] = strides[d] * self.shape[d] as i64;
            }
            strides
        });
        // The invariant of the view keeps every product and sum inside its memory.
        let origin =
            region.offset.iter().zip(&strides).fold(self.offset as i64, |at, (&o, s)| at + o as i64 * s) as usize;
        if is_contiguous(&shape, &strides) {
            let size = self.dtype.size();
            let count = element_count(&shape, self.dtype)?;
            let bytes = &bytes[origin * size..(origin + count) * size];
            return Ok(Self::contiguous_unchecked(self.dtype, shape, Elements::Bytes(bytes)));
        }
        Ok(Self { dtype: self.dtype, shape, strides: Some(strides), offset: origin, elements: Elements::Bytes(bytes) })
    }

    /// An owned copy.
    ///
    /// # Errors
    /// `InvalidArgument` when a `bool` is neither 0 nor 1.
    pub fn to_array(&self) -> Result<Array> {
        match self.strings() {
            Some(strings) => Array::from_strings(self.shape.clone(), strings.iter().map(|&s| s.to_owned()).collect()),
            None => Array::from_bytes(self.dtype, self.shape.clone(), self.to_contiguous().into_owned()),
        }
    }

    /// Whether a float or complex element is not a number.
    #[must_use]
    pub fn has_nan(&self) -> bool {
        fn any<T: Element>(bytes: &[u8], nan: impl Fn(T) -> bool) -> bool {
            match bytemuck::checked::try_cast_slice::<u8, T>(bytes) {
                // Whole blocks without a way out, which the compiler turns into vector instructions.
                Ok(elements) => elements.chunks(512).any(|block| block.iter().fold(false, |found, &x| found | nan(x))),
                Err(_) => bytes
                    .chunks_exact(size_of::<T>())
                    .any(|c| bytemuck::checked::try_pod_read_unaligned(c).is_ok_and(&nan)),
            }
        }
        match self.dtype {
            DType::F16 => any::<half::f16>(&self.to_contiguous(), half::f16::is_nan),
            DType::F32 | DType::C64 => any::<f32>(&self.to_contiguous(), f32::is_nan),
            DType::F64 | DType::C128 => any::<f64>(&self.to_contiguous(), f64::is_nan),
            _ => false,
        }
    }
}

/// How many elements a view reaches before and after its origin.
fn extent(shape: &[u64], strides: &[i64], dtype: DType) -> Result<(usize, usize)> {
    element_count(shape, dtype)?;
    let (mut before, mut after) = (0i128, 0i128);
    for (&length, &stride) in shape.iter().zip(strides) {
        let reach = i128::from(length.saturating_sub(1)) * i128::from(stride);
        if reach < 0 { before -= reach } else { after += reach }
    }
    let limit = (isize::MAX as i128) / dtype.size().max(1) as i128;
    if before > limit || after > limit {
        return Err(err!(InvalidArgument, "strides {strides:?} of shape {shape:?} exceed what can be addressed"));
    }
    Ok((before as usize, after as usize))
}

fn is_contiguous(shape: &[u64], strides: &[i64]) -> bool {
    let mut want = 1i64;
    for (&length, &stride) in shape.iter().zip(strides).rev() {
        if length != 1 && stride != want {
            return false;
        }
        want = want.saturating_mul(length as i64);
    }
    true
}

/// Copies a strided block in row-major order; a unit stride in the last dimension is copied a row at a time.
fn gather(bytes: &[u8], shape: &[u64], strides: &[i64], origin: i64, size: usize, out: &mut Vec<u8>) {
    match (shape, strides) {
        ([], _) | (_, []) => {
            let at = origin as usize * size;
            out.extend_from_slice(&bytes[at..at + size]);
        }
        ([length], [1]) => {
            let at = origin as usize * size;
            out.extend_from_slice(&bytes[at..at + *length as usize * size]);
        }
        ([length, rest @ ..], [stride, strides @ ..]) => {
            for i in 0..*length as i64 {
                gather(bytes, rest, strides, origin + i * stride, size, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strided_views_copy_in_row_major_order() {
        let data: Vec<i32> = (0..12).collect();
        let bytes = bytemuck::cast_slice(&data);
        let transposed = ArrayView::strided(DType::I32, &[4, 3], &[1, 4], 0, bytes).unwrap();
        assert_eq!(transposed.to_array().unwrap().to_vec::<i32>().unwrap(), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
        let reversed = ArrayView::strided(DType::I32, &[3], &[-2], 5, bytes).unwrap();
        assert_eq!(reversed.to_array().unwrap().to_vec::<i32>().unwrap(), [5, 3, 1]);
        let broadcast = ArrayView::strided(DType::I32, &[3], &[0], 7, bytes).unwrap();
        assert_eq!(broadcast.to_array().unwrap().to_vec::<i32>().unwrap(), [7, 7, 7]);
    }

    #[test]
    fn a_box_of_a_view_has_the_elements_of_the_box() {
        let data: Vec<i32> = (0..24).collect();
        let bytes = bytemuck::cast_slice(&data);
        let region = |offset: &[u64], shape: &[u64]| Region { offset: offset.to_vec(), shape: shape.to_vec() };
        let values = |view: &ArrayView<'_>, region: &Region| {
            view.cut(region).unwrap().to_array().unwrap().to_vec::<i32>().unwrap()
        };
        let plain = ArrayView::from_bytes(DType::I32, &[4, 6], bytes).unwrap();
        assert_eq!(values(&plain, &region(&[1, 2], &[2, 3])), [8, 9, 10, 14, 15, 16]);
        assert_eq!(values(&plain, &region(&[3, 0], &[1, 6])), [18, 19, 20, 21, 22, 23]);
        let rows = plain.cut(&region(&[1, 0], &[2, 6])).unwrap();
        assert!(matches!(rows.to_contiguous(), Cow::Borrowed(b) if b.len() == 48), "whole rows are not copied");
        let turned = ArrayView::strided(DType::I32, &[6, 4], &[-1, 6], 5, bytes).unwrap();
        assert_eq!(values(&turned, &region(&[1, 2], &[2, 2])), [16, 22, 15, 21]);
        assert!(plain.cut(&region(&[4, 6], &[0, 0])).unwrap().is_empty());
        let words = ["a", "b", "c", "d"];
        let words = ArrayView::from_strings(&[2, 2], &words).unwrap();
        assert_eq!(words.cut(&region(&[0, 1], &[2, 1])).unwrap().strings().unwrap(), ["b", "d"]);
        for outside in [region(&[3, 0], &[2, 1]), region(&[0], &[1]), region(&[u64::MAX, 0], &[2, 1])] {
            assert!(plain.cut(&outside).is_err());
        }
    }

    #[test]
    fn views_outside_their_memory_are_refused() {
        let bytes = [0u8; 16];
        for (shape, strides, offset) in [
            (&[5u64][..], &[1i64][..], 0),
            (&[2], &[-1], 0),
            (&[2], &[i64::MAX], 0),
            (&[u64::MAX, 2], &[1, 1], 0),
            (&[2], &[1, 1], 0),
        ] {
            assert!(ArrayView::strided(DType::I32, shape, strides, offset, &bytes).is_err());
        }
        assert!(ArrayView::strided(DType::I32, &[0, 9], &[100, 1], 0, &bytes).unwrap().is_empty());
    }

    #[test]
    fn nan_is_found_in_every_float_type_and_infinity_is_not_nan() {
        assert!(Array::vector(&[1.0f32, f32::NAN]).view().has_nan());
        assert!(Array::vector(&[half::f16::NAN]).view().has_nan());
        assert!(Array::vector(&[num_complex::Complex::new(0.0, f64::NAN)]).view().has_nan());
        assert!(!Array::vector(&[f64::INFINITY, f64::NEG_INFINITY]).view().has_nan());
    }
}
