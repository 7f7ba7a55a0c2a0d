"""ADIOS2: one step of a BP5 stream. The wheel is built without any lossless codec for floats, so it stores them raw."""

from typing import Any

import adios2
from numpy.typing import NDArray

from rows.base import Box, Item, Peer


class Row(Peer):
    ending = ".bp"
    one_file = False
    file: Any = None

    def write(self, path: str, item: Item) -> None:
        with adios2.Stream(path + self.ending, "w") as stream:
            for key, array in item.arrays.items():
                shape = list(array.shape)
                stream.write(key, array, shape, [0] * array.ndim, shape)
            for key, value in item.metadata.items():
                stream.write_attribute("metadata/" + key, value)

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        with adios2.FileReader(path + self.ending) as reader:
            reader.available_attributes()
            return [reader.read(key) for key in item.arrays]

    def open_boxes(self, path: str, item: Item) -> Box:
        self.file = adios2.FileReader(path + self.ending)
        key = next(iter(item.arrays))
        return lambda offset, shape: self.file.read(key, start=offset, count=shape)

    def close_boxes(self) -> None:
        self.file.close()
