//! Leaves to JSON text.
//!
//! An array is a bare, nested list, a 0-d one a bare scalar. Floats are the shortest text that reads back to the same
//! bits (also by way of `f64`); what JSON has no number for is `"NaN"`, `"Infinity"`, `"-Infinity"`. A complex number is
//! `{"real": .., "imag": .., "_numpy_complex": true}`, bytes are a list of integers, a JSON value is itself. The last
//! dimension is written in one line. Types, shapes and marks are in the record, not here.

use half::f16;
use num_complex::Complex;
use serde_json::Value as Json;

use crate::backend::{Kind, Leaf};
use crate::error::{Result, err};
use crate::key::Key;
use crate::metadata::depth;
use crate::value::{ArrayView, DType, Element};

/// Dimensions of an array, or levels of a JSON value, that a file holds; what is below the limit of the parser (128)
/// remains for the groups of an object file.
pub(super) const MAX_NESTING: usize = 64;
/// Groups that nest in one object file.
pub(super) const MAX_LEVELS: usize = 60;
/// An empty array whose leading dimensions are longer is written as `[]`; its shape is in the record.
const MAX_EMPTY_ROWS: u64 = 4096;

/// The JSON text of a leaf.
///
/// # Errors
/// `Json` when a JSON leaf is none, `Unsupported` when it nests deeper than a file holds, `InvalidArgument` for a
/// `bool` that is neither 0 nor 1.
pub(super) fn leaf(key: &Key, leaf: &Leaf<'_>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let nesting = match (leaf.kind, leaf.view.strings().and_then(|s| s.first())) {
        (Kind::Json, Some(text)) => {
            let json: Json = serde_json::from_str(text).map_err(|e| err!(Json, "{key}: {e}"))?;
            scalar(&mut out, &json).map_err(|e| e.context(key))?;
            depth(&json, 2 * MAX_NESTING)
        }
        (Kind::Json, None) => return Err(err!(InvalidArgument, "{key}: a JSON value is not one string")),
        _ => leaf.view.shape().len(),
    };
    if nesting > MAX_NESTING {
        return Err(err!(Unsupported, "{key}: {nesting} levels of lists, a JSON file holds {MAX_NESTING}"));
    }
    if leaf.kind != Kind::Json {
        array(&mut out, &leaf.view).map_err(|e| e.context(key))?;
    }
    Ok(out)
}

/// The text of an array.
pub(super) fn array(out: &mut Vec<u8>, view: &ArrayView<'_>) -> Result<()> {
    if let Some(strings) = view.strings() {
        return nested(out, view.shape(), &mut 0, &|out, i| scalar(out, strings[i]));
    }
    let bytes = view.to_contiguous();
    out.reserve(bytes.len() / view.dtype().size() * 4);
    let (bytes, shape) = (&*bytes, view.shape());
    match view.dtype() {
        DType::Bool => nested(out, shape, &mut 0, &|out, i| match bytes[i] {
            byte @ 0..=1 => scalar(out, &(byte == 1)),
            byte => Err(err!(InvalidArgument, "bool element {i} is {byte}, neither 0 nor 1")),
        }),
        DType::I8 => elements::<i8>(out, shape, bytes, scalar),
        DType::I16 => elements::<i16>(out, shape, bytes, scalar),
        DType::I32 => elements::<i32>(out, shape, bytes, scalar),
        DType::I64 => elements::<i64>(out, shape, bytes, scalar),
        DType::U8 => elements::<u8>(out, shape, bytes, scalar),
        DType::U16 => elements::<u16>(out, shape, bytes, scalar),
        DType::U32 => elements::<u32>(out, shape, bytes, scalar),
        DType::U64 => elements::<u64>(out, shape, bytes, scalar),
        DType::F16 => elements::<f16>(out, shape, bytes, |out, &x| half(out, x)),
        DType::F32 => elements::<f32>(out, shape, bytes, |out, &x| single(out, x)),
        DType::F64 => elements::<f64>(out, shape, bytes, |out, &x| double(out, x)),
        DType::C64 => elements::<Complex<f32>>(out, shape, bytes, |out, z| complex(out, z, single)),
        DType::C128 => elements::<Complex<f64>>(out, shape, bytes, |out, z| complex(out, z, double)),
        DType::String => Err(err!(Internal, "strings are not bytes")),
    }
}

fn elements<T: Element>(
    out: &mut Vec<u8>,
    shape: &[u64],
    bytes: &[u8],
    write: impl Fn(&mut Vec<u8>, &T) -> Result<()>,
) -> Result<()> {
    let size = size_of::<T>();
    nested(out, shape, &mut 0, &|out, i| {
        let element = bytemuck::checked::try_pod_read_unaligned(&bytes[i * size..(i + 1) * size])
            .map_err(|e| err!(InvalidArgument, "element {i}: {e}"))?;
        write(out, &element)
    })
}

/// Writes the lists of a shape; `write` is called with the index of each element, in row-major order.
fn nested(
    out: &mut Vec<u8>,
    shape: &[u64],
    next: &mut usize,
    write: &impl Fn(&mut Vec<u8>, usize) -> Result<()>,
) -> Result<()> {
    let Some((&length, rest)) = shape.split_first() else {
        *next += 1;
        return write(out, *next - 1);
    };
    out.push(b'[');
    let rows: u64 = shape.iter().take_while(|&&d| d != 0).fold(1, |n, &d| n.saturating_mul(d));
    if !shape.contains(&0) || rows <= MAX_EMPTY_ROWS {
        for i in 0..length {
            if i > 0 {
                out.extend_from_slice(if rest.is_empty() { b", " } else { b",\n" });
            }
            nested(out, rest, next, write)?;
        }
    }
    out.push(b']');
    Ok(())
}

/// Whatever serde_json writes for a value.
pub(super) fn scalar<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|e| err!(Internal, "{e}"))
}

fn double(out: &mut Vec<u8>, x: f64) -> Result<()> {
    if x.is_finite() { scalar(out, &x) } else { not_finite(out, x) }
}

fn single(out: &mut Vec<u8>, x: f32) -> Result<()> {
    if !x.is_finite() {
        return not_finite(out, f64::from(x));
    }
    let start = out.len();
    scalar(out, &x)?;
    // The shortest text of an f32 may lie so near the middle of two that reading it as f64 first rounds it twice.
    let exact = std::str::from_utf8(&out[start..]).is_ok_and(|text| text.parse().is_ok_and(|y: f64| y as f32 == x));
    if exact {
        return Ok(());
    }
    out.truncate(start);
    scalar(out, &f64::from(x))
}

fn half(out: &mut Vec<u8>, x: f16) -> Result<()> {
    if !x.is_finite() {
        return not_finite(out, x.to_f64());
    }
    let short = (0..5)
        .filter_map(|digits| format!("{:.digits$e}", x.to_f64()).parse::<f64>().ok())
        .find(|&y| f16::from_f64(y).to_bits() == x.to_bits());
    scalar(out, &short.unwrap_or(x.to_f64()))
}

fn not_finite(out: &mut Vec<u8>, x: f64) -> Result<()> {
    scalar(
        out,
        if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        },
    )
}

fn complex<T: Copy>(out: &mut Vec<u8>, z: &Complex<T>, part: fn(&mut Vec<u8>, T) -> Result<()>) -> Result<()> {
    out.extend_from_slice(b"{\"real\": ");
    part(out, z.re)?;
    out.extend_from_slice(b", \"imag\": ");
    part(out, z.im)?;
    out.extend_from_slice(b", \"_numpy_complex\": true}");
    Ok(())
}
