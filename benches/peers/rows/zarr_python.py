"""zarr-python 3, format 3: a ZIP file or a directory, sharded or not; with the Rust pipeline of zarrs-python too."""

from typing import Any

import zarr
from numpy.typing import NDArray
from zarr.abc.codec import BytesBytesCodec
from zarr.abc.store import Store
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.storage import LocalStore, ZipStore

from rows.base import Box, Item, Peer, Settings, box_slices


class Row(Peer):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.zip = bool(settings.get("zip"))
        self.one_file, self.ending = self.zip, ".zip" if self.zip else ".zarr"
        zarr.config.set({"threading.max_workers": self.threads})
        if settings.get("zarrs"):
            import zarrs  # noqa: F401 - registers the pipeline

            zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "threading.num_workers": self.threads})
        self.open_store: Store | None = None

    def store(self, path: str, mode: str) -> Store:
        if self.zip:
            return ZipStore(path + self.ending, mode=mode)
        return LocalStore(path + self.ending, read_only=mode == "r")

    def codec(self, array: NDArray[Any]) -> BytesBytesCodec:
        if self.settings.get("shuffle"):
            return BloscCodec(cname="zstd", clevel=self.level, shuffle="shuffle", typesize=array.itemsize)
        return ZstdCodec(level=self.level)

    def write(self, path: str, item: Item) -> None:
        store = self.store(path, "w")
        group = zarr.create_group(store, attributes=item.metadata)
        shards = tuple(self.settings["shards"]) if "shards" in self.settings else None
        for key, array in item.arrays.items():
            group.create_array(
                key, data=array, chunks=self.chunks(array), shards=shards, filters=None, compressors=self.codec(array),
                dimension_names=item.dims.get(key),
            )  # fmt: skip
        store.close()

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        store = self.store(path, "r")
        group = zarr.open_group(store, mode="r", zarr_format=3)
        group.attrs.asdict()
        out = [group[key][...] for key in item.arrays]
        store.close()
        return out

    def open_boxes(self, path: str, item: Item) -> Box:
        self.open_store = self.store(path, "r")
        array = zarr.open_group(self.open_store, mode="r", zarr_format=3)[next(iter(item.arrays))]
        return lambda offset, shape: array[box_slices(offset, shape)]

    def close_boxes(self) -> None:
        if self.open_store is not None:
            self.open_store.close()
