//! The shared library, found at run time by its path, and the functions of it that the rows call.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use crate::abi;
use crate::row::{Result, text};

macro_rules! functions {
    ($($name:ident: $type:ty),* $(,)?) => {
        /// The entry points, named and typed as in `datastorage.h`.
        pub struct Library {
            $(pub $name: $type,)*
        }

        impl Library {
            /// Opens the library once; it stays.
            pub fn open(path: &str) -> Result<Self> {
                let path = CString::new(path).map_err(text)?;
                // SAFETY: a NUL-terminated path; the library's initialisers are the Rust runtime's.
                let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
                if handle.is_null() {
                    return Err(format!("{path:?} cannot be loaded"));
                }
                Ok(Self { $($name: {
                    let symbol = find(handle, concat!(stringify!($name), "\0"))?;
                    // SAFETY: the type is the header's for this name.
                    unsafe { std::mem::transmute::<*mut c_void, $type>(symbol) }
                },)* })
            }
        }
    };
}

functions! {
    ds_check_abi: unsafe extern "C" fn(u32) -> c_int,
    ds_configure: abi::Configure,
    ds_open_zarr: abi::Open,
    ds_open_memory: abi::OpenMemory,
    ds_close: abi::OfStore,
    ds_format: abi::Format,
    ds_stat: abi::Stat,
    ds_save: abi::Save,
    ds_load: abi::Load,
    ds_create: abi::Create,
    ds_save_region: abi::SaveRegion,
    ds_load_region: abi::LoadRegion,
    ds_shape: abi::Shape,
    ds_set_schema: abi::SetSchema,
    ds_save_metadata_i64: abi::SaveI64,
    ds_save_metadata_f64: abi::SaveF64,
    ds_save_metadata_str: abi::SaveStr,
    ds_load_metadata: abi::LoadText,
    ds_buffer_free: unsafe extern "C" fn(*mut c_void),
    ds_merge: abi::Merge,
    ds_compress: abi::Compress,
    ds_last_error_message: unsafe extern "C" fn() -> *const c_char,
}

fn find(handle: *mut c_void, name: &str) -> Result<*mut c_void> {
    // SAFETY: an open handle and a NUL-terminated name.
    let symbol = unsafe { libc::dlsym(handle, name.as_ptr().cast()) };
    if symbol.is_null() { Err(format!("the library has no {}", name.trim_end_matches('\0'))) } else { Ok(symbol) }
}

impl Library {
    /// Checks the version, and says how many threads there may be.
    pub fn begin(&self, threads: usize) -> Result<()> {
        let configuration = CString::new(format!("{{\"threads\":{threads}}}")).map_err(text)?;
        // SAFETY: a NUL-terminated text.
        unsafe {
            self.check((self.ds_check_abi)(abi::ABI_VERSION))?;
            self.check((self.ds_configure)(configuration.as_ptr()))
        }
    }

    /// The message of the library where a status is negative.
    pub fn check(&self, status: c_int) -> Result<()> {
        if status >= 0 {
            return Ok(());
        }
        // SAFETY: never NULL, and this thread's until its next call.
        let message = unsafe { CStr::from_ptr((self.ds_last_error_message)()) };
        Err(format!("status {status}: {}", message.to_string_lossy()))
    }
}
