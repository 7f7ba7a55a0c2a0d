"""h5py: contiguous datasets without a codec, or chunked ones with zstd or Blosc (hdf5plugin)."""

from typing import Any

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from rows.base import Box, Item, Peer, Settings, box_slices


class Row(Peer):
    ending = ".h5"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        codec = settings.get("codec", "zstd")
        self.file: h5py.File | None = None
        self.filter: dict[str, Any] | None = None
        if codec == "zstd":
            self.filter = dict(hdf5plugin.Zstd(clevel=self.level))
        elif codec == "blosc":
            shuffle = hdf5plugin.Blosc.SHUFFLE
            self.filter = dict(hdf5plugin.Blosc(cname="zstd", clevel=self.level, shuffle=shuffle))

    def write(self, path: str, item: Item) -> None:
        with h5py.File(path + self.ending, "w", libver="latest") as file:
            for key, array in item.arrays.items():
                if self.filter is None or not array.size:  # HDF5 has no chunks of nothing
                    file.create_dataset(key, data=array)
                else:
                    file.create_dataset(key, data=array, chunks=self.chunks(array), **self.filter)
            for key, value in item.metadata.items():
                file.attrs[key] = value

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        with h5py.File(path + self.ending, "r") as file:
            dict(file.attrs)
            return [self.load(file[key]) for key in item.arrays]

    @staticmethod
    def load(dataset: h5py.Dataset) -> NDArray[Any]:
        out = np.empty(dataset.shape, dataset.dtype)
        dataset.read_direct(out)
        return out

    def open_boxes(self, path: str, item: Item) -> Box:
        self.file = h5py.File(path + self.ending, "r")
        dataset = self.file[next(iter(item.arrays))]
        return lambda offset, shape: dataset[box_slices(offset, shape)]

    def close_boxes(self) -> None:
        if self.file is not None:
            self.file.close()
