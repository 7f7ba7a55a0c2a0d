//! Conversion of elements to another data type, only where no value is lost.
//!
//! [`convert`] makes the array, [`first_loss`] finds the element that forbids it. Which conversions a schema allows is
//! decided in [`check`](super::check), not here. NaN stays NaN (its payload may change), negative zero becomes the
//! integer zero, strings are never converted.

use super::number::{Exact, with_element};
use crate::error::{Result, err};
use crate::value::{Array, ArrayView, DType};

/// The elements as another data type.
///
/// # Errors
/// `DtypeMismatch` naming the first element whose value the type cannot hold, or when one type is `string` and the
/// other is not; `InvalidArgument` when a `bool` element is neither 0 nor 1.
pub fn convert(view: &ArrayView<'_>, to: DType) -> Result<Array> {
    let from = view.dtype();
    if from == to {
        return view.to_array();
    }
    let strings = || err!(DtypeMismatch, "data is {from}, which is never converted to {to}");
    let bytes = with_element!(from, S => with_element!(to, T => convert_elements::<S, T>(view)?,
            string => return Err(strings())),
        string => return Err(strings()));
    Array::from_bytes(to, view.shape().to_vec(), bytes)
}

/// The index of the first element that another type cannot hold, and the element; `None` when there is none.
pub(super) fn first_loss(view: &ArrayView<'_>, to: DType) -> Result<Option<(usize, String)>> {
    let from = view.dtype();
    if from == to || always_exact(from, to) {
        return Ok(None);
    }
    with_element!(from, S => with_element!(to, T => {
            let lost = first(view, |element: S| T::exact(element.number()).is_none())?;
            Ok(lost.map(|(index, element)| (index, element.show())))
        }, string => Ok(Some((0, String::new())))),
        string => Ok(Some((0, String::new()))))
}

/// The first element with a property, and its index.
pub(super) fn first<S: Exact>(view: &ArrayView<'_>, property: impl Fn(S) -> bool) -> Result<Option<(usize, S)>> {
    for (index, chunk) in view.to_contiguous().chunks_exact(size_of::<S>()).enumerate() {
        let element: S = read(chunk)?;
        if property(element) {
            return Ok(Some((index, element)));
        }
    }
    Ok(None)
}

/// `element [1, 0]` of a shape, or `the value` of a scalar.
pub(super) fn element_name(shape: &[u64], index: usize) -> String {
    if shape.is_empty() {
        return "the value".to_owned();
    }
    let mut rest = index as u64;
    let mut position: Vec<u64> = shape
        .iter()
        .rev()
        .map(|&length| {
            let length = length.max(1);
            let at = rest % length;
            rest /= length;
            at
        })
        .collect();
    position.reverse();
    format!("element {position:?}")
}

#[inline]
fn read<S: Exact>(chunk: &[u8]) -> Result<S> {
    bytemuck::checked::try_pod_read_unaligned(chunk)
        .map_err(|_| err!(InvalidArgument, "a {} element is neither 0 nor 1", S::DTYPE))
}

fn convert_elements<S: Exact, T: Exact>(view: &ArrayView<'_>) -> Result<Vec<u8>> {
    let size = view.len() * size_of::<T>();
    let mut out = Vec::new();
    out.try_reserve_exact(size).map_err(|_| err!(NoMemory, "no memory for {size} bytes of {}", T::DTYPE))?;
    out.resize(size, 0);
    let source = view.to_contiguous();
    let pairs = source.chunks_exact(size_of::<S>()).zip(out.chunks_exact_mut(size_of::<T>()));
    for (index, (chunk, slot)) in pairs.enumerate() {
        let element: S = read(chunk)?;
        let Some(converted) = T::exact(element.number()) else {
            let name = element_name(view.shape(), index);
            return Err(err!(DtypeMismatch, "{name} = {} of {} is no {}", element.show(), S::DTYPE, T::DTYPE));
        };
        slot.copy_from_slice(bytemuck::bytes_of(&converted));
    }
    Ok(out)
}

/// Whether every value of one type is a value of the other, so that no element needs a look.
fn always_exact(from: DType, to: DType) -> bool {
    /// Bits of an integer's magnitude, or of a float's significand.
    fn digits(dtype: DType) -> usize {
        match dtype {
            DType::Bool => 1,
            DType::F16 => 11,
            DType::F32 | DType::C64 => 24,
            DType::F64 | DType::C128 => 53,
            signed if signed.is_signed() => signed.size() * 8 - 1,
            unsigned => unsigned.size() * 8,
        }
    }
    if from == DType::Bool || from == DType::String || to == DType::String {
        return false; // the bytes of a bool need a look, strings are never converted
    }
    let room = digits(from) <= digits(to);
    if from.is_integer() {
        let wide_enough = room && (!from.is_signed() || !to.is_integer() || to.is_signed());
        return wide_enough;
    }
    room && (to.is_complex() || (from.is_float() && to.is_float()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;
    use proptest::prelude::*;

    #[test]
    fn widening_keeps_every_value_and_strides() {
        let data = [1.5f32, -0.0, f32::INFINITY, 2.3];
        let wide = convert(&Array::vector(&data).view(), DType::F64).unwrap().to_vec::<f64>().unwrap();
        assert!(wide.iter().zip(data).all(|(w, d)| w.to_bits() == f64::from(d).to_bits()));
        let bytes: &[u8] = bytemuck::cast_slice(&[1i32, 2, 3, 4]);
        let transposed = ArrayView::strided(DType::I32, &[2, 2], &[1, 2], 0, bytes).unwrap();
        let converted = convert(&transposed, DType::I64).unwrap();
        assert_eq!((converted.shape(), converted.to_vec::<i64>().unwrap()), (&[2, 2][..], vec![1, 3, 2, 4]));
        let complex = convert(&Array::vector(&[2u8]).view(), DType::C64).unwrap();
        assert_eq!(complex.to_vec::<Complex<f32>>().unwrap(), [Complex::new(2.0, 0.0)]);
    }

    #[test]
    fn a_lost_value_is_named_with_its_place() {
        let array = Array::from_slice(&[2, 2], &[1i64, 2, 3, i64::MAX]).unwrap();
        let error = convert(&array.view(), DType::I32).unwrap_err();
        assert_eq!(error.message(), "element [1, 1] = 9223372036854775807 of int64 is no int32");
        let error = convert(&Array::scalar(2.3f64).view(), DType::F32).unwrap_err();
        assert_eq!(error.message(), "the value = 2.3 of float64 is no float32");
        let error = convert(&Array::string("1").view(), DType::I32).unwrap_err();
        assert_eq!(error.message(), "data is string, which is never converted to int32");
    }

    #[test]
    fn bytes_that_are_no_bool_are_an_error_and_no_undefined_value() {
        let view = ArrayView::from_bytes(DType::Bool, &[2], &[1, 7]).unwrap();
        assert_eq!(convert(&view, DType::I32).unwrap_err().kind(), crate::ErrorKind::InvalidArgument);
        assert!(first_loss(&view, DType::I32).is_err());
    }

    proptest! {
        /// Whatever converts comes back bit-equal; `first_loss` and `convert` agree, for every pair of types.
        #[test]
        fn conversion_is_exact_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for from in DType::ALL.into_iter().filter(|d| !matches!(d, DType::String | DType::Bool)) {
                let count = bytes.len() / from.size();
                let view = ArrayView::from_bytes(from, &[count as u64], &bytes[..count * from.size()]).unwrap();
                for to in DType::ALL {
                    let loss = first_loss(&view, to).unwrap();
                    let converted = convert(&view, to);
                    if to == DType::String {
                        prop_assert!(converted.is_err() && loss.is_some());
                        continue;
                    }
                    prop_assert_eq!(converted.is_ok(), loss.is_none(), "{} to {}", from, to);
                    if let Ok(converted) = converted {
                        let back = convert(&converted.view(), from).unwrap();
                        let negative_zero_or_nan = !from.is_integer();
                        prop_assert!(negative_zero_or_nan || back == view.to_array().unwrap());
                    }
                }
            }
        }
    }
}
