"""The library's merge through ctypes: one call, on archives that `native/src/ours_merge.rs` had the library write."""

import ctypes
import json
from typing import Any

from numpy.typing import NDArray

from rows.base import Item, Peer, Settings
from rows.dsffi import Library
from rows.parts import Parts


class Row(Peer):
    ending = ".dataset"
    one_file = False  # the library syncs by itself

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.library = Library(settings["library"], self.threads)
        self.options = json.dumps(settings["options"]).encode()

    def merge(self, paths: list[str], parts: Parts, output: str) -> None:
        names = (ctypes.c_char_p * len(paths))(*[f"{path}.zarr.data".encode() for path in paths])
        summary = ctypes.c_void_p()
        library = self.library
        target, out = (output + self.ending).encode(), ctypes.byref(summary)
        library.check(library.merge(names, len(paths), target, self.options, None, None, out))
        library.buffer_free(summary)

    def read_merged(self, output: str, keys: Item) -> list[NDArray[Any]]:
        library = self.library
        store = library.open(output + self.ending, b'{"mode":"r"}')
        arrays = [library.load_array(store, key.encode()) for key in keys.arrays]
        library.check(library.close(store))
        return arrays
