"""safetensors: raw bytes after a header of JSON; it has no codec."""

from typing import Any

from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from rows.base import Item, Peer


class Row(Peer):
    ending = ".safetensors"

    def write(self, path: str, item: Item) -> None:
        save_file(item.arrays, path + self.ending, metadata={"document": item.document})

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        with safe_open(path + self.ending, framework="numpy") as file:
            file.metadata()
            return [file.get_tensor(key) for key in item.arrays]
