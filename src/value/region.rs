//! Copies a box of a row-major array into another one, a row at a time.
//!
//! The one place that knows how a box lies in memory: regions of arrays, and the meeting of a chunk with a region, are
//! both "a box at one offset of one array to another offset of another array". Every box is checked against both
//! arrays first, so that a wrong shape is an error and never a read outside.

use super::{Array, DType, element_count};
use crate::backend::Region;
use crate::error::{Result, err};
use crate::key::Key;

/// Where a box lies: the shape of the array that holds it, and the first index in each dimension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub shape: &'a [u64],
    pub offset: &'a [u64],
}

/// Copies the box `shape` of fixed-size elements of `size` bytes from one array to another.
///
/// # Errors
/// `ShapeMismatch` when the box leaves an array or an array is not as long as its shape says.
pub(crate) fn copy_box(src: &[u8], from: At, dst: &mut [u8], to: At, shape: &[u64], size: usize) -> Result<()> {
    check(from, shape, src.len(), size)?;
    check(to, shape, dst.len(), size)?;
    rows(from, to, shape, |s, d, n| dst[d * size..(d + n) * size].copy_from_slice(&src[s * size..(s + n) * size]));
    Ok(())
}

/// Clones the box `shape` of elements of any type from one array to another.
///
/// # Errors
/// As [`copy_box`].
pub(crate) fn clone_box<T: Clone>(src: &[T], from: At, dst: &mut [T], to: At, shape: &[u64]) -> Result<()> {
    check(from, shape, src.len(), 1)?;
    check(to, shape, dst.len(), 1)?;
    rows(from, to, shape, |s, d, n| dst[d..d + n].clone_from_slice(&src[s..s + n]));
    Ok(())
}

/// Visits the elements of a box of an array.
///
/// # Errors
/// As [`copy_box`].
pub(crate) fn each_of_box<'a, T>(src: &'a [T], from: At, shape: &[u64], visit: impl FnMut(&'a T)) -> Result<()> {
    check(from, shape, src.len(), 1)?;
    let mut visit = visit;
    rows(from, from, shape, |s, _, n| src[s..s + n].iter().for_each(&mut visit));
    Ok(())
}

/// The box of an array as an array of its own; the region was checked against the array's shape.
///
/// # Errors
/// `ShapeMismatch` when it was not.
pub(crate) fn cut(array: &Array, region: &Region) -> Result<Array> {
    let origin = vec![0; region.shape.len()];
    let from = At { shape: array.shape(), offset: &region.offset };
    let to = At { shape: &region.shape, offset: &origin };
    let count = element_count(&region.shape, array.dtype())?;
    match array.strings() {
        Some(strings) => {
            let mut out = vec![String::new(); count];
            clone_box(strings, from, &mut out, to, &region.shape)?;
            Array::from_strings(region.shape.clone(), out)
        }
        None => {
            let mut out = vec![0; count * array.dtype().size()];
            cut_into(array, region, &mut out)?;
            Array::from_bytes(array.dtype(), region.shape.clone(), out)
        }
    }
}

/// The box of an array of fixed-size elements, into memory of exactly its size.
///
/// # Errors
/// `ShapeMismatch` when the region leaves the array or `out` is not of its size.
fn cut_into(array: &Array, region: &Region, out: &mut [u8]) -> Result<()> {
    let origin = vec![0; region.shape.len()];
    let from = At { shape: array.shape(), offset: &region.offset };
    let to = At { shape: &region.shape, offset: &origin };
    copy_box(array.bytes().unwrap_or_default(), from, out, to, &region.shape, array.dtype().size())
}

/// A whole array of fixed-size elements, or a box of it, into memory of exactly its size.
///
/// # Errors
/// `ShapeMismatch` when the region leaves the array, `BufferTooSmall` when the sizes differ, `WrongKind` for strings.
pub(crate) fn copy_out(key: &Key, array: &Array, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
    let Some(bytes) = array.bytes() else {
        return Err(err!(WrongKind, "{key}: strings have no fixed size, load them as strings"));
    };
    let shape = region.map_or(array.shape(), |r| &r.shape);
    if let Some(region) = region {
        region.check(key, array.shape())?;
    }
    let want = element_count(shape, array.dtype())? * array.dtype().size();
    if want != out.len() {
        return Err(err!(BufferTooSmall, "{key}: data is {want} bytes, the buffer has {}", out.len()));
    }
    match region {
        None => out.copy_from_slice(bytes),
        Some(region) => cut_into(array, region, out).map_err(|e| e.context(key))?,
    }
    Ok(())
}

fn check(at: At, shape: &[u64], length: usize, size: usize) -> Result<()> {
    let inside = at.shape.len() == shape.len()
        && at.offset.len() == shape.len()
        && (0..shape.len()).all(|d| at.offset[d].checked_add(shape[d]).is_some_and(|end| end <= at.shape[d]));
    if !inside {
        return Err(err!(ShapeMismatch, "box {shape:?} at {:?} leaves shape {:?}", at.offset, at.shape));
    }
    // The count is checked with one-byte elements, then by multiplication, because `size` need not be a type's.
    let want = element_count(at.shape, DType::U8)?.checked_mul(size);
    if want != Some(length) {
        return Err(err!(ShapeMismatch, "shape {:?} of {size}-byte elements, memory has {length} bytes", at.shape));
    }
    Ok(())
}

/// Calls `copy(source index, destination index, elements)` for each run that is contiguous in both arrays.
fn rows(from: At, to: At, shape: &[u64], mut copy: impl FnMut(usize, usize, usize)) {
    if shape.contains(&0) {
        return;
    }
    // Trailing dimensions that the box fills in both arrays make one run with the dimension before them.
    let mut split = shape.len();
    let mut run = 1usize;
    while split > 0 {
        split -= 1;
        run *= shape[split] as usize;
        if shape[split] != from.shape[split] || shape[split] != to.shape[split] {
            break;
        }
    }
    let (from_strides, to_strides) = (strides(from.shape), strides(to.shape));
    let start = |at: At, strides: &[usize]| at.offset.iter().zip(strides).map(|(&o, &s)| o as usize * s).sum::<usize>();
    let (mut s, mut d) = (start(from, &from_strides), start(to, &to_strides));
    let mut index = vec![0u64; split];
    loop {
        copy(s, d, run);
        let mut dim = split;
        loop {
            if dim == 0 {
                return;
            }
            dim -= 1;
            index[dim] += 1;
            s += from_strides[dim];
            d += to_strides[dim];
            if index[dim] < shape[dim] {
                break;
            }
            s -= from_strides[dim] * shape[dim] as usize;
            d -= to_strides[dim] * shape[dim] as usize;
            index[dim] = 0;
        }
    }
}

fn strides(shape: &[u64]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d] as usize;
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Index by index, the slow way.
    fn reference(src: &[i32], from: At, dst: &mut [i32], to: At, shape: &[u64]) {
        let at = |a: At, index: &[u64]| {
            index.iter().zip(a.offset).zip(a.shape).fold(0, |n, ((&i, &o), &length)| n * length + i + o) as usize
        };
        let total: u64 = shape.iter().product();
        for flat in 0..total {
            let mut rest = flat;
            let mut index = vec![0; shape.len()];
            for d in (0..shape.len()).rev() {
                index[d] = rest % shape[d];
                rest /= shape[d];
            }
            dst[at(to, &index)] = src[at(from, &index)];
        }
    }

    type Case = (Vec<u64>, Vec<u64>, Vec<u64>, Vec<u64>, Vec<u64>);

    /// Up to four dimensions of (box, margins around it in source and destination).
    fn boxes() -> impl Strategy<Value = Case> {
        let dim = (0u64..4, 0u64..3, 0u64..3, 0u64..3, 0u64..3);
        proptest::collection::vec(dim, 0..5).prop_map(|dims| {
            let mut case = Case::default();
            for (n, before, after, to_before, to_after) in dims {
                case.0.push(n);
                case.1.push(n + before + after);
                case.2.push(before);
                case.3.push(n + to_before + to_after);
                case.4.push(to_before);
            }
            case
        })
    }

    proptest! {
        #[test]
        fn agrees_with_index_by_index((shape, src_shape, src_offset, dst_shape, dst_offset) in boxes()) {
            let src: Vec<i32> = (1..=src_shape.iter().product::<u64>() as i32).collect();
            let from = At { shape: &src_shape, offset: &src_offset };
            let to = At { shape: &dst_shape, offset: &dst_offset };
            let mut want = vec![0; dst_shape.iter().product::<u64>() as usize];
            let (mut got, mut cloned) = (want.clone(), want.clone());
            reference(&src, from, &mut want, to, &shape);
            copy_box(bytemuck::cast_slice(&src), from, bytemuck::cast_slice_mut(&mut got), to, &shape, 4).unwrap();
            clone_box(&src, from, &mut cloned, to, &shape).unwrap();
            prop_assert_eq!(&got, &want);
            prop_assert_eq!(&cloned, &want);
        }
    }

    #[test]
    fn a_box_outside_or_memory_of_the_wrong_length_is_refused() {
        let src = [0u8; 6];
        let whole = At { shape: &[2, 3], offset: &[0, 0] };
        for (at, shape) in [
            (At { shape: &[2, 3], offset: &[1, 0] }, &[2u64, 3][..]),
            (At { shape: &[2, 3], offset: &[u64::MAX, 0] }, &[2, 3]),
            (At { shape: &[2, 3], offset: &[0] }, &[2, 3]),
            (At { shape: &[2, 4], offset: &[0, 0] }, &[2, 3]),
        ] {
            assert!(copy_box(&src, at, &mut [0; 6], whole, shape, 1).is_err());
            assert!(clone_box(&src, whole, &mut [0; 6], at, shape).is_err());
        }
        let huge = [u64::MAX, u64::MAX];
        assert!(copy_box(&src, At { shape: &huge, offset: &[0, 0] }, &mut [0; 6], whole, &[2, 3], 1).is_err());
    }

    #[test]
    fn cuts_numbers_strings_and_scalars() {
        let array = Array::from_slice(&[2, 3], &[1i16, 2, 3, 4, 5, 6]).unwrap();
        let region = Region { offset: vec![0, 1], shape: vec![2, 2] };
        assert_eq!(cut(&array, &region).unwrap(), Array::from_slice(&[2, 2], &[2i16, 3, 5, 6]).unwrap());
        let names = Array::from_strings(vec![3], ["a", "b", "c"].map(String::from).to_vec()).unwrap();
        let region = Region { offset: vec![1], shape: vec![2] };
        assert_eq!(cut(&names, &region).unwrap().strings().unwrap(), ["b", "c"]);
        let region = Region { offset: vec![], shape: vec![] };
        assert_eq!(cut(&Array::scalar(7u8), &region).unwrap(), Array::scalar(7u8));
    }
}
