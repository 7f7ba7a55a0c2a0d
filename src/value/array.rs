//! [`Array`]: an owned n-d array.

use std::borrow::Cow;

use super::view::Elements;
use super::{ArrayView, DType, Element, element_count};
use crate::error::{Result, err};

/// An owned, contiguous, row-major n-d array; 0-d is a scalar.
///
/// Invariant: the number of elements is the product of the shape, and bytes of a `bool` array are 0 or 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    pub(super) data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Bytes(Vec<u8>),
    Strings(Vec<String>),
}

impl Array {
    /// An array of fixed-size elements from its native-endian bytes.
    ///
    /// # Errors
    /// `ShapeMismatch` when the bytes are not as many as shape and type need, `InvalidArgument` for a `string` type,
    /// for a shape that overflows, or a `bool` that is neither 0 nor 1.
    pub fn from_bytes(dtype: DType, shape: Vec<u64>, bytes: Vec<u8>) -> Result<Self> {
        if dtype == DType::String {
            return Err(err!(InvalidArgument, "an array of strings is not made from bytes"));
        }
        let want = element_count(&shape, dtype)? * dtype.size();
        if want != bytes.len() {
            return Err(err!(ShapeMismatch, "shape {shape:?} of {dtype} is {want} bytes, data has {}", bytes.len()));
        }
        if dtype == DType::Bool && bytes.iter().any(|&b| b > 1) {
            return Err(err!(InvalidArgument, "a bool element is neither 0 nor 1"));
        }
        Ok(Self { dtype, shape, data: Data::Bytes(bytes) })
    }

    /// An array of strings.
    ///
    /// # Errors
    /// `ShapeMismatch` when there are not as many strings as the shape says.
    pub fn from_strings(shape: Vec<u64>, strings: Vec<String>) -> Result<Self> {
        let want = element_count(&shape, DType::String)?;
        if want != strings.len() {
            return Err(err!(ShapeMismatch, "shape {shape:?} has {want} elements, data has {}", strings.len()));
        }
        Ok(Self { dtype: DType::String, shape, data: Data::Strings(strings) })
    }

    /// An array of elements of a Rust type.
    ///
    /// # Errors
    /// `ShapeMismatch` when there are not as many elements as the shape says.
    pub fn from_slice<T: Element>(shape: &[u64], elements: &[T]) -> Result<Self> {
        Self::from_bytes(T::DTYPE, shape.to_vec(), bytemuck::cast_slice::<T, u8>(elements).to_vec())
    }

    /// A 1-d array.
    #[must_use]
    pub fn vector<T: Element>(elements: &[T]) -> Self {
        Self {
            dtype: T::DTYPE,
            shape: vec![elements.len() as u64],
            data: Data::Bytes(bytemuck::cast_slice::<T, u8>(elements).to_vec()),
        }
    }

    /// A 0-d array.
    #[must_use]
    pub fn scalar<T: Element>(value: T) -> Self {
        Self { dtype: T::DTYPE, shape: Vec::new(), data: Data::Bytes(bytemuck::bytes_of(&value).to_vec()) }
    }

    /// A 0-d array of one string.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self { dtype: DType::String, shape: Vec::new(), data: Data::Strings(vec![text.into()]) }
    }

    /// An array of an `ndarray`, copied in row-major order.
    #[must_use]
    pub fn from_ndarray<T: Element, D: ndarray::Dimension>(array: &ndarray::ArrayRef<T, D>) -> Self {
        let shape = array.shape().iter().map(|&d| d as u64).collect();
        let elements: Cow<'_, [T]> = match array.as_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(array.iter().copied().collect()),
        };
        Self { dtype: T::DTYPE, shape, data: Data::Bytes(bytemuck::cast_slice::<T, u8>(&elements).to_vec()) }
    }

    /// The elements as an `ndarray` of dynamic dimension.
    ///
    /// # Errors
    /// `DtypeMismatch` when the elements are not of type `T`.
    pub fn to_ndarray<T: Element>(&self) -> Result<ndarray::ArrayD<T>> {
        let shape: Vec<usize> = self.shape.iter().map(|&d| d as usize).collect();
        ndarray::ArrayD::from_shape_vec(shape, self.to_vec()?).map_err(|e| err!(Internal, "{e}"))
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
        match &self.data {
            Data::Bytes(bytes) => bytes.len() / self.dtype.size(),
            Data::Strings(strings) => strings.len(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The native-endian bytes of fixed-size elements; `None` for strings.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.data {
            Data::Bytes(bytes) => Some(bytes),
            Data::Strings(_) => None,
        }
    }

    /// The strings, in row-major order; `None` for fixed-size elements.
    #[must_use]
    pub fn strings(&self) -> Option<&[String]> {
        match &self.data {
            Data::Strings(strings) => Some(strings),
            Data::Bytes(_) => None,
        }
    }

    /// The native-endian bytes, moved out; empty for strings.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match self.data {
            Data::Bytes(bytes) => bytes,
            Data::Strings(_) => Vec::new(),
        }
    }

    /// The strings, moved out; empty for fixed-size elements.
    #[must_use]
    pub fn into_strings(self) -> Vec<String> {
        match self.data {
            Data::Strings(strings) => strings,
            Data::Bytes(_) => Vec::new(),
        }
    }

    /// The elements, copied, in row-major order.
    ///
    /// # Errors
    /// `DtypeMismatch` when the elements are not of type `T`.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        match &self.data {
            Data::Bytes(bytes) if self.dtype == T::DTYPE => {
                let mut out = vec![T::default(); self.len()];
                for (slot, chunk) in out.iter_mut().zip(bytes.chunks_exact(self.dtype.size())) {
                    *slot = bytemuck::checked::try_pod_read_unaligned(chunk)
                        .map_err(|e| err!(Corrupt, "element is no {}: {e}", self.dtype))?;
                }
                Ok(out)
            }
            _ => Err(err!(DtypeMismatch, "data is {}, asked for {}", self.dtype, T::DTYPE)),
        }
    }

    /// A borrowed view of the whole.
    #[must_use]
    pub fn view(&self) -> ArrayView<'_> {
        let elements = match &self.data {
            Data::Bytes(bytes) => Elements::Bytes(bytes),
            Data::Strings(strings) => Elements::StringList(strings.iter().map(String::as_str).collect()),
        };
        ArrayView::contiguous_unchecked(self.dtype, self.shape.clone(), elements)
    }

    /// The same elements under another shape of as many elements.
    ///
    /// # Errors
    /// `ShapeMismatch` when the counts differ.
    pub fn reshaped(mut self, shape: Vec<u64>) -> Result<Self> {
        let want = element_count(&shape, self.dtype)?;
        if want != self.len() {
            return Err(err!(ShapeMismatch, "shape {shape:?} has {want} elements, data has {}", self.len()));
        }
        self.shape = shape;
        Ok(self)
    }
}
