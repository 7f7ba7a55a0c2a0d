//! Reading a part: the rows of its arrays into the memory of the chunks that hold them.
//!
//! An array that lies in one chunk as a whole is decoded in place; one that is cut is decoded beside and copied.

use std::cell::RefCell;
use std::path::Path;

use super::column::Target;
use super::survey::Kept;
use crate::backend::{Backend, Destination, Region};
use crate::error::{ErrorKind, Result, err};
use crate::key::Key;
use crate::op::{Cancel, Op};
use crate::options::Options;
use crate::storage::Storage;
use crate::value::DType;

/// Where the rows of a piece come from.
pub enum Source<'p> {
    /// An array of the part.
    Array(&'p str),
    /// The code of the file.
    Code(i32),
    /// Nowhere: the part lacks it.
    Nothing,
}

/// Rows of one array of a part.
pub struct Piece<'b> {
    /// Where they come from.
    pub source: Source<'b>,
    /// The type of its elements.
    pub dtype: DType,
    /// Elements of a row.
    pub row: usize,
    /// Rows that the part has.
    pub rows: u64,
    /// Rows that are passed over at the beginning.
    pub skip: u64,
    /// The memory of those that follow.
    pub target: Target<'b>,
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Reads the pieces of a part.
///
/// # Errors
/// As opening and loading; `Corrupt` when the part is not as it was planned.
pub fn part(path: &Path, reading: &Options, kept: &Kept, cancel: &Cancel, pieces: Vec<Piece<'_>>) -> Result<()> {
    cancel.check()?;
    let mut store: Option<Box<dyn Backend>> = None;
    let op = Op::new(cancel.clone(), None);
    for piece in pieces {
        match piece.source {
            Source::Code(code) => fill(piece.target, &code.to_ne_bytes()),
            Source::Nothing => match piece.dtype {
                DType::F32 => fill(piece.target, &f32::NAN.to_ne_bytes()),
                DType::F64 => fill(piece.target, &f64::NAN.to_ne_bytes()),
                DType::F16 => fill(piece.target, &half::f16::NAN.to_ne_bytes()),
                _ => {}
            },
            Source::Array(key) => {
                let store = match &mut store {
                    Some(store) => store,
                    none => none.insert(kept.take(path, reading)?),
                };
                whole(&op, &**store, key, piece)?;
            }
        }
    }
    Ok(())
}

fn whole(op: &Op, store: &dyn Backend, key: &str, piece: Piece<'_>) -> Result<()> {
    let key = &Key::parse(key)?;
    let Piece { dtype, row, rows, skip, target, .. } = piece;
    let changed = |have: String| err!(Corrupt, "{key}: has {have}, planned were {rows} rows");
    let mut targets = match target {
        Target::Strings(targets) => {
            let strings = store.read(op, key, None)?.array.into_strings();
            if strings.len() as u64 != rows * row as u64 {
                return Err(changed(format!("{} strings", strings.len())));
            }
            let mut strings = strings.into_iter().skip(skip as usize * row);
            targets.into_iter().flatten().zip(&mut strings).for_each(|(to, from)| *to = from);
            return Ok(());
        }
        Target::Bytes(targets) => targets,
    };
    let bytes = rows as usize * row * dtype.size();
    let load = |out: &mut [u8]| {
        let mut to = Destination::new(dtype, out);
        let loaded = store.load(op, key, None, &mut to);
        match (loaded, to.needed()) {
            (Err(e), _) if e.kind() != ErrorKind::BufferTooSmall => Err(e),
            (_, Some(have)) if have != bytes => Err(changed(format!("{have} bytes"))),
            (other, _) => other,
        }
    };
    if let [one] = targets.as_mut_slice()
        && skip == 0
        && one.len() == bytes
    {
        return load(one);
    }
    let mut scratch = SCRATCH.with(RefCell::take);
    scratch.resize(bytes, 0);
    let result = load(&mut scratch).map(|()| {
        let from = scratch.get(skip as usize * row * dtype.size()..).unwrap_or_default();
        copy(from, targets);
    });
    SCRATCH.with(|cell| cell.replace(scratch));
    result
}

/// Reads rows of a dataset that is appended to.
///
/// # Errors
/// As loading a region.
pub fn base(store: &Storage, key: &str, shape: &[u64], first: u64, target: Target<'_>) -> Result<()> {
    let rows = |elements: usize| elements as u64 / shape.iter().skip(1).product::<u64>().max(1);
    let region = |rows: u64| {
        let mut region = Region { offset: vec![0; shape.len()], shape: shape.to_vec() };
        if let (Some(offset), Some(length)) = (region.offset.first_mut(), region.shape.first_mut()) {
            (*offset, *length) = (first, rows);
        }
        region
    };
    match target {
        Target::Bytes(targets) => {
            let size = store.stat(key)?.dtype.map_or(1, DType::size).max(1);
            let count = targets.iter().map(|target| target.len()).sum::<usize>();
            let array = store.load_region(key, &region(rows(count / size)))?;
            copy(array.bytes().unwrap_or_default(), targets);
        }
        Target::Strings(targets) => {
            let count = targets.iter().map(|target| target.len()).sum();
            let strings = store.load_region(key, &region(rows(count)))?.into_strings();
            targets.into_iter().flatten().zip(strings).for_each(|(to, from)| *to = from);
        }
    }
    Ok(())
}

fn copy(mut from: &[u8], targets: Vec<&mut [u8]>) {
    for target in targets {
        let (head, tail) = from.split_at(target.len().min(from.len()));
        target[..head.len()].copy_from_slice(head);
        from = tail;
    }
}

fn fill(target: Target<'_>, value: &[u8]) {
    if let Target::Bytes(targets) = target {
        for target in targets {
            target.chunks_exact_mut(value.len()).for_each(|element| element.copy_from_slice(value));
        }
    }
}
