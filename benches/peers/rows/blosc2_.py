"""Blosc2: a TreeStore in one file (`.b2z`), or one array in one file (`.b2nd`)."""

from typing import Any

import blosc2
import numpy as np
from numpy.typing import NDArray

from rows.base import Box, Item, Peer, Settings, box_slices


class Row(Peer):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.tree = bool(settings.get("tree"))
        self.ending = ".b2z" if self.tree else ".b2nd"
        blosc2.set_nthreads(self.threads)
        chosen = blosc2.Filter.SHUFFLE if settings.get("shuffle") else blosc2.Filter.NOFILTER
        filters = [blosc2.Filter.BITSHUFFLE if settings.get("bitshuffle") else chosen]
        self.cparams = blosc2.CParams(
            codec=blosc2.Codec.ZSTD, clevel=self.level, nthreads=self.threads, filters=filters, filters_meta=[0]
        )
        self.dparams = blosc2.DParams(nthreads=self.threads)

    def compressed(self, array: NDArray[Any], **place: Any) -> blosc2.NDArray:
        shape: dict[str, Any] = {}
        if "blocks" in self.settings:
            shape = {"chunks": self.settings["chunks"], "blocks": self.settings["blocks"]}
        elif not self.tree:
            shape = {"chunks": self.chunks(array)}
        return blosc2.asarray(array, cparams=self.cparams, **shape, **place)

    def write(self, path: str, item: Item) -> None:
        if not self.tree:
            self.compressed(item.single, urlpath=path + self.ending, mode="w")
            return
        with blosc2.TreeStore(path + self.ending, mode="w") as tree:
            for key, array in item.arrays.items():
                tree["/" + key] = self.compressed(array)
            tree.vlmeta["document"] = item.metadata

    def open(self, path: str) -> blosc2.NDArray:
        return blosc2.open(path + self.ending, mode="r", dparams=self.dparams)

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        if not self.tree:
            return [self.open(path)[...]]
        with blosc2.TreeStore(path + self.ending, mode="r") as tree:
            _ = tree.vlmeta["document"]
            return [np.asarray(tree["/" + key][...]) for key in item.arrays]

    def open_boxes(self, path: str, item: Item) -> Box:
        array = self.open(path)
        return lambda offset, shape: array[box_slices(offset, shape)]
