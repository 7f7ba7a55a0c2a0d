"""SQLite: a table of blobs, each a zstd frame of a chunk; the module `zstandard` compresses, with a context reused."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from rows.base import Item, Peer, Settings

TABLES = """
create table arrays (key text primary key, dtype text, shape text);
create table chunks (key text, number integer, bytes blob, primary key (key, number)) without rowid;
create table metadata (key text primary key, value);
"""


class Row(Peer):
    ending = ".sqlite"
    one_file = False  # SQLite syncs by itself, as `pragma synchronous` says

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self.compressor = zstandard.ZstdCompressor(level=self.level)
        self.decompressor = zstandard.ZstdDecompressor()

    def compress(self, data: memoryview) -> bytes:
        if self.pool is None:
            return self.compressor.compress(data)
        return zstandard.ZstdCompressor(level=self.level).compress(data)

    def write(self, path: str, item: Item) -> None:
        base = sqlite3.connect(path + self.ending, isolation_level=None)
        base.execute("pragma journal_mode = delete" if self.sync else "pragma journal_mode = off")
        base.execute(f"pragma synchronous = {'full' if self.sync else 'off'}")
        base.execute("begin")
        for statement in TABLES.strip().splitlines():
            base.execute(statement)
        for key, array in item.arrays.items():
            size = int(np.prod(self.chunks(array), dtype=np.int64)) * array.itemsize
            data = memoryview(array).cast("B")
            pieces = [data[at : at + size] for at in range(0, len(data), size)]
            frames = map(self.compress, pieces) if self.pool is None else self.pool.map(self.compress, pieces)
            base.execute("insert into arrays values (?, ?, ?)", (key, array.dtype.str, json.dumps(array.shape)))
            base.executemany("insert into chunks values (?, ?, ?)", zip(repeat(key), range(len(pieces)), frames))
        base.executemany("insert into metadata values (?, ?)", item.metadata.items())
        base.execute("commit")
        base.close()

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        base = sqlite3.connect(path + self.ending)
        dict(base.execute("select key, value from metadata"))
        described = {key: (dtype, shape) for key, dtype, shape in base.execute("select * from arrays")}
        out = []
        for key in item.arrays:
            dtype, shape = described[key]
            frames = [row[0] for row in base.execute("select bytes from chunks where key = ? order by number", (key,))]
            out.append(self.decode(frames, np.dtype(dtype), json.loads(shape)))
        base.close()
        return out

    def decode(self, frames: list[bytes], dtype: np.dtype[Any], shape: list[int]) -> NDArray[Any]:
        if len(frames) == 1:
            return np.frombuffer(self.decompressor.decompress(frames[0]), dtype).reshape(shape)
        out = np.empty(shape, dtype)
        if not frames:
            return out
        flat, size = memoryview(out).cast("B"), zstandard.frame_content_size(frames[0])

        def one(number: int) -> None:
            data = zstandard.ZstdDecompressor().decompress(frames[number])
            flat[number * size : number * size + len(data)] = data

        list((self.pool.map if self.pool else map)(one, range(len(frames))))
        return out
