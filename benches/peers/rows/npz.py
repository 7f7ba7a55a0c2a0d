"""NumPy's own archive: raw, or with deflate, the only codec it has."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rows.base import Item, Peer


class Row(Peer):
    ending = ".npz"

    def write(self, path: str, item: Item) -> None:
        save = np.savez_compressed if self.settings.get("deflate") else np.savez
        save(path + self.ending, **item.arrays, metadata=np.array(item.document))

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        with np.load(path + self.ending) as file:
            _ = str(file["metadata"])
            return [file[key] for key in item.arrays]
