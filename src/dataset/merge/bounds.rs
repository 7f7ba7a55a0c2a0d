//! Least and largest value of a run of elements, as two elements of the same type.

use bytemuck::Pod;

use crate::value::DType;

/// Least and largest of these native elements, NaN left out; where there is none, the largest and the least value that
/// the type has. `None` for a type that has no order here.
pub fn bounds(dtype: DType, bytes: &[u8]) -> Option<Vec<u8>> {
    Some(match dtype {
        DType::I8 => integers::<i8>(bytes, i8::MAX, i8::MIN),
        DType::I16 => integers::<i16>(bytes, i16::MAX, i16::MIN),
        DType::I32 => integers::<i32>(bytes, i32::MAX, i32::MIN),
        DType::I64 => integers::<i64>(bytes, i64::MAX, i64::MIN),
        DType::U8 => integers::<u8>(bytes, u8::MAX, u8::MIN),
        DType::U16 => integers::<u16>(bytes, u16::MAX, u16::MIN),
        DType::U32 => integers::<u32>(bytes, u32::MAX, u32::MIN),
        DType::U64 => integers::<u64>(bytes, u64::MAX, u64::MIN),
        DType::F32 => range(bytes, f32::INFINITY, f32::NEG_INFINITY, |v: &f32| !v.is_nan()),
        DType::F64 => range(bytes, f64::INFINITY, f64::NEG_INFINITY, |v: &f64| !v.is_nan()),
        _ => return None,
    })
}

fn integers<T: Pod + PartialOrd>(bytes: &[u8], least: T, largest: T) -> Vec<u8> {
    range(bytes, least, largest, |_| true)
}

fn range<T: Pod + PartialOrd>(bytes: &[u8], mut least: T, mut largest: T, counts: impl Fn(&T) -> bool) -> Vec<u8> {
    for value in bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned::<T>).filter(counts) {
        least = if value < least { value } else { least };
        largest = if value > largest { value } else { largest };
    }
    [bytemuck::bytes_of(&least), bytemuck::bytes_of(&largest)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_of_the_type_and_pass_over_nan() {
        let of = |values: &[f32]| -> Vec<f32> {
            let found = bounds(DType::F32, bytemuck::cast_slice(values)).unwrap();
            found.chunks_exact(4).map(bytemuck::pod_read_unaligned).collect()
        };
        assert_eq!(of(&[2.0, f32::NAN, -1.0]), [-1.0, 2.0]);
        assert_eq!(of(&[f32::NAN]), [f32::INFINITY, f32::NEG_INFINITY]);
        let large = [i64::MAX, i64::MAX - 1];
        assert_eq!(
            bounds(DType::I64, bytemuck::cast_slice(&large)).unwrap(),
            [large[1].to_ne_bytes(), large[0].to_ne_bytes()].concat()
        );
        assert_eq!(bounds(DType::String, b""), None);
    }
}
