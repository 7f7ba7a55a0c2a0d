"""TensorStore, Zarr format 3: in a directory of files, or in OCDBT, its B-tree of few files, by one transaction.

Arrays are opened and moved all at once, as its interface of futures is meant to be used.
"""

from typing import Any

import numpy as np
import tensorstore as ts
from numpy.typing import NDArray

from rows.base import Box, Item, Peer, Settings, box_slices

Spec = dict[str, Any]


class Row(Peer):
    ending = ".ts"
    one_file = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        limit = {"limit": self.threads}
        self.context = ts.Context({
            "data_copy_concurrency": limit, "file_io_concurrency": limit, "file_io_sync": self.sync,
            "cache_pool": {"total_bytes_limit": 0},
        })  # fmt: skip

    def kvstore(self, path: str) -> Spec:
        base: Spec = {"driver": "file", "path": path + self.ending + "/"}
        return {"driver": "ocdbt", "base": base} if self.settings.get("ocdbt") else base

    def spec(self, path: str, key: str) -> Spec:
        return {"driver": "zarr3", "kvstore": {**self.kvstore(path), "path": self.inner(path, key)}}

    def inner(self, path: str, key: str) -> str:
        return f"{key}/" if self.settings.get("ocdbt") else f"{path}{self.ending}/{key}/"

    def metadata(self, array: NDArray[Any]) -> Spec:
        codec: Spec = {"name": "zstd", "configuration": {"level": self.level}}
        if self.settings.get("shuffle"):
            blosc = {"cname": "zstd", "clevel": self.level, "shuffle": "shuffle", "typesize": array.itemsize, "blocksize": 0}
            codec = {"name": "blosc", "configuration": blosc}
        codecs: list[Spec] = [{"name": "bytes", "configuration": {"endian": "little"}}, codec]
        chunk = list(self.chunks(array))
        if "shards" in self.settings:
            inner = {"chunk_shape": chunk, "codecs": codecs, "index_location": "end"}
            codecs, chunk = [{"name": "sharding_indexed", "configuration": inner}], self.settings["shards"]
        return {
            "shape": array.shape, "data_type": array.dtype.name, "codecs": codecs,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        }  # fmt: skip

    def write(self, path: str, item: Item) -> None:
        transaction = ts.Transaction() if self.settings.get("ocdbt") else None
        opened = [
            ts.open({**self.spec(path, key), "metadata": self.metadata(array)}, create=True, context=self.context,
                    transaction=transaction)
            for key, array in item.arrays.items()
        ]  # fmt: skip
        root = ts.KvStore.open(self.kvstore(path), context=self.context).result()
        writes = [store.result().write(array) for store, array in zip(opened, item.arrays.values(), strict=True)]
        document = b'{"zarr_format":3,"node_type":"group","attributes":%s}' % item.document.encode()
        if transaction is not None:
            root.with_transaction(transaction).write("zarr.json", document).result()
            transaction.commit_async().result()
        else:
            root.write("zarr.json", document).result()
        for write in writes:
            write.result()

    def open_all(self, path: str, item: Item) -> list[Any]:
        return [ts.open(self.spec(path, key), open=True, context=self.context) for key in item.arrays]

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        opened = self.open_all(path, item)
        root = ts.KvStore.open(self.kvstore(path), context=self.context).result()
        document = root.read("zarr.json")
        reads = [store.result().read() for store in opened]
        document.result()
        return [np.asarray(read.result()) for read in reads]

    def open_boxes(self, path: str, item: Item) -> Box:
        store = self.open_all(path, item)[0].result()
        return lambda offset, shape: store[box_slices(offset, shape)].read().result()
