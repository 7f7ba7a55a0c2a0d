"""Arrays of strings: between NumPy's objects and the two buffers of the C ABI.

An array of strings is an object array of `str` in Python, of any shape, with any text in it, NUL included. Unpaired
surrogates are no UTF-8 and refused.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_size_t
from typing import Any

import numpy as np

from ._dtypes import NDArray
from ._errors import UnsupportedTypeError, Utf8Error


class Texts:
    """The texts of an array, row-major, as the C ABI takes them; keeps the bytes alive."""

    def __init__(self, array: NDArray, key: str) -> None:
        self._encoded = [encode(text, key) for text in objects_of(array, key).ravel()]
        self.pointers = (c_char_p * len(self._encoded))(*self._encoded)
        self.lengths = (c_size_t * len(self._encoded))(*map(len, self._encoded))


def encode(text: str, key: str) -> bytes:
    """UTF-8 of a text; the error names the key."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Utf8Error(f"{key}: text is no UTF-8: {error.reason} at {error.start}") from None


def objects_of(array: NDArray, key: str) -> NDArray:
    """The array as objects that are all `str`.

    Raises
    ------
    UnsupportedTypeError
        An element is something else; its index and type are named.
    """
    if array.dtype.kind != "O":
        return array.astype(object)
    kinds = set(map(type, array.ravel()))
    if kinds <= {str, np.str_}:
        return array
    for index, item in np.ndenumerate(array):
        if not isinstance(item, str):
            place = list(index) if index else ""
            raise UnsupportedTypeError(f"{key}: an object array holds str, element {place} is {type(item).__name__}")
    return array


def decode(text: bytes, offsets: NDArray, shape: tuple[int, ...]) -> NDArray:
    """The object array of what `ds_load_strings` gave: each text is followed by a NUL that its offset counts."""
    array = np.empty(len(offsets) - 1, object)
    bounds = offsets.tolist()
    if text.isascii():
        whole = text.decode("ascii")
        array[:] = [whole[begin : end - 1] for begin, end in zip(bounds, bounds[1:])]
    else:
        array[:] = [text[begin : end - 1].decode() for begin, end in zip(bounds, bounds[1:])]
    return array.reshape(shape)


def names_of(names: list[str], key: str) -> Any:
    """Names as ``char *[]``."""
    return ctypes.cast((c_char_p * len(names))(*(encode(name, key) for name in names)), POINTER(c_char_p))
