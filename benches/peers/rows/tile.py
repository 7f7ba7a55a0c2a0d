"""TileDB: a group with a dense array for each array."""

from typing import Any

import numpy as np
import tiledb
from numpy.typing import NDArray

from rows.base import Box, Item, Peer, Settings, box_slices


class Row(Peer):
    ending = ".tiledb"
    one_file = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.context = tiledb.Ctx({
            "sm.compute_concurrency_level": str(self.threads), "sm.io_concurrency_level": str(self.threads),
        })  # fmt: skip
        zstd = tiledb.ZstdFilter(level=self.level)
        filters = [tiledb.ByteShuffleFilter(), zstd] if settings.get("shuffle") else [zstd]
        self.filters = tiledb.FilterList(filters)
        self.array: Any = None

    def schema(self, array: NDArray[Any]) -> tiledb.ArraySchema:
        dimensions = [
            tiledb.Dim(f"d{axis}", domain=(0, length - 1), tile=tile, dtype=np.uint64)
            for axis, (length, tile) in enumerate(zip(array.shape, self.chunks(array), strict=True))
        ]
        attribute = tiledb.Attr("", dtype=array.dtype, filters=self.filters)
        return tiledb.ArraySchema(domain=tiledb.Domain(*dimensions), attrs=[attribute], ctx=self.context)

    @staticmethod
    def place(root: str, key: str) -> str:
        return f"{root}/{key.replace('/', '.')}"

    def write(self, path: str, item: Item) -> None:
        root = path + self.ending
        tiledb.group_create(root, ctx=self.context)
        with tiledb.Group(root, "w", ctx=self.context) as group:
            for key, array in item.arrays.items():
                place = self.place(root, key)
                tiledb.Array.create(place, self.schema(array), ctx=self.context)
                with tiledb.open(place, "w", ctx=self.context) as out:
                    out[:] = array
                group.add(key.replace("/", "."), name=key, relative=True)
            for key, value in item.metadata.items():
                group.meta[key] = value

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        root = path + self.ending
        with tiledb.Group(root, "r", ctx=self.context) as group:
            dict(group.meta)
        return [self.load(self.place(root, key)) for key in item.arrays]

    def load(self, place: str) -> NDArray[Any]:
        with tiledb.open(place, ctx=self.context) as array:
            return np.asarray(array[:])

    def open_boxes(self, path: str, item: Item) -> Box:
        self.array = tiledb.open(self.place(path + self.ending, next(iter(item.arrays))), ctx=self.context)
        return lambda offset, shape: self.array[box_slices(offset, shape)]

    def close_boxes(self) -> None:
        self.array.close()
