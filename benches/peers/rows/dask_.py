"""xarray with Dask or without: the parts opened lazily as datasets, concatenated, written to a Zarr 3 directory.

The parts are the library's archives, which are Zarr stores; xarray opens them a little faster than those of zarr-python.
Dask's scheduler is that of threads, or a LocalCluster of a process a thread, which opens the parts too and is started
before the clock is.
"""

import os
from collections.abc import Iterable
from typing import Any

import dask
import numpy as np
import xarray as xr
import zarr
from dask.distributed import Client, LocalCluster
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec
from zarr.storage import LocalStore, ZipStore

from rows.base import ELEMENTS_PER_CHUNK, Item, Peer, Settings
from rows.parts import Column, Parts

Opened = dict[str, xr.Dataset]


def parent(column: Column) -> str:
    """The Zarr group of an array in a part."""
    return column.key.rpartition("/")[0]


def open_part(path: str, groups: Iterable[str], lazy: bool) -> Opened:
    """Zarr groups of a part; arrays stay in the file, as arrays of Dask or as xarray's own, which `concat` loads."""
    store = ZipStore(path, mode="r")
    chunks: dict[str, int] | None = {} if lazy else None
    options: dict[str, Any] = {"chunks": chunks, "consolidated": False, "decode_cf": False, "zarr_format": 2}
    return {group: xr.open_zarr(store, group=group or None, **options) for group in groups}


def select(opened: Opened, columns: list[Column], dimension: str) -> xr.Dataset:
    """The arrays of a group of the schema; matrices become rows, as a dimension of the same name cannot."""
    dataset = opened[parent(columns[0])][[column.key.rpartition("/")[2] for column in columns]]
    if columns[0].square:
        pairs = list(columns[0].dims[:2])
        dataset = dataset.stack({"pair": pairs}, create_index=False).transpose("pair", ...)
        dataset = dataset.rename({"pair": dimension})
    return dataset


class Row(Peer):
    ending = ".zarr"
    one_file = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        zarr.config.set({"threading.max_workers": self.threads})
        self.lazy: bool = settings.get("lazy", True)
        self.client: Client | None = None
        if settings.get("cluster"):
            cluster = LocalCluster(n_workers=self.threads, threads_per_worker=1, dashboard_address=None)
            self.client = Client(cluster)
        else:
            dask.config.set(scheduler="threads", num_workers=self.threads)

    def open_parts(self, paths: list[str], groups: list[str]) -> list[Opened]:
        names = [f"{path}.zarr.data" for path in paths]
        if self.client is None:
            return [open_part(name, groups, self.lazy) for name in names]
        opened = dask.delayed(open_part)
        return list(dask.compute(*[opened(name, groups, self.lazy) for name in names]))

    def merge(self, paths: list[str], parts: Parts, output: str) -> None:
        store = LocalStore(output + self.ending)
        zarr.create_group(store)
        opened = self.open_parts(paths, sorted({parent(column) for column in parts.columns}))
        for number, (group, dimension) in enumerate(zip(parts.groups, parts.dimensions, strict=True)):
            columns = [column for column in parts.columns if column.group == number]
            datasets = [select(part, columns, dimension) for part in opened]
            merged = xr.concat(
                datasets, dimension, data_vars="all", coords="minimal", compat="override", join="override",
                combine_attrs="drop",
            )  # fmt: skip
            lengths = [dataset.sizes[dimension] for dataset in datasets]
            codes = np.repeat(np.arange(len(paths), dtype=np.int32), lengths)
            merged[f"file_id_code_{group}"] = (dimension, codes)
            self.store(merged, store, group)

    def store(self, merged: xr.Dataset, store: LocalStore, group: str) -> None:
        """Writes a group by chunks of about 1 Mi elements."""
        encoding: dict[str, Any] = {}
        for name, array in merged.variables.items():
            rows = max(1, ELEMENTS_PER_CHUNK // max(1, array.size // max(1, array.shape[0])))
            chunks = (min(rows, array.shape[0]), *array.shape[1:])
            if self.lazy:
                merged[name] = merged[name].chunk(dict(zip(array.dims, chunks, strict=True)))
            merged[name].encoding = {}
            encoding[str(name)] = {"chunks": chunks, "compressors": ZstdCodec(level=self.level), "filters": ()}
        merged.to_zarr(store, group=group, mode="w", encoding=encoding, zarr_format=3, consolidated=False)

    def read_merged(self, output: str, keys: Item) -> list[NDArray[Any]]:
        group = zarr.open_group(LocalStore(output + self.ending, read_only=True), mode="r", zarr_format=3)
        return [group[key][...] for key in keys.arrays]

    def processes(self) -> list[int]:
        if self.client is None:
            return []
        return [int(pid) for pid in self.client.run(os.getpid).values()]
