//! The library's merge as a native program calls it: through `ds_merge`, on archives that the library wrote.

use std::ffi::{CString, c_char, c_int};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use serde_json::Value;

use crate::abi::{self, Info, Merge, Store};
use crate::library::Library;
use crate::merge::MergeRow;
use crate::ours::{READ, open, save_metadata};
use crate::parallel::Team;
use crate::parts::{Expected, Parts};
use crate::row::{Result, c_path};

/// The bytes that are read at once when a dataset is compared.
const PIECE: usize = 16 << 20;

pub struct Ours {
    library: Library,
    /// The threads that write the parts; each has memory for an array.
    team: Team<Vec<u8>>,
    /// None where parts are only prepared.
    merge: Option<Merge>,
    part_options: CString,
    options: CString,
}

impl Ours {
    /// `merges` is whether the library must be able to; `options` are those of a part and those of the merge.
    pub fn new(library: Library, threads: usize, merges: bool, options: (CString, CString)) -> Result<Self> {
        library.begin(threads)?;
        let merge = merges.then_some(library.ds_merge);
        let writers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self { library, team: Team::new(writers, Vec::new)?, merge, part_options: options.0, options: options.1 })
    }

    /// The dtype and shape of an array.
    fn describe(&self, store: Store, key: &CString) -> Result<(c_int, Vec<u64>)> {
        let mut info = Info { struct_size: size_of::<Info>(), ..Info::default() };
        // SAFETY: the struct says its size.
        self.library.check(unsafe { (self.library.ds_stat)(store, key.as_ptr(), &mut info) })?;
        let mut shape = vec![0u64; info.rest[0] as usize];
        let shape_of = self.library.ds_shape;
        // SAFETY: room for as many lengths as is said; how many there are is optional.
        self.library.check(unsafe { shape_of(store, key.as_ptr(), shape.as_mut_ptr(), shape.len(), null_mut()) })?;
        Ok((info.dtype, shape))
    }

    /// Loads an array by pieces of whole rows, which `each` gets.
    fn pieces(
        &self,
        store: Store,
        key: &str,
        row_bytes: impl Fn(c_int) -> usize,
        mut each: impl FnMut(c_int, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let key = CString::new(key).map_err(crate::row::text)?;
        let (dtype, shape) = self.describe(store, &key)?;
        let row = row_bytes(dtype);
        let step = (PIECE / row).max(1) as u64;
        let (mut offset, mut lengths) = (vec![0u64; shape.len()], shape.clone());
        let mut out = Vec::new();
        for start in (0..shape[0]).step_by(step as usize) {
            (offset[0], lengths[0]) = (start, step.min(shape[0] - start));
            out.resize(lengths[0] as usize * row, 0);
            // SAFETY: as many offsets and lengths as dimensions, and a destination as long as is said.
            self.library.check(unsafe {
                (self.library.ds_load_region)(
                    store,
                    key.as_ptr(),
                    dtype,
                    offset.as_ptr(),
                    lengths.as_ptr(),
                    shape.len(),
                    out.as_mut_ptr(),
                    out.len(),
                    null_mut(),
                )
            })?;
            each(dtype, &out)?;
        }
        Ok(())
    }

    /// The codes of a group: those of a part are equal, and rise from part to part.
    fn check_codes(&self, parts: &Parts, store: Store, group: usize, count: usize) -> Result<()> {
        let name = &parts.groups[group];
        let mut owners = (0..count).flat_map(|part| std::iter::repeat_n(part, parts.rows(group, part)));
        let mut last: Option<(usize, i64)> = None;
        let wide = |dtype: c_int| if abi::dtype("<i8") == Some(dtype) { 8 } else { 4 };
        self.pieces(store, &format!("{name}/file_id_code_{name}"), wide, |dtype, piece| {
            for bytes in piece.chunks(wide(dtype)) {
                let code = match bytes.try_into() {
                    Ok(eight) => i64::from_le_bytes(eight),
                    Err(_) => i64::from(i32::from_le_bytes(bytes.try_into().map_err(crate::row::text)?)),
                };
                let owner = owners.next().ok_or_else(|| format!("the provenance of {name} is too long"))?;
                if last.is_some_and(|(part, before)| if part == owner { code != before } else { code <= before }) {
                    return Err(format!("the provenance of {name} is wrong at part {owner}"));
                }
                last = Some((owner, code));
            }
            Ok(())
        })?;
        owners.next().map_or(Ok(()), |_| Err(format!("the provenance of {name} is too short")))
    }

    fn check_all(&self, parts: &Parts, store: Store, count: usize) -> Result<()> {
        for (number, column) in parts.columns.iter().enumerate() {
            let mut expected = Expected::new(parts, number);
            self.pieces(store, &column.merged, |_| column.row_bytes(), |_, piece| expected.compare(piece, count))?;
            expected.end(count)?;
        }
        (0..parts.groups.len()).try_for_each(|group| self.check_codes(parts, store, group, count))
    }
}

impl MergeRow for Ours {
    fn prepare(&mut self, parts: &Parts, paths: &[(usize, PathBuf)]) -> Result<()> {
        let Self { library, team, part_options, .. } = self;
        team.run(paths.len(), |elements, i| {
            let (part, path) = &paths[i];
            let store = open(library, &path.with_extension("zarr"), part_options)?;
            let saved = save_part(library, parts, *part, store, elements);
            // SAFETY: a handle of this library.
            let closed = library.check(unsafe { (library.ds_close)(store) });
            saved.and(closed)
        })
    }

    fn merge(&mut self, _parts: &Parts, paths: &[(usize, PathBuf)], output: &Path) -> Result<()> {
        let merge = self.merge.ok_or("this row only prepares parts")?;
        let names = paths.iter().map(|(_, path)| c_path(&path.with_extension("zarr.data")));
        let names: Vec<CString> = names.collect::<Result<_>>()?;
        let pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
        let (output, mut summary) = (c_path(&output.with_extension("dataset"))?, null_mut());
        // SAFETY: NUL-terminated texts, as many as is said; the buffer is freed once.
        unsafe {
            let (parts, count, options) = (pointers.as_ptr(), pointers.len(), self.options.as_ptr());
            let status = merge(parts, count, output.as_ptr(), options, null(), null_mut(), &mut summary);
            self.library.check(status)?;
            (self.library.ds_buffer_free)(summary);
        }
        Ok(())
    }

    fn check(&mut self, parts: &Parts, output: &Path, count: usize) -> Result<()> {
        let store = open(&self.library, &output.with_extension("dataset"), READ)?;
        let checked = self.check_all(parts, store, count);
        // SAFETY: a handle of this library.
        let closed = self.library.check(unsafe { (self.library.ds_close)(store) });
        checked.and(closed)
    }
}

fn save_part(library: &Library, parts: &Parts, part: usize, store: Store, elements: &mut Vec<u8>) -> Result<()> {
    let schema = &parts.schema;
    // SAFETY: a text with its length.
    library.check(unsafe { (library.ds_set_schema)(store, schema.as_ptr().cast(), schema.len()) })?;
    for (number, column) in parts.columns.iter().enumerate() {
        parts.fill(number, part, elements);
        let key = CString::new(column.key.as_str()).map_err(crate::row::text)?;
        let dtype = abi::dtype(&column.dtype).ok_or_else(|| format!("no such dtype: {}", column.dtype))?;
        let shape = parts.shape(number, part);
        // SAFETY: the bytes are those of the shape and dtype.
        let status = unsafe {
            (library.ds_save)(store, key.as_ptr(), dtype, elements.as_ptr(), shape.as_ptr(), shape.len(), null())
        };
        library.check(status)?;
    }
    let own = |(key, value): (String, Value)| Ok((CString::new(key).map_err(crate::row::text)?, value));
    let metadata: Vec<(CString, Value)> = parts.metadata(part).into_iter().map(own).collect::<Result<_>>()?;
    save_metadata(library, store, &metadata)?;
    // SAFETY: the size is optional.
    library.check(unsafe { (library.ds_compress)(store, null_mut()) })
}
