"""The library through ctypes. Arrays are loaded into new ones, as every peer in Python gives them."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rows.base import Box, Item, Peer, Settings
from rows.dsffi import NUMBERS, Library

READ = b'{"mode":"r"}'


class Row(Peer):
    ending = ".zarr"
    one_file = False  # the library syncs by itself

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.library = Library(settings["library"], self.threads)
        self.options = json.dumps(settings["options"]).encode()
        self.array = json.dumps(settings["array"]).encode() if settings.get("array") else None
        self.store = 0
        #: Keys as bytes, and shapes as C wants them: made once, as a binding would keep them.
        self.keys: dict[str, bytes] = {}
        self.shapes: dict[tuple[int, ...], NDArray[np.uint64]] = {}
        self.known: dict[str, tuple[bytes, int, np.dtype[Any], tuple[int, ...]]] = {}

    def key(self, key: str) -> bytes:
        found = self.keys.get(key)
        if found is None:
            found = self.keys[key] = key.encode()
        return found

    def shape(self, shape: tuple[int, ...]) -> int:
        found = self.shapes.get(shape)
        if found is None:
            found = self.shapes[shape] = np.array(shape, np.uint64)
        return found.ctypes.data

    def write(self, path: str, item: Item) -> None:
        library = self.library
        store = library.open(path + self.ending, self.options)
        for key, array in item.arrays.items():
            number, data = NUMBERS[array.dtype], array.__array_interface__["data"][0]
            shape, ndim = self.shape(array.shape), array.ndim
            if self.array is None:
                library.check(library.save(store, self.key(key), number, data, shape, ndim, None))
            else:
                zeros = np.zeros(ndim, np.uint64)
                library.check(library.create(store, self.key(key), number, shape, ndim, self.array))
                library.check(
                    library.save_region(store, self.key(key), number, data, zeros.ctypes.data, shape, ndim, None)
                )
        for key, value in item.metadata.items():
            if isinstance(value, str):
                text = value.encode()
                library.check(library.save_metadata_str(store, self.key(key), text, len(text)))
            elif isinstance(value, float):
                library.check(library.save_metadata_f64(store, self.key(key), value))
            else:
                library.check(library.save_metadata_i64(store, self.key(key), value))
        if self.settings.get("pack"):
            library.check(library.compress(store, None))
        library.check(library.close(store))

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        library = self.library
        store = library.open(path + self.ending, READ)
        if self.settings.get("all_at_once"):
            arrays = library.load_all(store)
            out = [arrays[key] for key in item.arrays]
        elif self.settings.get("shapes_known"):
            out = [self.load_known(store, key, array) for key, array in item.arrays.items()]
        else:
            out = [library.load_array(store, self.key(key)) for key in item.arrays]
        if item.metadata:
            json.loads(library.metadata(store))
        library.check(library.close(store))
        return out

    def load_known(self, store: int, key: str, like: NDArray[Any]) -> NDArray[Any]:
        """Loads an array whose dtype and shape the caller knows, as of a schema."""
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = (self.key(key), NUMBERS[like.dtype], like.dtype, like.shape)
        name, number, dtype, shape = known
        out = np.empty(shape, dtype)
        data = out.__array_interface__["data"][0]
        self.library.check(self.library.load(store, name, number, data, out.nbytes, None))
        return out

    def open_boxes(self, path: str, item: Item) -> Box:
        library, (key, like) = self.library, next(iter(item.arrays.items()))
        name, number = self.key(key), NUMBERS[like.dtype]
        self.store = library.open(path + self.ending, READ)

        def box(offset: list[int], shape: list[int]) -> NDArray[Any]:
            out, at = np.empty(shape, like.dtype), np.array(offset, np.uint64)
            lengths = self.shape(tuple(shape))
            library.check(
                library.load_region(
                    self.store, name, number, at.ctypes.data, lengths, 3, out.ctypes.data, out.nbytes, None
                )
            )
            return out

        return box

    def close_boxes(self) -> None:
        self.library.check(self.library.close(self.store))
