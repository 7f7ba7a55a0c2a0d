//! One store into another.

use std::ffi::c_char;

use serde::Deserialize;

use super::call::with_two;
use super::close::options;
use super::status::ds_status;
use super::text::{Out, optional_text};
use super::types::ds_store;

/// There are none yet; a key is an error that names it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CopyOptions {}

/// Copies everything of a store into another of any format: nodes, attributes, metadata and, when the destination has
/// none, the schema.
///
/// out_copied (or NULL) receives the number of arrays and other leaves. options_json is NULL or {}.
/// Errors: DS_ERR_NOT_FOUND when the source has no data keys, DS_ERR_INVALID_ARGUMENT (the same store twice, an unknown
/// option), and as loading and saving; what was copied before an error stays. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_copy(
    source: *mut ds_store,
    destination: *mut ds_store,
    options_json: *const c_char,
    out_copied: *mut u64,
) -> ds_status {
    with_two(source, destination, |source, destination| {
        let CopyOptions {} = options(optional_text("options_json", options_json)?)?;
        Out::optional(out_copied).set(source.copy_to(destination)?);
        Ok(())
    })
}
