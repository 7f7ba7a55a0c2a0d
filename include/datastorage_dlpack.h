/**
 * Arrays as DLPack tensors (https://dmlc.github.io/dlpack, version 1.1): for programs that hand arrays to PyTorch, JAX,
 * CuPy or NumPy without a copy. Include it beside datastorage.h; the types are declared here unless dlpack.h was included
 * before, and dlpack.h declares nothing when it comes later.
 *
 * Tensors are in the memory of the CPU, with elements of 1 to 16 bytes: bool, int8 to int64, uint8 to uint64, float16 to
 * float64, complex64 and complex128.
 */
#ifndef DATASTORAGE_DLPACK_H
#define DATASTORAGE_DLPACK_H

#include "datastorage.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_

#define DLPACK_MAJOR_VERSION 1
#define DLPACK_MINOR_VERSION 1
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)

/** A version: another major number is another layout. */
typedef struct {
    uint32_t major; /**< another one is another layout */
    uint32_t minor; /**< a later one adds values */
} DLPackVersion;

/** Where a tensor is; this library knows kDLCPU. */
typedef enum {
    kDLCPU = 1,
    kDLCUDA = 2,
    kDLCUDAHost = 3
} DLDeviceType;

/** A device and its number. */
typedef struct {
    DLDeviceType device_type; /**< its kind */
    int32_t device_id; /**< its number among those of its kind */
} DLDevice;

/** What an element is. */
typedef enum {
    kDLInt = 0U,
    kDLUInt = 1U,
    kDLFloat = 2U,
    kDLOpaqueHandle = 3U,
    kDLBfloat = 4U,
    kDLComplex = 5U,
    kDLBool = 6U
} DLDataTypeCode;

/** Code, bits of an element, and elements of a vector (1 here). */
typedef struct {
    uint8_t code; /**< one of DLDataTypeCode */
    uint8_t bits; /**< of one element */
    uint16_t lanes; /**< elements of a vector; 1 here */
} DLDataType;

/** A tensor that owns nothing; strides are in elements, NULL for row-major. */
typedef struct {
    void *data; /**< where the elements begin, before byte_offset */
    DLDevice device; /**< where they are */
    int32_t ndim; /**< the number of dimensions */
    DLDataType dtype; /**< what an element is */
    int64_t *shape; /**< the length of each dimension */
    int64_t *strides; /**< in elements; NULL for row-major */
    uint64_t byte_offset; /**< from data to the first element */
} DLTensor;

/** A tensor and its owner, as most consumers take it; the deleter is called once. */
typedef struct DLManagedTensor {
    DLTensor dl_tensor; /**< the tensor */
    void *manager_ctx; /**< the owner's */
    void (*deleter)(struct DLManagedTensor *self); /**< frees it; NULL when there is nothing to free */
} DLManagedTensor;

/** The same since DLPack 1.0. */
typedef struct DLManagedTensorVersioned {
    DLPackVersion version; /**< of the layout */
    void *manager_ctx; /**< the owner's */
    void (*deleter)(struct DLManagedTensorVersioned *self); /**< frees it; NULL when there is nothing to free */
    uint64_t flags; /**< DLPACK_FLAG_BITMASK_* */
    DLTensor dl_tensor; /**< the tensor */
} DLManagedTensorVersioned;

#endif

/**
 * Loads an array as a tensor that owns its elements: the memory it was decoded into is handed over.
 *
 * Call its deleter once, from any thread, also after the store was closed. Row-major; its memory may be written.
 * Errors: as ds_load, and DS_ERR_DTYPE_MISMATCH for strings. Since 0.1.0.
 */
DS_NODISCARD DS_API ds_status ds_load_dlpack(struct ds_store *store, const char *key, DLManagedTensor **out);

/** As ds_load_dlpack, in the form of DLPack 1.0. Since 0.1.0. */
DS_NODISCARD DS_API ds_status ds_load_dlpack_versioned(struct ds_store *store, const char *key,
    DLManagedTensorVersioned **out);

/**
 * Gives a view (ds_view) as a tensor, without a copy: it has a share of its own in the view's memory.
 *
 * Call its deleter once, from any thread, before or after ds_view_free, also after the store was closed. It is marked
 * DLPACK_FLAG_BITMASK_READ_ONLY, and its memory may be mapped without the right to write: there is no such tensor of the
 * old form, which has no mark for it. Errors: DS_ERR_INVALID_ARGUMENT for NULL. Since 0.1.0.
 */
DS_NODISCARD DS_API ds_status ds_view_dlpack_versioned(const struct ds_array_view *view, DLManagedTensorVersioned **out);

/**
 * Saves the elements of a tensor, replacing what is there; `&managed->dl_tensor` of either form.
 *
 * The tensor is borrowed for the call: its deleter is the caller's to call. Strides may be negative or 0.
 * Errors: DS_ERR_UNSUPPORTED (a device that is not the CPU; bfloat16, vectors and other types that are not stored),
 * DS_ERR_INVALID_ARGUMENT, and as ds_save. Since 0.1.0.
 */
DS_NODISCARD DS_API ds_status ds_save_dlpack(struct ds_store *store, const char *key, const DLTensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
