//! One store into another.

use std::ffi::c_char;

use super::call::with_two;
use super::status::ds_status;
use super::text::{Out, optional_text};
use super::types::ds_store;
use crate::convert::CopyOptions;

/// Copies everything of a store into another of any format: nodes, attributes, metadata and, when the destination has
/// none, the schema.
///
/// out_copied (or NULL) receives the number of arrays and other leaves. options_json is NULL or a JSON object: "keys" (a
/// list of the nodes that are copied, each with all below it), and for a Zarr destination "profile", "codec" and
/// "chunk_elements", which say how what is copied is encoded there: {"profile": "compact"} repacks a store.
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
        let options: CopyOptions =
            crate::options::read(optional_text("options_json", options_json)?.unwrap_or_default())?;
        Out::optional(out_copied).set(source.copy_with(destination, &options)?);
        Ok(())
    })
}
