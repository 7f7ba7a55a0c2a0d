"""The parts of workload E, made one at a time from what `driver/merge_inputs.py` wrote; as in `native/src/parts.rs`."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rows.base import Item

CODES = np.dtype(np.int32)


@dataclass(frozen=True)
class Column:
    """An array of all parts: a window of its pool in each, of as many rows as its group has there."""

    key: str
    merged: str
    group: int
    pool: NDArray[Any]
    begins: NDArray[np.int64]
    inner: tuple[int, ...]
    square: bool
    dims: tuple[str, ...]

    @property
    def row(self) -> int:
        return math.prod(self.inner)


class Parts:
    """The whole input; its pools are mapped."""

    def __init__(self, path: str) -> None:
        listed = json.loads(Path(path).read_text())
        mapped = np.memmap(Path(path).with_suffix(".bin"), np.uint8, "r")

        def view(at: int, dtype: str, *shape: int) -> NDArray[Any]:
            kind = np.dtype(dtype)
            return np.asarray(mapped[at : at + math.prod(shape) * kind.itemsize].view(kind).reshape(shape))

        self.count: int = listed["count"]
        self.groups: list[str] = listed["groups"]
        self.dimensions: list[str] = listed["dimensions"]
        self.rows = view(listed["rows"], "<i8", len(self.groups), self.count)
        self.factors = view(listed["factors"], "<f4", self.count)
        self.documents: list[dict[str, Any]] = listed["metadata"]
        begins = view(listed["begins"], "<i8", len(listed["arrays"]), self.count)
        self.columns = [
            Column(a["key"], a["merged"], a["group"], view(a["pool"], a["dtype"], a["elements"]), begins[number],
                   tuple(a["inner"]), a["square"], tuple(a["dims"]))
            for number, a in enumerate(listed["arrays"])
        ]  # fmt: skip

    def window(self, column: Column, part: int) -> NDArray[Any]:
        """The rows of an array in a part, matrices flattened."""
        begin = column.begins[part]
        flat = column.pool[begin : begin + self.rows[column.group, part] * column.row]
        values = flat * self.factors[part] if flat.dtype.kind == "f" else flat
        return values.reshape(-1, *column.inner)

    def item(self, part: int) -> Item:
        """A part as it is stored."""
        arrays = {}
        for column in self.columns:
            rows = self.window(column, part)
            side = math.isqrt(len(rows))
            whole = rows.reshape(side, side, *column.inner) if column.square else rows
            arrays[column.key] = np.ascontiguousarray(whole)
        document = self.documents[part % len(self.documents)]
        own = {key: value * (1 + part / 1000) for key, value in document.items() if isinstance(value, float)}
        return Item(arrays, document | own, {column.key: column.dims for column in self.columns})

    def codes(self, group: int, count: int) -> NDArray[np.int32]:
        """For each row of a group the number of its part."""
        return np.repeat(np.arange(count, dtype=CODES), self.rows[group, :count])

    def code_key(self, group: int) -> str:
        return f"{self.groups[group]}/file_id_code_{self.groups[group]}"

    def merged(self, read: list[list[NDArray[Any]]]) -> Item:
        """One item of all parts, from the arrays of each: concatenated, with the provenance of each group."""
        arrays = {}
        for number, column in enumerate(self.columns):
            arrays[column.merged] = np.concatenate([part[number].reshape(-1, *column.inner) for part in read])
        for group in range(len(self.groups)):
            arrays[self.code_key(group)] = self.codes(group, len(read))
        return Item(arrays, {"files": len(read)})

    def merged_keys(self) -> Item:
        """The keys of the merged item, with arrays that only tell the dtype and the shape of a row."""
        arrays = {column.merged: column.pool[:0].reshape(0, *column.inner) for column in self.columns}
        arrays |= {self.code_key(group): np.empty(0, CODES) for group in range(len(self.groups))}
        return Item(arrays, {"files": 0})

    def expected(self, count: int) -> Iterator[tuple[str, NDArray[Any]]]:
        """Every array of the merged dataset, one at a time, provenance last."""
        for column in self.columns:
            yield column.merged, np.concatenate([self.window(column, part) for part in range(count)])
        for group in range(len(self.groups)):
            yield self.code_key(group), self.codes(group, count)
