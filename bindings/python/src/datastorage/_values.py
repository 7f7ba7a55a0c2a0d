"""What a Python value is in a store, and back.

Saving: arrays, scalars, text and bytes are one node; a list of numbers, bools or strings is an array, any other list,
an empty one and None are a JSON node; a mapping is a group and replaces what was under the key. Loading gives back
the same types, with two rules: tuples become lists or arrays, and a 0-d array comes back as a scalar, of Python's
type where that is the same (bool, int, float, complex), of NumPy's otherwise.

A mapping of JSON values only is one call of the library. A mapping with arrays is saved array by array; when one of
them is refused, what was under the key before is put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

import numpy as np

from . import _json
from ._dtypes import STRING, NDArray, is_text
from ._errors import (
    BufferTooSmallError,
    DataStorageError,
    DtypeMismatchError,
    InvalidArgumentError,
    NotFoundError,
    ShapeMismatchError,
    UnsupportedTypeError,
    WrongKindError,
)
from ._handle import ARRAY, BYTES, GROUP, Handle
from ._prototypes import DTYPES, Info
from ._snapshot import snapshot

_PYTHON_SCALARS = {DTYPES[name] for name in ("BOOL", "I64", "F64", "C128")}
_NUMBERS = (int, float, np.integer, np.floating)
_BOOLS = (bool, np.bool_)
_COMPLEX = (complex, np.complexfloating)
# As many attempts to read an array that another thread keeps changing.
_ATTEMPTS = 8


class JsonValue:
    """A value that becomes a JSON node as it is."""

    def __init__(self, text: bytes) -> None:
        self.text = text


Prepared = Union[NDArray, str, bytes, JsonValue, dict[str, Any]]


def prepare(value: Any, key: str) -> Prepared:
    """The value as what one call saves: an array, text, bytes, JSON, or a dict of these.

    Raises
    ------
    UnsupportedTypeError
        No store can hold it; the key and the type are named.
    """
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, float, complex, np.generic)):
        return bytes(value) if isinstance(value, np.bytes_) else np.asarray(value)
    if isinstance(value, int):
        return _integer(value, key)
    if isinstance(value, memoryview) and value.format not in ("B", "b", "c"):
        return np.asarray(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if value is None:
        return JsonValue(b"null")
    if isinstance(value, Mapping):
        return _mapping(value, key)
    if isinstance(value, (list, tuple)):
        array = array_of_list(value, key)
        return JsonValue(_json.dumps(value, key)) if array is None else array
    if hasattr(value, "__array__"):
        return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    raise UnsupportedTypeError(f"{key}: {type(value).__name__} cannot be stored")


def _integer(value: int, key: str) -> NDArray:
    for dtype in (np.int64, np.uint64):
        try:
            return np.asarray(value, dtype)
        except OverflowError:
            continue
    raise UnsupportedTypeError(f"{key}: integer {value} needs more than 64 bits")


def _mapping(value: Mapping[Any, Any], key: str) -> dict[str, Any]:
    prepared = {}
    for name, item in value.items():
        if not isinstance(name, str):
            raise UnsupportedTypeError(f"{key}: a name is a str, not {type(name).__name__} ({name!r})")
        if "/" in name:
            raise InvalidArgumentError(f"{key}: name '{name}' holds '/'; nest mappings instead")
        prepared[name] = prepare(item, f"{key}/{name}")
    return prepared


def leaf_types(items: Union[list[Any], tuple[Any, ...]]) -> set[type]:
    """The types of what is in nested lists."""
    types = set(map(type, items))
    nested = {kind for kind in types if issubclass(kind, (list, tuple))}
    if nested:
        types -= nested
        for item in items:
            if isinstance(item, (list, tuple)):
                types |= leaf_types(item)
    return types


def array_of_list(items: Union[list[Any], tuple[Any, ...]], key: str) -> Optional[NDArray]:
    """A regular list of numbers, of bools, of strings or of arrays as an array; None for any other list."""
    types = leaf_types(items)

    def all_are(*kinds: Any) -> bool:
        return bool(types) and all(issubclass(kind, kinds) for kind in types)

    bools = all_are(*_BOOLS)
    if any(issubclass(kind, _BOOLS) for kind in types) and not bools:
        return None
    try:
        if bools:
            return np.array(items, np.bool_)
        if all_are(int):
            return _integers(items)
        if all_are(*_NUMBERS, *_COMPLEX):
            return np.array(items)
        if all_are(str):
            return _strings(items)
        if all_are(np.ndarray):
            return np.array(items)
    except (ValueError, OverflowError):
        if types <= {int, float, bool, str}:
            return None
        raise UnsupportedTypeError(f"{key}: the list is neither regular nor JSON") from None
    return None


def _integers(items: Any) -> NDArray:
    try:
        return np.array(items, np.int64)
    except OverflowError:
        return np.array(items, np.uint64)


def _strings(items: Any) -> Optional[NDArray]:
    # Not by way of '<U', which drops NUL at the end of a text.
    array = np.array(items, object)
    return array if all(isinstance(item, str) for item in array.ravel()) else None


def save(handle: Handle, key: str, value: Any) -> None:
    """Saves any value under a key, replacing what is there; see the module."""
    if isinstance(value, np.ndarray):
        return _save_array(handle, key, value)
    if isinstance(value, Mapping):
        return _save_mapping(handle, key, value)
    return _save_leaf(handle, key, prepare(value, key))


def _save_array(handle: Handle, key: str, array: NDArray) -> None:
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray):
        if np.ma.is_masked(array):
            raise UnsupportedTypeError(f"{key}: a masked array has masked elements; save .filled(value)")
        array = array.data
    if not is_text(array.dtype):
        handle.save_array(key, array)
    elif array.ndim == 0 and isinstance(array.item(), str):
        handle.save_string(key, array.item())
    else:
        handle.save_strings(key, array)


def _save_leaf(handle: Handle, key: str, value: Prepared) -> None:
    if isinstance(value, np.ndarray):
        _save_array(handle, key, value)
    elif isinstance(value, str):
        handle.save_string(key, value)
    elif isinstance(value, bytes):
        handle.save_bytes(key, value)
    elif isinstance(value, JsonValue):
        handle.save_json(key, value.text)
    elif value:
        for name, item in value.items():
            _save_leaf(handle, f"{key}/{name}", item)
    else:
        handle.create_group(key)


def _save_mapping(handle: Handle, key: str, value: Mapping[Any, Any]) -> None:
    text = _as_json(value, key)
    if text is not None:
        return handle.save_json(key, text)
    with handle.several():
        _replace(handle, key, _mapping(value, key))


def _replace(handle: Handle, key: str, prepared: dict[str, Any]) -> None:
    """Saves a group of prepared values, node by node; when one is refused, what was there before is put back."""
    former = key + ".ds_former"
    had = handle.exists(key)
    made = key if had else _first_missing(handle, key)
    if had:
        handle.rename(key, former)
    try:
        _save_leaf(handle, key, prepared)
    except BaseException:
        if handle.is_open():
            if handle.exists(made):
                handle.delete(made)
            if had:
                handle.rename(former, key)
        raise
    if had:
        handle.delete(former)


def _as_json(value: Mapping[Any, Any], key: str) -> Optional[bytes]:
    """The JSON text of a mapping that the library itself turns into the same group; else None."""
    if not value or not _all_json(value):
        return None
    try:
        return _json.dumps(value, key)
    except DataStorageError:
        return None


def _all_json(value: Any) -> bool:
    if type(value) in (str, bool, int, type(None)):
        return True
    if type(value) is float:
        return value == value and value not in (float("inf"), float("-inf"))
    if isinstance(value, (list, tuple)):
        return all(map(_all_json, value))
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and "/" not in name and _all_json(item) for name, item in value.items())
    return False


def _first_missing(handle: Handle, key: str) -> str:
    parts = key.split("/")
    for end in range(1, len(parts)):
        head = "/".join(parts[:end])
        if not handle.exists(head):
            return head
    return key


def load(handle: Handle, key: str) -> Any:
    """Loads any node as a Python value; a group as a dict."""
    for attempt in range(_ATTEMPTS):
        info = handle.stat(key)
        kind = info.kind
        if kind == GROUP:
            return _load_group(handle, key)
        if kind == BYTES:
            return handle.load_bytes(key)
        if kind != ARRAY:
            return handle.load_json(key)
        if info.ndim == 0:
            return _load_scalar(handle, key, info.dtype)
        try:
            array = _load_array(handle, key, info)
        except (BufferTooSmallError, DtypeMismatchError, ShapeMismatchError):
            array = None
        if array is not None:
            return array
        if attempt and info.dtype != STRING:
            try:
                return snapshot(handle, key)
            except (DtypeMismatchError, WrongKindError):
                continue
    raise DataStorageError(f"{key}: another thread changed it at each of {_ATTEMPTS} attempts to read it")


def _load_array(handle: Handle, key: str, info: Info) -> Optional[NDArray]:
    """The whole array; None when its shape changed meanwhile."""
    if info.ndim == 1:
        # Its size, which a load checks, is its shape.
        return handle.load_array(key, info.dtype, (info.elements,))
    shape = handle.shape(key)
    array = handle.load_array(key, info.dtype, shape)
    return array if handle.shape(key) == shape else None


def _load_scalar(handle: Handle, key: str, number: int) -> Any:
    if number == STRING:
        return handle.load_string(key)
    array = handle.load_array(key, number, ())
    return array.item() if number in _PYTHON_SCALARS else array[()]


def _load_group(handle: Handle, key: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    start = len(key) + 1 if key else 0
    for child, kind in handle.list_nodes(key, recursive=True):
        *way, name = child[start:].split("/")
        group = result
        for step in way:
            group = group[step]
        try:
            group[name] = {} if kind == GROUP else load(handle, child)
        except NotFoundError:
            continue  # Removed by another thread since it was listed.
    return result
