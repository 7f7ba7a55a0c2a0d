"""The element types: numbers of the C ABI, NumPy dtypes, and how an array is handed over.

An array goes to the library as it lies in memory: pointer, shape and strides. It is copied only when it must be:
another byte order, or strides that are no multiple of the element. Nothing is rounded or narrowed here.
"""

from __future__ import annotations

from ctypes import c_int64, c_uint64
from typing import Any, Union

import numpy as np

from ._errors import UnsupportedTypeError
from ._prototypes import DTYPES

STRING = DTYPES["STRING"]
_NAMES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
DTYPE_OF: dict[int, np.dtype[Any]] = {number: np.dtype(name) for number, name in enumerate(_NAMES, start=1)}
NUMBER_OF: dict[np.dtype[Any], int] = {dtype: number for number, dtype in DTYPE_OF.items()}
OBJECT = np.dtype(object)
DTYPE_OF[STRING] = OBJECT

_BY_CHAR: dict[str, int] = {dtype.char: number for dtype, number in NUMBER_OF.items()}
# 'l' and 'q' are both 64 bits here, one of them is not in the table by its char.
for _char in "bhilqBHILQ":
    _BY_CHAR.setdefault(_char, NUMBER_OF[np.dtype(_char)])

NDArray = np.ndarray[Any, np.dtype[Any]]
DTypeLike = Union[np.dtype[Any], type, str]


def dtype_name(number: int) -> str:
    """The name that is shown for an element type: NumPy's, and ``str``."""
    return "str" if number == STRING else DTYPE_OF[number].name


def is_text(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype may hold strings: ``<U``, ``StringDType``, objects."""
    return dtype.kind in "UTO"


def dtype_number(dtype: DTypeLike, key: str) -> int:
    """The number of a dtype that a user names; ``str`` and object mean strings.

    Raises
    ------
    UnsupportedTypeError
        No store can hold it.
    """
    if dtype is str or (isinstance(dtype, str) and dtype in ("str", "string")):
        return STRING
    try:
        named = np.dtype(dtype)
    except TypeError as error:
        raise UnsupportedTypeError(f"{key}: {dtype!r} is no data type: {error}") from None
    if is_text(named):
        return STRING
    number = NUMBER_OF.get(named.newbyteorder("="))
    if number is None:
        raise unsupported(named, key)
    return number


def unsupported(dtype: np.dtype[Any], key: str) -> UnsupportedTypeError:
    """The error for an array that no store can hold, with what to do instead."""
    hint = ""
    if dtype.kind in "mM":
        hint = "; save .view('int64') and its unit as an attribute"
    elif dtype.kind == "S":
        hint = "; save bytes, or text as str"
    elif dtype.kind == "V":
        hint = "; save each field under its own key"
    return UnsupportedTypeError(f"{key}: data type {dtype} cannot be stored{hint}")


def ready(array: NDArray, key: str) -> tuple[NDArray, int]:
    """The array in native byte order with strides of whole elements, and the number of its type.

    The result shares the memory of the argument wherever that is possible.
    """
    dtype = array.dtype
    number = _BY_CHAR.get(dtype.char)
    if number is None:
        raise unsupported(dtype, key)
    if not dtype.isnative:
        return array.astype(dtype.newbyteorder("=")), number
    if not array.flags.c_contiguous:
        itemsize = dtype.itemsize
        if any(stride % itemsize for stride in array.strides):
            return np.ascontiguousarray(array).reshape(array.shape), number
    return array, number


def shape_of(shape: tuple[int, ...]) -> Any:
    """A shape as ``uint64_t[]``."""
    return (c_uint64 * len(shape))(*shape)


def strides_of(array: NDArray) -> Any:
    """The strides of an array in elements as ``int64_t[]``, or None when it is contiguous."""
    if array.flags.c_contiguous:
        return None
    itemsize = array.itemsize
    return (c_int64 * array.ndim)(*(stride // itemsize for stride in array.strides))


def address_of(array: NDArray) -> int:
    """The address of the first element."""
    address: int = array.__array_interface__["data"][0]
    return address
