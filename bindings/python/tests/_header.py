"""Reads a C header of the library: prototypes, constants and structs, as ctypes would have them."""

import ctypes
import re
from ctypes import POINTER, c_char_p, c_void_p

from datastorage import _prototypes as p

NUMBERS = {
    "int8_t": ctypes.c_int8,
    "int16_t": ctypes.c_int16,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint8_t": ctypes.c_uint8,
    "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}
ALIASES = {name: ctypes.c_int32 for name in ("ds_status", "ds_kind", "ds_dtype", "ds_scope", "ds_level")}
CALLBACKS = {"ds_progress_fn": p.PROGRESS, "ds_destroy_fn": p.DESTROY, "ds_log_fn": p.LOG}
# What C points to and Python does not look into.
OPAQUE = {"void", "ds_store", "ds_dataset", "ds_buffer", "ds_iter", "ds_array_view", "ds_schema_builder"}
OPAQUE |= {"DLManagedTensor", "DLManagedTensorVersioned", "DLTensor"}


def without_comments(text):
    return re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S))


def ctype(text):
    """The ctypes type of a C type."""
    text = re.sub(r"\b(const|struct)\b", "", text)
    stars, name = text.count("*"), text.replace("*", "").strip()
    if name == "void" and stars == 0:
        return None
    if name == "char":
        assert stars in (1, 2), text
        return c_char_p if stars == 1 else POINTER(c_char_p)
    if name in OPAQUE:
        assert stars in (1, 2), text
        return c_void_p if stars == 1 else POINTER(c_void_p)
    if name in CALLBACKS:
        assert stars == 0, text
        return CALLBACKS[name]
    if name == "ds_info":
        assert stars == 1, text
        return POINTER(p.Info)
    base = NUMBERS.get(name) or ALIASES[name]
    assert stars <= 1, text
    return POINTER(base) if stars else base


def arguments(text):
    """The types of a parameter list; names are dropped."""
    if text.strip() in ("", "void"):
        return []
    return [ctype(re.sub(r"\b\w+\s*$", "", argument)) for argument in text.split(",")]


def prototypes(header):
    """Name to (result, arguments) of every exported function."""
    found = re.findall(r"\bDS_API\s+([\w\s*]+?)\b(ds_\w+)\s*\(([^)]*)\)\s*;", without_comments(header))
    return {name: (ctype(result), arguments(parameters)) for result, name, parameters in found}


def constants(header):
    """Name, without DS_, to value of every numeric constant."""
    found = re.findall(r"^#define DS_(\w+) \(?(-?\d+)\)?$", without_comments(header), flags=re.M)
    return {name: int(value) for name, value in found}


def callbacks(header):
    """Name to (result, arguments) of every function type."""
    found = re.findall(r"typedef\s+(\w+)\s*\(\*(ds_\w+)\)\(([^)]*)\)\s*;", without_comments(header))
    return {name: (ctype(result), arguments(parameters)) for result, name, parameters in found}


def fields(header, struct):
    """(name, type) of each field of a struct."""
    body = re.search(rf"typedef struct {struct} \{{(.*?)\}}", without_comments(header), flags=re.S).group(1)
    return [(name, ctype(kind)) for kind, name in re.findall(r"(\w+)\s+(\w+)\s*;", body)]
