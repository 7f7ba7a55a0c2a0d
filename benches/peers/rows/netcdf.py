"""netCDF4-python: variables with zstd, or Blosc (zstd after shuffle), whose dimensions are named by their lengths."""

from typing import Any

import netCDF4
from numpy.typing import NDArray

from rows.base import Box, Item, Peer, Settings, box_slices


class Row(Peer):
    ending = ".nc"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if not (netCDF4.__has_zstandard_support__ and netCDF4.__has_blosc_support__):
            raise OSError("this netCDF4 has no zstd or no blosc")
        self.file: Any = None

    def write(self, path: str, item: Item) -> None:
        compression = "blosc_zstd" if self.settings.get("shuffle") else "zstd"
        with netCDF4.Dataset(path + self.ending, "w") as file:
            lengths = {length for array in item.arrays.values() for length in array.shape}
            for length in sorted(lengths):
                file.createDimension(f"n{length}", length)
            for key, array in item.arrays.items():
                variable = file.createVariable(
                    key, array.dtype, [f"n{length}" for length in array.shape], compression=compression,
                    complevel=self.level, blosc_shuffle=1, chunksizes=self.chunks(array), fill_value=False,
                )  # fmt: skip
                variable[...] = array
            file.setncatts(item.metadata)

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        with netCDF4.Dataset(path + self.ending) as file:
            file.set_auto_mask(False)
            _ = {name: file.getncattr(name) for name in file.ncattrs()}
            return [file[key][...] for key in item.arrays]

    def open_boxes(self, path: str, item: Item) -> Box:
        self.file = netCDF4.Dataset(path + self.ending)
        self.file.set_auto_mask(False)
        variable = self.file[next(iter(item.arrays))]
        return lambda offset, shape: variable[box_slices(offset, shape)]

    def close_boxes(self) -> None:
        self.file.close()
