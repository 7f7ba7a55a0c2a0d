//! [`SharedArray`]: a read-only n-d array whose elements lie in memory that others share.
//!
//! It is what a store gives when elements need not be copied: they stay in the mapped archive, in the bytes of an archive
//! or in the array of a store in memory, which live for as long as somebody looks at them. Nobody changes them: who
//! overwrites or removes the array in its store leaves these elements as they are.

use std::sync::Arc;

use super::shared::SharedBytes;
use super::{Array, ArrayView, DType, Element, element_count};
use crate::error::{Result, err};

/// A read-only array that keeps the memory of its elements alive; cloning it copies no element.
///
/// ```
/// let store = datastorage::Storage::memory();
/// store.save("face_areas", vec![1.5f32, 2.3, 4.1])?;
/// let areas = store.view("face_areas")?;
/// store.delete("face_areas")?;
/// assert_eq!(areas.as_slice::<f32>()?, [1.5, 2.3, 4.1]);
/// # Ok::<(), datastorage::Error>(())
/// ```
///
/// Invariants: the elements begin where their type may begin, every index inside the shape addresses an element inside
/// the bytes, strides are not negative, and bytes of a `bool` array are 0 or 1.
#[derive(Clone, Debug)]
pub struct SharedArray {
    dtype: DType,
    shape: Vec<u64>,
    strides: Vec<i64>,
    bytes: SharedBytes,
    borrowed: bool,
}

impl SharedArray {
    /// An array in shared memory, with strides in elements; its elements of `bool` were checked.
    ///
    /// # Errors
    /// `Unsupported` when the elements do not begin where their type may, `Corrupt` when they leave the memory.
    pub(crate) fn borrowed(dtype: DType, shape: Vec<u64>, strides: Vec<i64>, bytes: &SharedBytes) -> Result<Self> {
        let reach = reach(dtype, &shape, &strides).and_then(|reach| bytes.slice(0, reach));
        let Some(bytes) = reach else {
            return Err(err!(Corrupt, "shape {shape:?} with strides {strides:?} leaves {} bytes", bytes.len()));
        };
        let unit = dtype.swap_unit();
        if !bytes.is_empty() && !bytes.as_ptr().addr().is_multiple_of(unit) {
            return Err(err!(Unsupported, "cannot be viewed: its elements do not begin at a multiple of {unit} bytes"));
        }
        Ok(Self { dtype, shape, strides, bytes, borrowed: true })
    }

    /// All elements of an array that others share.
    ///
    /// # Errors
    /// As [`SharedArray::borrowed`]; `DtypeMismatch` for strings.
    pub(crate) fn of(array: Arc<Array>) -> Result<Self> {
        let dtype = array.dtype();
        if dtype == DType::String {
            return Err(no_text());
        }
        let shape = array.shape().to_vec();
        let strides = row_major(&shape);
        Self::borrowed(dtype, shape, strides, &SharedBytes::new(array))
    }

    /// An array of its own.
    ///
    /// # Errors
    /// `DtypeMismatch` for strings.
    pub(crate) fn owned(array: Array) -> Result<Self> {
        Ok(Self { borrowed: false, ..Self::of(Arc::new(array))? })
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

    /// The step of each dimension, in elements.
    #[must_use]
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        // Checked when it was made.
        element_count(&self.shape, self.dtype).unwrap_or(0)
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Whether the elements lie in memory of the store; else they were decoded into memory of their own.
    #[must_use]
    pub fn is_borrowed(&self) -> bool {
        self.borrowed
    }

    /// Whether the elements follow each other in row-major order.
    #[must_use]
    pub fn is_row_major(&self) -> bool {
        let ordered = |((&length, &step), wanted): ((&u64, &i64), i64)| length == 1 || step == wanted;
        self.is_empty() || self.shape.iter().zip(&self.strides).zip(row_major(&self.shape)).all(ordered)
    }

    /// The native-endian bytes from the first element to the last, in the order of the memory; where
    /// [`is_row_major`](Self::is_row_major) is false, elements of others may lie between.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The elements, in row-major order.
    ///
    /// # Errors
    /// `DtypeMismatch` when they are not of type `T`, `Unsupported` when they lie in another order.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        let elements = self.memory()?;
        if !self.is_row_major() {
            let (shape, strides) = (&self.shape, &self.strides);
            return Err(err!(Unsupported, "elements of shape {shape:?} lie with strides {strides:?}, not row-major"));
        }
        Ok(elements)
    }

    /// The elements as an `ndarray`, whatever their order, without a copy.
    ///
    /// # Errors
    /// `DtypeMismatch` when they are not of type `T`.
    pub fn as_ndarray<T: Element>(&self) -> Result<ndarray::ArrayViewD<'_, T>> {
        use ndarray::ShapeBuilder;
        let shape: Vec<usize> = self.shape.iter().map(|&length| length as usize).collect();
        let strides: Vec<usize> = self.strides.iter().map(|&step| step as usize).collect();
        let elements = self.memory()?;
        let array = match self.is_empty() {
            // The steps of no elements lead out of no memory.
            true => ndarray::ArrayViewD::from_shape(shape, elements),
            false => ndarray::ArrayViewD::from_shape(shape.strides(strides), elements),
        };
        array.map_err(|e| err!(Internal, "{e}"))
    }

    /// A borrowed view, such as [`Storage::save_view`](crate::Storage::save_view) takes.
    ///
    /// # Errors
    /// None; the type is that of [`ArrayView::strided`].
    pub fn view(&self) -> Result<ArrayView<'_>> {
        ArrayView::strided(self.dtype, &self.shape, &self.strides, 0, &self.bytes)
    }

    /// A copy of the elements, in row-major order.
    ///
    /// # Errors
    /// `NoMemory`.
    pub fn to_array(&self) -> Result<Array> {
        self.view()?.to_array()
    }

    fn memory<T: Element>(&self) -> Result<&[T]> {
        if self.dtype != T::DTYPE {
            return Err(err!(DtypeMismatch, "data is {}, asked for {}", self.dtype, T::DTYPE));
        }
        if self.bytes.is_empty() {
            return Ok(&[]);
        }
        bytemuck::checked::try_cast_slice(&self.bytes).map_err(|e| err!(Corrupt, "elements are no {}: {e}", self.dtype))
    }
}

impl AsRef<[u8]> for SharedArray {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

/// The steps of a contiguous array whose last dimension varies fastest.
pub(crate) fn row_major(shape: &[u64]) -> Vec<i64> {
    let mut strides = steps(shape.iter().rev());
    strides.reverse();
    strides
}

/// The steps of a contiguous array whose first dimension varies fastest.
pub(crate) fn column_major(shape: &[u64]) -> Vec<i64> {
    steps(shape.iter())
}

/// The steps of dimensions, the fastest one first.
fn steps<'l>(lengths: impl Iterator<Item = &'l u64>) -> Vec<i64> {
    let next = |step: &mut i64, &length: &u64| {
        let own = *step;
        *step = own.saturating_mul(i64::try_from(length.max(1)).unwrap_or(i64::MAX));
        Some(own)
    };
    lengths.scan(1i64, next).collect()
}

/// The bytes from the first element to the end of the last; `None` when they exceed what can be addressed.
fn reach(dtype: DType, shape: &[u64], strides: &[i64]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    let last = shape
        .iter()
        .zip(strides)
        .try_fold(0u64, |at, (&length, &step)| at.checked_add((length - 1).checked_mul(u64::try_from(step).ok()?)?))?;
    let bytes = last.checked_add(1)?.checked_mul(dtype.size() as u64)?;
    usize::try_from(bytes).ok()
}

/// What is said of strings.
pub(crate) fn no_text() -> crate::Error {
    err!(DtypeMismatch, "data is string, a view has elements of fixed size")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(elements: &[i32]) -> SharedBytes {
        SharedBytes::new(Arc::new(Array::vector(elements)))
    }

    #[test]
    fn elements_are_seen_in_their_order() {
        let bytes = shared(&[0, 3, 1, 4, 2, 5]);
        let array = SharedArray::borrowed(DType::I32, vec![2, 3], column_major(&[2, 3]), &bytes).unwrap();
        assert_eq!((array.strides(), array.len(), array.is_row_major()), (&[1, 2][..], 6, false));
        assert_eq!(array.as_slice::<i32>().unwrap_err().kind(), crate::ErrorKind::Unsupported);
        assert_eq!(array.as_slice::<u32>().unwrap_err().kind(), crate::ErrorKind::DtypeMismatch);
        assert_eq!(array.as_ndarray::<i32>().unwrap(), ndarray::arr2(&[[0, 1, 2], [3, 4, 5]]).into_dyn());
        assert_eq!(array.to_array().unwrap().to_vec::<i32>().unwrap(), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_part_of_a_chunk_reaches_no_further_than_its_last_element() {
        let bytes = shared(&[0, 1, 2, 3, 4, 5]);
        let array = SharedArray::borrowed(DType::I32, vec![2, 2], row_major(&[2, 3]), &bytes).unwrap();
        assert_eq!(array.bytes().len(), 5 * 4);
        assert_eq!(array.as_ndarray::<i32>().unwrap(), ndarray::arr2(&[[0, 1], [3, 4]]).into_dyn());
        let error = SharedArray::borrowed(DType::I32, vec![3, 2], row_major(&[3, 3]), &bytes).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Corrupt);
    }

    #[test]
    fn scalars_and_empty_arrays_have_as_many_elements_as_their_shape_says() {
        let scalar = SharedArray::of(Arc::new(Array::scalar(7i32))).unwrap();
        assert_eq!((scalar.len(), scalar.shape().len(), scalar.as_slice::<i32>().unwrap()), (1, 0, &[7][..]));
        let none = SharedArray::of(Arc::new(Array::from_slice::<f64>(&[0, 3], &[]).unwrap())).unwrap();
        assert!(none.is_empty() && none.is_row_major() && none.bytes().is_empty());
        assert!(none.as_slice::<f64>().unwrap().is_empty());
        assert_eq!(none.as_ndarray::<f64>().unwrap().shape(), [0, 3]);
        assert_eq!(none.to_array().unwrap().shape(), [0, 3]);
    }

    #[test]
    fn what_does_not_begin_where_its_type_may_is_refused() {
        let bytes = shared(&[0, 1, 2, 3]).slice(2, 8).unwrap();
        let error = SharedArray::borrowed(DType::I32, vec![2], vec![1], &bytes).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
        assert!(SharedArray::borrowed(DType::I16, vec![4], vec![1], &bytes).is_ok());
    }
}
