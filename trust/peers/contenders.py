"""What is compared: ways to store a few arrays from Python, each as its documentation shows it, with the rows of the benchmarks.

The commit of a contender is what its users have: a transaction where there is one, a file written under another name and
renamed where its library does that, else a plain overwrite.
"""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches" / "peers"))

from rows.base import Item, Peer  # noqa: E402

LENGTH = 4096
CHUNK = 512
DTYPES = {"areas": "<f8", "lengths": "<f4", "labels": "<i8", "types": "<i4", "flags": "<u1", "points": "<f8"}
LIBRARY = {"library": str(ROOT / "target" / "release" / "libdatastorage.so")}


@dataclass(frozen=True)
class Contender:
    name: str
    #: The module in `rows`, and what it is told.
    module: str
    settings: dict[str, Any]

    def peer(self) -> Peer:
        made: Peer = importlib.import_module(f"rows.{self.module}").Row({"chunks": [CHUNK], **self.settings})
        return made


def ours(**options: Any) -> dict[str, Any]:
    return {**LIBRARY, "options": {"sync": "none", "export": False, "chunk_elements": CHUNK, **options}}


CONTENDERS = [
    Contender("datastorage, directory", "ours", ours(mode="a", staging="disk")),
    Contender("datastorage, v3 shards", "ours", ours(mode="a", zarr_format=3, shard_elements=4 * CHUNK)),
    Contender("datastorage, archive", "ours", {**ours(mode="w"), "pack": True}),
    Contender("zarr-python, directory", "zarr_python", {}),
    Contender("zarr-python, zip", "zarr_python", {"zip": True}),
    Contender("zarr-python + zarrs", "zarr_python", {"zarrs": True}),
    Contender("tensorstore, directory", "tensorstore_", {}),
    Contender("tensorstore, ocdbt", "tensorstore_", {"ocdbt": True}),
    Contender("h5py", "hdf5", {}),
    Contender("blosc2", "blosc2_", {"tree": True}),
    Contender("safetensors", "safetensors_", {}),
    Contender("npz", "npz", {}),
    Contender("parquet", "parquet", {}),
    Contender("sqlite", "sqlite", {"sync": True}),
    Contender("icechunk", "icechunk_", {}),
]


def item(version: int) -> Item:
    """A version of all arrays; every element is of that version, and none of another looks like it."""
    return Item({key: array(dtype, version, seed) for seed, (key, dtype) in enumerate(DTYPES.items())}, {"version": version})


def array(dtype: str, version: int, seed: int) -> NDArray[Any]:
    numbers = np.random.default_rng(seed).integers(0, 1 << 20, LENGTH)
    return ((numbers + version * 7919) % 251 if dtype == "<u1" else numbers + version * (1 << 21)).astype(dtype)


def newest(found: NDArray[Any], key: str, last: int) -> int:
    """The version of an array that was read, -1 when it is of none: torn."""
    dtype, seed = DTYPES[key], list(DTYPES).index(key)
    for version in range(last, -1, -1):
        if np.array_equal(found, array(dtype, version, seed)):
            return version
    return -1


def commit(contender: Contender, peer: Peer, path: str, version: int) -> None:
    """Stores a version over the one before it."""
    content = item(version)
    match contender.module:
        case "sqlite":
            replace_in_sqlite(peer, path, content)
        case "icechunk_":
            commit_to_icechunk(path, content)
        case "tensorstore_" if version:
            overwrite_in_tensorstore(peer, path, content)
        case "zarr_python" if version and not contender.settings.get("zip"):
            overwrite_in_zarr(peer, path, content)
        case _:
            peer.write(path, content)


def replace_in_sqlite(peer: Any, path: str, content: Item) -> None:
    if not Path(path + peer.ending).exists():
        peer.write(path, content)
        return
    import sqlite3

    base = sqlite3.connect(path + peer.ending, isolation_level=None)
    base.execute("begin")
    for key, values in content.arrays.items():
        data = memoryview(values).cast("B")
        size = CHUNK * values.itemsize
        for number, at in enumerate(range(0, len(data), size)):
            frame = peer.compressor.compress(data[at : at + size])
            base.execute("update chunks set bytes = ? where key = ? and number = ?", (frame, key, number))
    base.execute("update metadata set value = ? where key = 'version'", (content.metadata["version"],))
    base.execute("commit")
    base.close()


def commit_to_icechunk(path: str, content: Item) -> None:
    import icechunk
    import zarr

    repository = icechunk.Repository.open_or_create(icechunk.local_filesystem_storage(path + ".icechunk"))
    session = repository.writable_session("main")
    group = zarr.open_group(session.store, mode="a")
    for key, values in content.arrays.items():
        if key not in group:
            group.create_array(key, shape=values.shape, dtype=values.dtype, chunks=(CHUNK,))
        group[key][...] = values
    session.commit("a version")


def overwrite_in_zarr(peer: Any, path: str, content: Item) -> None:
    import zarr

    group = zarr.open_group(peer.store(path, "r+"), mode="r+")
    for key, values in content.arrays.items():
        group[key][...] = values


def overwrite_in_tensorstore(peer: Any, path: str, content: Item) -> None:
    import tensorstore as ts

    transaction = ts.Transaction() if peer.settings.get("ocdbt") else None
    opened = [ts.open(peer.spec(path, key), open=True, context=peer.context, transaction=transaction) for key in content.arrays]
    for store, values in zip(opened, content.arrays.values(), strict=True):
        store.result().write(values).result()
    if transaction is not None:
        transaction.commit_async().result()
