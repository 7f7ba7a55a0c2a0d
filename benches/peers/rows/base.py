"""What a row in Python offers, and the items that it stores. It knows no library."""

import json
import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Settings = dict[str, Any]
Box = Callable[[list[int], list[int]], NDArray[Any]]

ELEMENTS_PER_CHUNK = 1 << 20


@dataclass
class Item:
    """A part, or one large array: named arrays, and metadata of numbers and texts."""

    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, int | float | str]
    #: Names of the dimensions, for those that store them.
    dims: dict[str, tuple[str, ...]] = field(default_factory=dict)
    document: str = field(init=False)

    def __post_init__(self) -> None:
        self.document = json.dumps(self.metadata)

    @property
    def single(self) -> NDArray[Any]:
        return next(iter(self.arrays.values()))


class Peer:
    """One way to store an item. `write` may add `ending` to the path; `read` gives the arrays in the item's order."""

    ending = ""
    #: Whether the result is one file, which the worker can sync; else `sync` is up to the library.
    one_file = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.level: int = settings.get("level", 3)
        self.threads: int = settings.get("threads", 1)
        self.sync: bool = settings.get("sync", False)

    def chunks(self, array: NDArray[Any]) -> tuple[int, ...]:
        """The chunk of an array: what the row says, else about 1 Mi elements cut along the leading dimensions."""
        if "chunks" in self.settings:
            return tuple(self.settings["chunks"])
        shape, left = list(array.shape), array.size
        for axis, length in enumerate(shape):
            if left <= ELEMENTS_PER_CHUNK:
                break
            rest = left // length
            shape[axis] = max(1, ELEMENTS_PER_CHUNK // rest)
            left = shape[axis] * rest
        return tuple(max(1, length) for length in shape)

    def write(self, path: str, item: Item) -> None:
        raise NotImplementedError

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        raise NotImplementedError

    def open_boxes(self, path: str, item: Item) -> Box:
        """Opens the one array of an item; the result loads a box from an offset and a shape."""
        raise NotImplementedError

    def close_boxes(self) -> None:
        """Closes what `open_boxes` opened."""

    def processes(self) -> list[int]:
        """Other processes that work for this one."""
        return []


def sync_file(path: str) -> None:
    """One fsync of a file and one of its directory."""
    for place in (path, os.path.dirname(path)):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def box_slices(offset: list[int], shape: list[int]) -> tuple[slice, ...]:
    return tuple(slice(o, o + n) for o, n in zip(offset, shape, strict=True))


def load_items(path: str) -> list[Item]:
    """The items of an input file, whose elements are mapped and present."""
    listed = json.loads(Path(path).read_text())["items"]
    with open(Path(path).with_suffix(".bin"), "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_WRITE, flags=mmap.MAP_PRIVATE)
    np.frombuffer(mapped, np.uint8)[::4096].max()
    return [Item({a["key"]: _array(mapped, a) for a in item["arrays"]}, item["metadata"]) for item in listed]


def _array(mapped: mmap.mmap, described: dict[str, Any]) -> NDArray[Any]:
    dtype, shape = np.dtype(described["dtype"]), described["shape"]
    count = described["bytes"] // dtype.itemsize
    return np.frombuffer(mapped, dtype, count, described["offset"]).reshape(shape)
