"""The C ABI as Python sees it: every function, constant and struct of `datastorage.h` and `datastorage_dlpack.h`.

One table, and the only place that states an argument type. A test compares it with the headers, in both directions:
names, argument types, results, constants, fields. Nothing here loads a library.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    c_char_p,
    c_double,
    c_float,
    c_int8,
    c_int16,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

ABI_VERSION = 1
MAX_NDIM = 32

# The constants of the header, without DS_. Versions of the header itself are not repeated here.
DTYPES = {
    "BOOL": 1, "I8": 2, "I16": 3, "I32": 4, "I64": 5, "U8": 6, "U16": 7, "U32": 8, "U64": 9,
    "F16": 10, "F32": 11, "F64": 12, "C64": 13, "C128": 14, "STRING": 15,
}  # fmt: skip
KINDS = {"KIND_GROUP": 1, "KIND_ARRAY": 2, "KIND_BYTES": 3, "KIND_JSON": 4}
SCOPES = {"SCOPE_NONE": 0, "SCOPE_FILE_LEVEL": 1, "SCOPE_CATEGORICAL": 2}
LEVELS = {"LOG_ERROR": 1, "LOG_WARN": 2, "LOG_INFO": 3, "LOG_DEBUG": 4}
STATUSES = {
    "OK": 0,
    "DONE": 1,
    "ERR_INVALID_ARGUMENT": -1,
    "ERR_INVALID_HANDLE": -2,
    "ERR_CLOSED": -3,
    "ERR_BUSY": -4,
    "ERR_NOT_FOUND": -5,
    "ERR_ALREADY_EXISTS": -6,
    "ERR_WRONG_KIND": -7,
    "ERR_DTYPE_MISMATCH": -8,
    "ERR_SHAPE_MISMATCH": -9,
    "ERR_BUFFER_TOO_SMALL": -10,
    "ERR_READ_ONLY": -11,
    "ERR_SCHEMA": -12,
    "ERR_JSON": -13,
    "ERR_UTF8": -14,
    "ERR_CODEC": -15,
    "ERR_CORRUPT": -16,
    "ERR_IO": -17,
    "ERR_PERMISSION": -18,
    "ERR_NO_MEMORY": -19,
    "ERR_CANCELLED": -20,
    "ERR_UNSUPPORTED": -21,
    "ERR_ABI": -22,
    "ERR_NAN": -23,
    "ERR_INTERNAL": -127,
}
CONSTANTS = {**DTYPES, **KINDS, **SCOPES, **LEVELS, **STATUSES, "MAX_NDIM": MAX_NDIM, "ABI_VERSION": ABI_VERSION}


class Info(ctypes.Structure):
    """`ds_info`: what `ds_stat` tells of a node."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("kind", c_int32),
        ("dtype", c_int32),
        ("ndim", c_uint64),
        ("elements", c_uint64),
        ("bytes", c_uint64),
        ("stored_bytes", c_uint64),
        ("chunks", c_uint64),
    ]


# `int32_t (*)(void *userdata, const char *stage, uint64_t done, uint64_t total)` and the like.
PROGRESS = ctypes.CFUNCTYPE(c_int32, c_void_p, c_char_p, c_uint64, c_uint64)
DESTROY = ctypes.CFUNCTYPE(None, c_void_p)
LOG = ctypes.CFUNCTYPE(None, c_void_p, c_int32, c_char_p)

# Handles, buffers, iterators and tensors are addresses or tokens that Python never follows: plain c_void_p.
STORE = DATASET = BUFFER = ITER = TENSOR = VIEW = BUILDER = DATA = c_void_p
KEY = c_char_p
OUT = POINTER(c_void_p)
STATUS = DTYPE = INT = c_int32
SIZE = c_size_t
SIZES = POINTER(c_size_t)
SHAPE = POINTER(c_uint64)
STRIDES = POINTER(c_int64)
TEXTS = POINTER(c_char_p)

_STRINGS = [STORE, KEY, TEXTS, SIZES, SHAPE, SIZE]

# Name -> (result, arguments).
PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    # Version, status, buffers, iterators
    "ds_version": (c_uint32, []),
    "ds_version_string": (c_char_p, []),
    "ds_check_abi": (STATUS, [c_uint32]),
    "ds_has_feature": (INT, [c_char_p]),
    "ds_status_name": (c_char_p, [STATUS]),
    "ds_last_error_code": (STATUS, []),
    "ds_last_error_message": (c_char_p, []),
    # The data of a buffer may hold NUL: an address, not a C string.
    "ds_buffer_data": (c_void_p, [BUFFER]),
    "ds_buffer_size": (SIZE, [BUFFER]),
    "ds_buffer_free": (None, [BUFFER]),
    "ds_iter_next": (STATUS, [ITER, POINTER(c_char_p), POINTER(c_int32)]),
    "ds_iter_free": (None, [ITER]),
    # Opening
    "ds_configure": (STATUS, [c_char_p]),
    "ds_open": (STATUS, [c_char_p, c_char_p, OUT]),
    "ds_open_zarr": (STATUS, [c_char_p, c_char_p, OUT]),
    "ds_open_json": (STATUS, [c_char_p, c_char_p, OUT]),
    "ds_open_memory": (STATUS, [c_char_p, OUT]),
    "ds_open_bytes": (STATUS, [DATA, SIZE, c_char_p, OUT]),
    "ds_to_bytes": (STATUS, [STORE, c_char_p, OUT]),
    # Committing and closing
    "ds_format": (STATUS, [STORE, POINTER(c_char_p)]),
    "ds_path": (STATUS, [STORE, KEY, OUT]),
    "ds_flush": (STATUS, [STORE]),
    "ds_compress": (STATUS, [STORE, POINTER(c_uint64)]),
    "ds_verify": (STATUS, [STORE, c_char_p, OUT]),
    "ds_close": (STATUS, [STORE]),
    "ds_discard": (STATUS, [STORE]),
    "ds_is_open": (INT, [STORE]),
    "ds_interrupt": (STATUS, [STORE]),
    # Arrays
    "ds_save": (STATUS, [STORE, KEY, DTYPE, DATA, SHAPE, SIZE, STRIDES]),
    "ds_save_bytes": (STATUS, [STORE, KEY, DATA, SIZE]),
    "ds_save_json": (STATUS, [STORE, KEY, c_char_p, SIZE]),
    "ds_load": (STATUS, [STORE, KEY, DTYPE, DATA, SIZE, SIZES]),
    "ds_load_region": (STATUS, [STORE, KEY, DTYPE, SHAPE, SHAPE, SIZE, DATA, SIZE, SIZES]),
    "ds_load_bytes": (STATUS, [STORE, KEY, OUT]),
    "ds_load_json": (STATUS, [STORE, KEY, OUT]),
    "ds_load_all": (STATUS, [STORE, KEY, OUT, OUT]),
    # Views
    "ds_view": (STATUS, [STORE, KEY, c_char_p, OUT]),
    "ds_view_data": (c_void_p, [VIEW]),
    "ds_view_size": (SIZE, [VIEW]),
    "ds_view_dtype": (DTYPE, [VIEW]),
    "ds_view_ndim": (SIZE, [VIEW]),
    "ds_view_shape": (SHAPE, [VIEW]),
    "ds_view_strides": (STRIDES, [VIEW]),
    "ds_view_is_borrowed": (INT, [VIEW]),
    "ds_view_free": (None, [VIEW]),
    # Strings
    "ds_save_string": (STATUS, [STORE, KEY, c_char_p, SIZE]),
    "ds_save_strings": (STATUS, _STRINGS),
    "ds_load_string": (STATUS, [STORE, KEY, OUT]),
    "ds_load_strings": (STATUS, [STORE, KEY, OUT, OUT]),
    # Parts of arrays
    "ds_create": (STATUS, [STORE, KEY, DTYPE, SHAPE, SIZE, c_char_p]),
    "ds_save_region": (STATUS, [STORE, KEY, DTYPE, DATA, SHAPE, SHAPE, SIZE, STRIDES]),
    "ds_save_strings_region": (STATUS, [STORE, KEY, TEXTS, SIZES, SHAPE, SHAPE, SIZE]),
    "ds_load_strings_region": (STATUS, [STORE, KEY, SHAPE, SHAPE, SIZE, OUT, OUT]),
    "ds_resize": (STATUS, [STORE, KEY, SHAPE, SIZE]),
    "ds_append": (STATUS, [STORE, KEY, DTYPE, DATA, SHAPE, SIZE, STRIDES, SIZE]),
    "ds_append_strings": (STATUS, [*_STRINGS, SIZE]),
    # Nodes
    "ds_stat": (STATUS, [STORE, KEY, POINTER(Info)]),
    "ds_shape": (STATUS, [STORE, KEY, SHAPE, SIZE, SIZES]),
    "ds_exists": (STATUS, [STORE, KEY, POINTER(c_int32)]),
    "ds_delete": (STATUS, [STORE, KEY]),
    "ds_rename": (STATUS, [STORE, KEY, KEY]),
    "ds_create_group": (STATUS, [STORE, KEY]),
    "ds_list": (STATUS, [STORE, KEY, INT, OUT]),
    "ds_set_dimensions": (STATUS, [STORE, KEY, TEXTS, SIZE]),
    "ds_get_dimensions": (STATUS, [STORE, KEY, OUT]),
    "ds_set_attributes": (STATUS, [STORE, KEY, c_char_p, SIZE]),
    "ds_get_attributes": (STATUS, [STORE, KEY, OUT]),
    # Metadata
    "ds_save_metadata": (STATUS, [STORE, KEY, c_char_p, SIZE]),
    "ds_save_metadata_bool": (STATUS, [STORE, KEY, INT]),
    "ds_save_metadata_i64": (STATUS, [STORE, KEY, c_int64]),
    "ds_save_metadata_f64": (STATUS, [STORE, KEY, c_double]),
    "ds_save_metadata_str": (STATUS, [STORE, KEY, c_char_p, SIZE]),
    "ds_load_metadata": (STATUS, [STORE, KEY, OUT]),
    "ds_delete_metadata": (STATUS, [STORE, KEY]),
    "ds_list_metadata": (STATUS, [STORE, KEY, OUT]),
    "ds_metadata_scope": (STATUS, [STORE, KEY, POINTER(c_int32)]),
    # Schema
    "ds_set_schema": (STATUS, [STORE, c_char_p, SIZE]),
    "ds_get_schema": (STATUS, [STORE, OUT]),
    "ds_group_for_array": (STATUS, [STORE, c_char_p, OUT]),
    "ds_validate": (STATUS, [STORE, KEY, DTYPE, DATA, SHAPE, SIZE, STRIDES]),
    # Making schemas
    "ds_schema_create": (STATUS, [c_char_p, c_char_p, c_char_p, OUT]),
    "ds_schema_from_template": (STATUS, [c_char_p, OUT]),
    "ds_schema_from_json": (STATUS, [c_char_p, SIZE, OUT]),
    "ds_schema_load_from_file": (STATUS, [c_char_p, OUT]),
    "ds_schema_extend_template": (STATUS, [BUILDER, c_char_p]),
    "ds_schema_create_group": (STATUS, [BUILDER, c_char_p, c_char_p, c_char_p, c_char_p]),
    "ds_schema_remove_group": (STATUS, [BUILDER, c_char_p]),
    "ds_schema_list_groups": (STATUS, [BUILDER, OUT]),
    "ds_schema_create_array": (STATUS, [BUILDER, c_char_p, c_char_p, DTYPE, TEXTS, SIZE, c_char_p, c_char_p]),
    "ds_schema_remove_array": (STATUS, [BUILDER, c_char_p, c_char_p]),
    "ds_schema_list_arrays": (STATUS, [BUILDER, c_char_p, OUT]),
    "ds_schema_build": (STATUS, [BUILDER, OUT]),
    "ds_schema_save_to_file": (STATUS, [BUILDER, c_char_p]),
    "ds_schema_free": (None, [BUILDER]),
    "ds_schema_define_metadata": (STATUS, [BUILDER, INT, c_char_p, DTYPE, c_char_p, INT, c_char_p]),
    "ds_schema_list_metadata_fields": (STATUS, [BUILDER, INT, OUT]),
    "ds_schema_set_metadata_routing": (STATUS, [BUILDER, c_char_p]),
    "ds_schema_get_metadata_routing": (STATUS, [BUILDER, c_char_p, POINTER(c_int32)]),
    "ds_schema_validate_metadata_field": (STATUS, [BUILDER, c_char_p, c_char_p, SIZE]),
    "ds_schema_validate_metadata_schema": (STATUS, [BUILDER, OUT]),
    "ds_schema_json_schema": (c_char_p, []),
    # Copying, callbacks
    "ds_copy": (STATUS, [STORE, STORE, c_char_p, POINTER(c_uint64)]),
    "ds_set_progress": (STATUS, [STORE, PROGRESS, c_void_p, DESTROY]),
    "ds_set_log": (STATUS, [LOG, c_void_p, DESTROY]),
    # Datasets
    "ds_merge": (STATUS, [TEXTS, SIZE, c_char_p, c_char_p, PROGRESS, c_void_p, OUT]),
    "ds_merge_plan": (STATUS, [TEXTS, SIZE, c_char_p, c_char_p, PROGRESS, c_void_p, OUT]),
    "ds_merge_task": (STATUS, [c_char_p, c_uint64, PROGRESS, c_void_p]),
    "ds_merge_finish": (STATUS, [c_char_p, PROGRESS, c_void_p, OUT]),
    "ds_merge_abandon": (STATUS, [c_char_p]),
    "ds_dataset_open": (STATUS, [c_char_p, c_char_p, OUT]),
    "ds_dataset_close": (STATUS, [DATASET]),
    "ds_dataset_is_open": (INT, [DATASET]),
    "ds_dataset_interrupt": (STATUS, [DATASET]),
    "ds_dataset_store": (STATUS, [DATASET, OUT]),
    "ds_dataset_describe": (STATUS, [DATASET, OUT]),
    "ds_dataset_file_rows": (STATUS, [DATASET, KEY, KEY, c_int64, POINTER(c_uint64), POINTER(c_uint64)]),
    "ds_dataset_file_name": (STATUS, [DATASET, c_int64, OUT]),
    "ds_dataset_file_code": (STATUS, [DATASET, c_char_p, POINTER(c_int64)]),
    "ds_dataset_files": (STATUS, [DATASET, KEY, c_char_p, OUT]),
    "ds_dataset_rows": (STATUS, [DATASET, KEY, c_char_p, OUT]),
    "ds_dataset_distribution": (STATUS, [DATASET, KEY, KEY, c_char_p, OUT]),
    "ds_dataset_membership": (STATUS, [DATASET, KEY, KEY, c_char_p, INT, OUT, OUT]),
    "ds_dataset_descriptions": (STATUS, [DATASET, c_char_p, OUT]),
    "ds_dataset_table": (STATUS, [DATASET, c_char_p, c_char_p, OUT]),
    "ds_dataset_split": (STATUS, [DATASET, c_char_p, OUT]),
    "ds_dataset_subset": (STATUS, [DATASET, c_char_p, OUT]),
    "ds_dataset_save_subsets": (STATUS, [DATASET, c_char_p]),
    # datastorage_dlpack.h
    "ds_load_dlpack": (STATUS, [STORE, KEY, OUT]),
    "ds_load_dlpack_versioned": (STATUS, [STORE, KEY, OUT]),
    "ds_save_dlpack": (STATUS, [STORE, KEY, TENSOR]),
    "ds_view_dlpack_versioned": (STATUS, [VIEW, OUT]),
}

_ELEMENTS: dict[str, Any] = {
    "i8": c_int8, "i16": c_int16, "i32": c_int32, "i64": c_int64, "u8": c_uint8, "u16": c_uint16, "u32": c_uint32,
    "u64": c_uint64, "f32": c_float, "f64": c_double,
}  # fmt: skip
for _name, _element in _ELEMENTS.items():
    PROTOTYPES["ds_save_" + _name] = (STATUS, [STORE, KEY, POINTER(_element), SHAPE, SIZE])
    PROTOTYPES["ds_load_" + _name] = (STATUS, [STORE, KEY, POINTER(_element), SIZE, SIZES])
