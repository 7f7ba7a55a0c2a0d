//! Arrays as DLPack tensors, declared in `include/datastorage_dlpack.h`.
//!
//! A loaded tensor owns its elements: the memory that was decoded into is handed over without a copy, and goes when its
//! deleter is called, by any thread and also after the store was closed. That of a view has a share in the view's memory,
//! and is marked as read-only, which only the versioned form can say. A tensor that is saved is borrowed for the
//! call; its deleter is not touched. Source of the layout: DLPack 1.1, `include/dlpack/dlpack.h`.
//!
//! It is not in the generated header, so that this one does not need the types of another project.

use std::ffi::{c_char, c_void};

use super::call::{call, with_store};
use super::status::ds_status;
use super::text::{self, DS_MAX_NDIM, Out, text};
use super::types::ds_store;
use super::view::ds_array_view;
use crate::error::{Result, err};
use crate::value::{Array, DType, SharedArray, shared_array};

const CPU: i32 = 1;
const VERSION: (u32, u32) = (1, 1);
/// The flag of a tensor that may not be written.
const READ_ONLY: u64 = 1;

/// Element type: a code (0 signed, 1 unsigned, 2 float, 5 complex, 6 bool), bits, and lanes of a vector.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DLDataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

/// A tensor that owns nothing.
#[repr(C)]
pub struct DLTensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    dtype: DLDataType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// A tensor with its owner, as before DLPack 1.0.
#[repr(C)]
pub struct DLManagedTensor {
    dl_tensor: DLTensor,
    manager_ctx: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut DLManagedTensor)>,
}

/// A tensor with its owner, since DLPack 1.0.
#[repr(C)]
pub struct DLManagedTensorVersioned {
    major: u32,
    minor: u32,
    manager_ctx: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned)>,
    flags: u64,
    dl_tensor: DLTensor,
}

/// A tensor with what it points at.
struct Owner<M> {
    managed: M,
    shape: Vec<i64>,
    strides: Vec<i64>,
    memory: Memory,
}

/// The memory of the elements.
enum Memory {
    /// The tensor's own, which may be written.
    Own(Vec<u8>),
    /// Shared, and only read.
    Shared(SharedArray),
}

impl Memory {
    fn pointer(&mut self) -> *mut c_void {
        match self {
            Self::Own(bytes) => bytes.as_mut_ptr().cast(),
            // DLPack wants NULL where there is no element.
            Self::Shared(array) if array.is_empty() => std::ptr::null_mut(),
            Self::Shared(array) => array.bytes().as_ptr().cast_mut().cast(),
        }
    }
}

fn empty_tensor(dtype: DType) -> Result<DLTensor> {
    Ok(DLTensor {
        data: std::ptr::null_mut(),
        device_type: CPU,
        device_id: 0,
        ndim: 0,
        dtype: type_of(dtype)?,
        shape: std::ptr::null_mut(),
        strides: std::ptr::null_mut(),
        byte_offset: 0,
    })
}

fn type_of(dtype: DType) -> Result<DLDataType> {
    let code = match dtype {
        DType::Bool => 6,
        DType::String => return Err(err!(DtypeMismatch, "data is string, a tensor has elements of fixed size")),
        d if d.is_complex() => 5,
        d if d.is_float() => 2,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => 1,
        _ => 0,
    };
    Ok(DLDataType { code, bits: (dtype.size() * 8) as u8, lanes: 1 })
}

fn dtype_of(key: &str, dtype: DLDataType) -> Result<DType> {
    let DLDataType { code, bits, lanes } = dtype;
    DType::ALL
        .into_iter()
        .filter(|&known| known != DType::String)
        .find(|&known| type_of(known).is_ok_and(|t| (t.code, t.bits, t.lanes) == (code, bits, lanes)))
        .ok_or_else(|| {
            err!(Unsupported, "{key}: a tensor of DLPack type code {code}, {bits} bits, {lanes} lanes is not stored")
        })
}

/// An array with what a tensor says of it.
struct Elements {
    shape: Vec<i64>,
    strides: Vec<i64>,
    memory: Memory,
}

impl From<Array> for Elements {
    fn from(array: Array) -> Self {
        let (shape, strides) = (lengths(array.shape()), shared_array::row_major(array.shape()));
        Self { shape, strides, memory: Memory::Own(array.into_bytes()) }
    }
}

impl From<SharedArray> for Elements {
    fn from(array: SharedArray) -> Self {
        Self { shape: lengths(array.shape()), strides: array.strides().to_vec(), memory: Memory::Shared(array) }
    }
}

fn lengths(shape: &[u64]) -> Vec<i64> {
    shape.iter().map(|&length| length as i64).collect()
}

/// Puts elements behind a managed tensor on the heap; `link` writes the context and the deleter into it.
fn give<M>(
    elements: impl Into<Elements>,
    managed: M,
    tensor: impl Fn(&mut M) -> &mut DLTensor,
    link: impl FnOnce(&mut M, *mut c_void),
) -> *mut M {
    let Elements { shape, strides, memory } = elements.into();
    let owner = Box::new(Owner { managed, shape, strides, memory });
    let raw = Box::into_raw(owner);
    // SAFETY: `raw` was just made and nobody else knows it; the vectors it owns do not move any more.
    let owner = unsafe { &mut *raw };
    let (data, shape, strides) = (owner.memory.pointer(), owner.shape.as_mut_ptr(), owner.strides.as_mut_ptr());
    let ndim = owner.shape.len() as i32;
    let inner = tensor(&mut owner.managed);
    (inner.data, inner.shape, inner.strides, inner.ndim) = (data, shape, strides, ndim);
    link(&mut owner.managed, raw.cast());
    &raw mut owner.managed
}

/// The deleter of a tensor of the old form.
///
/// # Safety
/// NULL or a tensor of `ds_load_dlpack`, and this is called once for it.
unsafe extern "C" fn delete(tensor: *mut DLManagedTensor) {
    // SAFETY: NULL or, by DLPack's contract, a tensor of `ds_load_dlpack` whose deleter is called once; its context is
    // the box that `give` made.
    unsafe {
        if let Some(tensor) = tensor.as_ref() {
            drop(Box::from_raw(tensor.manager_ctx.cast::<Owner<DLManagedTensor>>()));
        }
    }
}

/// The deleter of a versioned tensor.
///
/// # Safety
/// NULL or a tensor of `ds_load_dlpack_versioned` or `ds_view_dlpack_versioned`, and this is called once for it.
unsafe extern "C" fn delete_versioned(tensor: *mut DLManagedTensorVersioned) {
    // SAFETY: NULL or, by DLPack's contract, a versioned tensor whose deleter is called once; its context is the box that
    // `give` made.
    unsafe {
        if let Some(tensor) = tensor.as_ref() {
            drop(Box::from_raw(tensor.manager_ctx.cast::<Owner<DLManagedTensorVersioned>>()));
        }
    }
}

/// See `datastorage_dlpack.h`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_dlpack(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut DLManagedTensor,
) -> ds_status {
    with_store(store, |storage| {
        let (key, out) = (text("key", key)?, Out::required("out", out)?);
        let array = storage.load_array(key)?;
        let dl_tensor = empty_tensor(array.dtype()).map_err(|e| e.context(key))?;
        let managed = DLManagedTensor { dl_tensor, manager_ctx: std::ptr::null_mut(), deleter: Some(delete) };
        out.set(give(array, managed, |m| &mut m.dl_tensor, |m, owner| m.manager_ctx = owner));
        Ok(())
    })
}

/// See `datastorage_dlpack.h`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_dlpack_versioned(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut DLManagedTensorVersioned,
) -> ds_status {
    with_store(store, |storage| {
        let (key, out) = (text("key", key)?, Out::required("out", out)?);
        let array = storage.load_array(key)?;
        let dl_tensor = empty_tensor(array.dtype()).map_err(|e| e.context(key))?;
        out.set(give_versioned(array, dl_tensor, 0));
        Ok(())
    })
}

fn give_versioned(elements: impl Into<Elements>, dl_tensor: DLTensor, flags: u64) -> *mut DLManagedTensorVersioned {
    let (major, minor) = VERSION;
    let manager_ctx = std::ptr::null_mut();
    let managed =
        DLManagedTensorVersioned { major, minor, manager_ctx, deleter: Some(delete_versioned), flags, dl_tensor };
    give(elements, managed, |m| &mut m.dl_tensor, |m, owner| m.manager_ctx = owner)
}

/// See `datastorage_dlpack.h`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_dlpack_versioned(
    view: *const ds_array_view,
    out: *mut *mut DLManagedTensorVersioned,
) -> ds_status {
    call(|| {
        let out = Out::required("out", out)?;
        let array = ds_array_view::array(view).ok_or_else(|| err!(InvalidArgument, "view: pointer is NULL"))?;
        out.set(give_versioned(array.clone(), empty_tensor(array.dtype())?, READ_ONLY));
        Ok(())
    })
}

/// See `datastorage_dlpack.h`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_dlpack(
    store: *mut ds_store,
    key: *const c_char,
    tensor: *const DLTensor,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        // SAFETY: NULL or, by the header's contract, a tensor that lives for the call.
        let tensor = unsafe { tensor.as_ref() }.ok_or_else(|| err!(InvalidArgument, "{key}: tensor is NULL"))?;
        if tensor.device_type != CPU {
            return Err(err!(
                Unsupported,
                "{key}: the tensor is on DLPack device type {}, only {CPU} (CPU) is read",
                tensor.device_type
            ));
        }
        let dtype = dtype_of(key, tensor.dtype)?;
        let ndim = usize::try_from(tensor.ndim).ok().filter(|&ndim| ndim <= DS_MAX_NDIM);
        let ndim = ndim.ok_or_else(|| err!(InvalidArgument, "{key}: ndim is {}, 0 to {DS_MAX_NDIM}", tensor.ndim))?;
        let lengths: Vec<i64> = text::numbers("shape", key, tensor.shape.cast_const(), ndim)?;
        let shape: Vec<u64> = lengths
            .iter()
            .map(|&length| u64::try_from(length).map_err(|_| err!(InvalidArgument, "{key}: a length is {length}")))
            .collect::<Result<_>>()?;
        let offset = usize::try_from(tensor.byte_offset)
            .map_err(|_| err!(InvalidArgument, "{key}: byte_offset is {}", tensor.byte_offset))?;
        let data = tensor.data.cast_const().cast::<u8>().wrapping_add(offset).cast();
        let view = text::array(key, dtype as i32, data, shape.as_ptr(), ndim, tensor.strides.cast_const())?;
        storage.save_view(key, &view)
    })
}

/// The elements of a tensor and what frees it, as a consumer of DLPack finds them.
#[cfg(test)]
pub(super) unsafe fn parts_of(
    tensor: *mut DLManagedTensorVersioned,
) -> (*mut c_void, unsafe extern "C" fn(*mut DLManagedTensorVersioned)) {
    // SAFETY: the test's own tensor, not yet freed.
    let tensor = unsafe { &*tensor };
    (tensor.dl_tensor.data, tensor.deleter.unwrap_or(delete_versioned))
}
