//! The library as a native program calls it: through the C ABI, loading into memory that is there already.

use std::ffi::{CStr, CString, c_int};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::abi::{self, Store};
use crate::input::Item;
use crate::library::Library;
use crate::row::{Boxes, Result, Row, c_path, text};

/// What a row asks of the library.
pub struct Settings {
    /// The options of the store that is written.
    pub options: CString,
    /// Those of the array, which is made with `ds_create` then; else it is saved whole.
    pub array: Option<CString>,
    /// Whether the store becomes one file.
    pub pack: bool,
}

pub struct Ours {
    library: Library,
    settings: Settings,
    /// The keys and shapes of the item, as literals of a C program would be.
    names: Vec<(CString, c_int, Vec<u64>)>,
    metadata: Vec<(CString, Value)>,
}

pub const READ: &CStr = c"{\"mode\":\"r\"}";

/// Opens the store of a path.
pub fn open(library: &Library, path: &Path, options: &CStr) -> Result<Store> {
    let (path, mut store) = (c_path(path)?, null_mut());
    // SAFETY: NUL-terminated texts and a place for the handle.
    library.check(unsafe { (library.ds_open_zarr)(path.as_ptr(), options.as_ptr(), &mut store) })?;
    Ok(store)
}

/// Saves numbers and texts as metadata.
pub fn save_metadata(library: &Library, store: Store, metadata: &[(CString, Value)]) -> Result<()> {
    for (key, value) in metadata {
        // SAFETY: NUL-terminated keys, a text with its length.
        let status = unsafe {
            match value {
                Value::String(s) => (library.ds_save_metadata_str)(store, key.as_ptr(), s.as_ptr().cast(), s.len()),
                Value::Number(n) if n.is_f64() => {
                    (library.ds_save_metadata_f64)(store, key.as_ptr(), n.as_f64().unwrap_or(0.0))
                }
                other => (library.ds_save_metadata_i64)(store, key.as_ptr(), other.as_i64().unwrap_or(0)),
            }
        };
        library.check(status)?;
    }
    Ok(())
}

impl Ours {
    pub fn new(library: Library, threads: usize, settings: Settings, item: &Item) -> Result<Self> {
        library.begin(threads)?;
        let name = |array: &crate::input::Array| {
            let dtype = abi::dtype(&array.dtype).ok_or_else(|| format!("no such dtype: {}", array.dtype))?;
            let shape = array.shape.iter().map(|n| *n as u64).collect();
            Ok((CString::new(array.key.as_str()).map_err(text)?, dtype, shape))
        };
        let metadata =
            item.metadata.iter().map(|(key, value)| Ok((CString::new(key.as_str()).map_err(text)?, value.clone())));
        Ok(Self {
            names: item.arrays.iter().map(name).collect::<Result<_>>()?,
            metadata: metadata.collect::<Result<_>>()?,
            library,
            settings,
        })
    }

    pub fn library(&self) -> &Library {
        &self.library
    }

    pub fn key(&self, index: usize) -> &CStr {
        &self.names[index].0
    }

    /// The store that a path gets: `.zarr`, which becomes `.zarr.data` when it is packed.
    pub fn store_path(path: &Path) -> PathBuf {
        path.with_extension("zarr")
    }

    pub fn open(&self, path: &Path, options: &CStr) -> Result<Store> {
        open(&self.library, &Self::store_path(path), options)
    }

    pub fn close(&self, store: Store) -> Result<()> {
        // SAFETY: a handle of this library.
        self.library.check(unsafe { (self.library.ds_close)(store) })
    }

    fn save(&self, store: Store, item: &Item) -> Result<()> {
        let library = &self.library;
        for (i, (key, dtype, shape)) in self.names.iter().enumerate() {
            let data = item.bytes(i).as_ptr();
            let (lengths, ndim) = (shape.as_ptr(), shape.len());
            // SAFETY: the bytes are those of the shape and dtype; offsets are zeros of as many dimensions.
            let status = unsafe {
                match &self.settings.array {
                    None => (library.ds_save)(store, key.as_ptr(), *dtype, data, lengths, ndim, null()),
                    Some(options) => {
                        library.check((library.ds_create)(
                            store,
                            key.as_ptr(),
                            *dtype,
                            lengths,
                            ndim,
                            options.as_ptr(),
                        ))?;
                        let zeros = vec![0u64; ndim];
                        (library.ds_save_region)(
                            store,
                            key.as_ptr(),
                            *dtype,
                            data,
                            zeros.as_ptr(),
                            lengths,
                            ndim,
                            null(),
                        )
                    }
                }
            };
            library.check(status)?;
        }
        save_metadata(library, store, &self.metadata)?;
        if self.settings.pack {
            // SAFETY: the size is optional.
            library.check(unsafe { (library.ds_compress)(store, null_mut()) })?;
        }
        Ok(())
    }

    fn load(&self, store: Store, out: &mut [Vec<u8>]) -> Result<()> {
        let library = &self.library;
        for ((key, dtype, _), out) in self.names.iter().zip(out) {
            // SAFETY: the destination is as long as is said.
            let status =
                unsafe { (library.ds_load)(store, key.as_ptr(), *dtype, out.as_mut_ptr(), out.len(), null_mut()) };
            library.check(status)?;
        }
        if !self.metadata.is_empty() {
            let mut document = null_mut();
            // SAFETY: the buffer is freed once.
            unsafe {
                library.check((library.ds_load_metadata)(store, c"".as_ptr(), &mut document))?;
                (library.ds_buffer_free)(document);
            }
        }
        Ok(())
    }
}

impl Row for Ours {
    fn write(&mut self, path: &Path, item: &Item) -> Result<()> {
        let store = self.open(path, &self.settings.options)?;
        let saved = self.save(store, item);
        let closed = self.close(store);
        saved.and(closed)
    }

    fn read(&mut self, path: &Path, _item: &Item, out: &mut [Vec<u8>]) -> Result<()> {
        let store = self.open(path, READ)?;
        let loaded = self.load(store, out);
        let closed = self.close(store);
        loaded.and(closed)
    }

    fn boxes(&mut self, path: &Path, _item: &Item, boxes: &Boxes, out: &mut [u8]) -> Result<Duration> {
        let store = self.open(path, READ)?;
        let (key, dtype, _) = &self.names[0];
        let shape = boxes.shape.map(|n| n as u64);
        let begin = Instant::now();
        for offset in &boxes.offsets {
            let offset = offset.map(|n| n as u64);
            // SAFETY: three dimensions, and a destination as long as is said.
            let status = unsafe {
                let (at, lengths) = (offset.as_ptr(), shape.as_ptr());
                (self.library.ds_load_region)(
                    store,
                    key.as_ptr(),
                    *dtype,
                    at,
                    lengths,
                    3,
                    out.as_mut_ptr(),
                    out.len(),
                    null_mut(),
                )
            };
            self.library.check(status)?;
        }
        let passed = begin.elapsed();
        self.close(store)?;
        Ok(passed)
    }

    fn figures(&mut self, directory: &Path, item: &Item) -> Result<Vec<(&'static str, f64)>> {
        crate::calls::measure(self, directory, item)
    }
}
