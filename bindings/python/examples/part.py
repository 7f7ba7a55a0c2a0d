"""Writes a part with a schema, packs it into one file, and reads a piece of it back.

python bindings/python/examples/part.py
"""

import os
import tempfile

import numpy as np

import datastorage


def write(path: str) -> int:
    """Saves a part and gives the size of its file in bytes."""
    with datastorage.open(path, profile="fast") as store:
        store.schema = datastorage.create_cad_schema()
        store["faces/face_areas"] = np.array([1.5, 2.3, 4.1], np.float32)
        store["faces/face_normals"] = np.eye(3, dtype=np.float32)
        store["graph"] = {"edges_source": np.array([0, 1, 2]), "edges_destination": np.array([1, 2, 0]), "num_nodes": 3}
        store.metadata["processing/duration"] = 12.5
        store["signal"] = np.zeros((0, 4), np.float32)
        for block in range(10):
            store["signal"].append(np.full((100, 4), block, np.float32))
        return store.compress()


def read(path: str) -> None:
    """Prints what is in the part, and a piece of an array."""
    with datastorage.open(path, "r") as store:
        print(store)
        print(store["faces/face_areas"].dims, store["faces/face_areas"][1:])
        print(store["signal"][250:252, :2])
        print(store.load("graph"))
        print(store.metadata["processing"])


def main() -> None:
    """Does both in a directory of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "part.zarr")
        print(write(path), "bytes")
        read(path)


if __name__ == "__main__":
    main()
