"""icechunk: a repository in a directory; what is written becomes one commit. Its arrays are zarr-python's."""

from typing import Any

import icechunk
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from rows.base import Box, Item, Peer, Settings, box_slices


class Row(Peer):
    ending = ".icechunk"
    one_file = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        zarr.config.set({"threading.max_workers": self.threads})

    def write(self, path: str, item: Item) -> None:
        repository = icechunk.Repository.create(icechunk.local_filesystem_storage(path + self.ending))
        session = repository.writable_session("main")
        group = zarr.create_group(session.store, attributes=item.metadata)
        codec = ZstdCodec(level=self.level)
        for key, array in item.arrays.items():
            group.create_array(key, data=array, chunks=self.chunks(array), filters=None, compressors=codec)
        session.commit("written")

    def group(self, path: str) -> zarr.Group:
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(path + self.ending))
        return zarr.open_group(repository.readonly_session("main").store, mode="r", zarr_format=3)

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        group = self.group(path)
        group.attrs.asdict()
        return [group[key][...] for key in item.arrays]

    def open_boxes(self, path: str, item: Item) -> Box:
        array = self.group(path)[next(iter(item.arrays))]
        return lambda offset, shape: array[box_slices(offset, shape)]
