"""`DatasetHandle`: the calls of the C ABI on one open dataset, with Python values in and out. No logic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ctypes import byref, c_int64, c_uint64, c_void_p
from typing import Any, Optional

import numpy as np

from .._dtypes import NDArray
from .._errors import StoreNotFoundError, check, last_error
from .._handle import Handle, encode_key, options_text, take
from .._library import LIBRARY
from .._prototypes import STATUSES
from .._texts import encode

_NOT_FOUND = STATUSES["ERR_NOT_FOUND"]


class DatasetHandle:
    """An open dataset of the library: a token, which stays an error and never dangles once it was closed."""

    __slots__ = ("token",)

    def __init__(self, token: int) -> None:
        self.token = token

    @classmethod
    def open(cls, path: str, options: dict[str, Any]) -> DatasetHandle:
        out = c_void_p()
        status = LIBRARY.ds_dataset_open(encode_key(path), options_text(options), byref(out))
        if status == _NOT_FOUND:
            raise StoreNotFoundError(last_error(status).message)
        check(status)
        return cls(out.value or 0)

    def close(self) -> None:
        check(LIBRARY.ds_dataset_close(self.token))

    def is_open(self) -> bool:
        return bool(LIBRARY.ds_dataset_is_open(self.token))

    def interrupt(self) -> None:
        check(LIBRARY.ds_dataset_interrupt(self.token))

    def store(self) -> Handle:
        out = c_void_p()
        check(LIBRARY.ds_dataset_store(self.token, byref(out)))
        return Handle(out.value or 0)

    def _buffer(self, function: Any, *arguments: Any) -> bytes:
        out = c_void_p()
        check(function(self.token, *arguments, byref(out)))
        return take(out)

    def _json(self, function: Any, *arguments: Any) -> Any:
        return json.loads(self._buffer(function, *arguments))

    def describe(self) -> dict[str, Any]:
        document: dict[str, Any] = self._json(LIBRARY.ds_dataset_describe)
        return document

    def file_rows(self, group: str, array: Optional[str], code: int) -> tuple[int, int]:
        first, count = c_uint64(), c_uint64()
        name = None if array is None else encode_key(array)
        check(LIBRARY.ds_dataset_file_rows(self.token, encode_key(group), name, code, byref(first), byref(count)))
        return first.value, count.value

    def file_name(self, code: int) -> str:
        return self._buffer(LIBRARY.ds_dataset_file_name, code).decode()

    def file_code(self, name: str) -> int:
        code = c_int64()
        check(LIBRARY.ds_dataset_file_code(self.token, encode_key(name), byref(code)))
        return code.value

    def files(self, group: Optional[str], where: str) -> NDArray:
        name = None if group is None else encode_key(group)
        return np.frombuffer(self._buffer(LIBRARY.ds_dataset_files, name, encode_text(where)), np.int64)

    def rows(self, group: str, where: str) -> NDArray:
        return np.frombuffer(self._buffer(LIBRARY.ds_dataset_rows, encode_key(group), encode_text(where)), np.uint64)

    def distribution(self, group: Optional[str], key: str, bins: Any) -> dict[str, Any]:
        document: dict[str, Any] = self._json(
            LIBRARY.ds_dataset_distribution, encode_key(group or ""), encode_key(key), json.dumps(bins).encode()
        )
        return document

    def membership(self, group: Optional[str], key: str, bins: Any, as_counts: bool) -> tuple[list[Any], NDArray]:
        labels, counts = c_void_p(), c_void_p()
        arguments = (encode_key(group or ""), encode_key(key), json.dumps(bins).encode(), int(as_counts))
        check(LIBRARY.ds_dataset_membership(self.token, *arguments, byref(labels), byref(counts)))
        try:
            names = json.loads(take(labels))
        finally:
            data = take(counts)
        return names, np.frombuffer(data, np.uint32)

    def descriptions(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._json(LIBRARY.ds_dataset_descriptions, encode_key(table))
        return rows

    def table(self, table: str, where: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._json(LIBRARY.ds_dataset_table, table.encode(), encode_text(where))
        return rows

    def split(self, options: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = self._json(LIBRARY.ds_dataset_split, json.dumps(options).encode())
        return document

    def subset(self, name: str) -> NDArray:
        return np.frombuffer(self._buffer(LIBRARY.ds_dataset_subset, encode_key(name)), np.int64)

    def save_subsets(self, subsets: dict[str, Sequence[int]]) -> None:
        text = json.dumps({name: [int(code) for code in codes] for name, codes in subsets.items()})
        check(LIBRARY.ds_dataset_save_subsets(self.token, text.encode()))


def encode_text(text: str) -> bytes:
    """A predicate as C takes it."""
    if not isinstance(text, str):
        raise TypeError(f"a predicate is a str, not {type(text).__name__}")
    return encode_key(text) if "\0" in text else encode(text, "predicate")
