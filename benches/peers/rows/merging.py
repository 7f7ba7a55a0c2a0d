"""Workload E in Python: prepares parts in the format of a row, merges them, compares the dataset with the parts.

The commands are those of native/src/merge.rs. A row merges with what it has to read and write parts, unless it has a way
of its own (`Merger`).
"""

import os
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rows.base import Item, Peer, sync_file
from rows.parts import CODES, Parts

Command = dict[str, Any]


@runtime_checkable
class Merger(Protocol):
    """A row with a way of its own to merge, and to read what it merged."""

    def merge(self, paths: list[str], parts: Parts, output: str) -> None: ...

    def read_merged(self, output: str, keys: Item) -> list[NDArray[Any]]: ...


class Merging:
    """The parts, and the row that merges them."""

    def __init__(self, peer: Peer, parts: Parts) -> None:
        self.peer, self.parts, self.like = peer, parts, parts.item(0)

    @staticmethod
    def path(command: Command, part: int) -> str:
        return f"{command['directory']}/part_{part:06}"

    def prepare(self, command: Command) -> None:
        first = command.get("first", 0)
        for part in range(first, min(first + command["count"], self.parts.count)):
            self.peer.write(self.path(command, part), self.parts.item(part))

    def merge(self, command: Command) -> None:
        peer, output = self.peer, command["output"]
        paths = [self.path(command, part) for part in range(command["count"])]
        if isinstance(peer, Merger):
            peer.merge(paths, self.parts, output)
        else:
            peer.write(output, self.parts.merged([peer.read(path, self.like) for path in paths]))
        if peer.sync and peer.one_file:
            sync_file(output + peer.ending)

    def check(self, command: Command) -> None:
        output, count, keys = command["output"], command["count"], self.parts.merged_keys()
        read = self.peer.read_merged if isinstance(self.peer, Merger) else self.peer.read
        got = read(output, keys)
        if len(got) != len(keys.arrays):
            raise ValueError(f"{os.path.basename(output)}: {len(got)} arrays instead of {len(keys.arrays)}")
        for back, (key, wanted) in zip(got, self.parts.expected(count), strict=True):
            if key.rsplit("/", 1)[-1].startswith("file_id_code_"):
                require_codes(key, wanted, np.asarray(back))
            else:
                require_same(key, wanted, np.asarray(back))


def require_same(key: str, wanted: NDArray[Any], got: NDArray[Any]) -> None:
    if got.dtype != wanted.dtype or got.size != wanted.size or got.tobytes() != wanted.tobytes():
        raise ValueError(f"{key} reads back different")


def require_codes(key: str, wanted: NDArray[np.int32], got: NDArray[Any]) -> None:
    """Codes are any numbers that are equal within a part and rise from part to part."""
    if got.size != wanted.size or got.dtype.kind != "i":
        raise ValueError(f"{key}: {got.size} codes of {got.dtype} instead of {wanted.size} of {CODES}")
    numbers = np.unique(got.ravel(), return_inverse=True)[1]
    expected = np.unique(wanted, return_inverse=True)[1]
    if not np.array_equal(numbers.ravel(), expected.ravel()):
        raise ValueError(f"{key} reads back different")
