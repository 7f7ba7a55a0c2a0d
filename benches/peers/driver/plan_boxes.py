"""Workload D: boxes of 64^3 elements, at places that fit no chunk, out of a cube; the cube is open already."""

import random
from pathlib import Path
from typing import Any

from driver.case import NATIVE, Case, Row

DIRECTORY = "directory"
EDGE = 64
CHUNK, SHARD = [32] * 3, [128] * 3


def ours(library: Path) -> list[Row]:
    """The library on chunks of Zarr 2, and on shards of Zarr 3 when it has them."""
    base = {"mode": "w", "export": False, "sync": "none"}
    shuffle = "blosc:zstd:1:shuffle"
    v3 = {**base, "zarr_format": 3}
    kinds: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("chunks 64", "zstd 1", base, {"chunks": [64] * 3, "codec": "zstd:1"}),
        ("chunks 32", "zstd 1", base, {"chunks": CHUNK, "codec": "zstd:1"}),
        ("chunks 32, archive", "zstd 1", base, {"chunks": CHUNK, "codec": "zstd:1"}),
        ("chunks 32, shuffle, archive", "blosc zstd 1, shuffle", base, {"chunks": CHUNK, "codec": shuffle}),
        ("chunks 32, shuffle", "blosc zstd 1, shuffle", base, {"chunks": CHUNK, "codec": shuffle}),
        ("shards", "zstd 1", v3, {"chunks": CHUNK, "shards": SHARD, "codec": "zstd:1"}),
        ("shards, shuffle", "blosc zstd 1, shuffle", v3, {"chunks": CHUNK, "shards": SHARD, "codec": shuffle}),
    ]
    rows = []
    for name, codec, options, array in kinds:
        packed = name.endswith("archive")
        settings = {"library": str(library), "options": options, "array": array, "pack": packed}
        form = "" if packed else DIRECTORY
        native = {"kind": "ours", **settings}
        rows.append(Row(f"datastorage, native, {name}", NATIVE, codec, native, optional=options is v3, form=form))
        if name in ("chunks 32", "shards"):
            rows.append(Row(f"datastorage, ctypes, {name}", "ours", codec, settings, optional=options is v3, form=form))
    return rows


def peers() -> list[Row]:
    """Shards of 128^3 with chunks of 32^3 where there are shards, else chunks of 32^3."""
    sharded = {"level": 1, "chunks": CHUNK, "shards": SHARD}
    chunked = {"level": 1, "chunks": CHUNK}
    shuffled = {"shuffle": True, **chunked}
    both = {"shuffle": True, **sharded}
    rust = {"zarrs": True, **both}
    blocks = {"level": 1, "chunks": SHARD, "blocks": CHUNK}
    return [
        Row("Blosc2, shuffle", "blosc2_", "zstd 1, shuffle", {"shuffle": True, **blocks}),
        Row("Blosc2", "blosc2_", "zstd 1", blocks),
        Row("TensorStore, shards", "tensorstore_", "zstd 1", sharded, form=DIRECTORY),
        Row("TensorStore, chunks 32", "tensorstore_", "zstd 1", chunked, form=DIRECTORY),
        Row("zarrs-python, shards", "zarr_python", "zstd 1", {"zarrs": True, **sharded}, form=DIRECTORY),
        Row("TensorStore, shards, shuffle", "tensorstore_", "blosc zstd 1, shuffle", both, form=DIRECTORY),
        Row("zarrs-python, shards, shuffle", "zarr_python", "blosc zstd 1, shuffle", rust, form=DIRECTORY),
        Row("zarr-python, shards", "zarr_python", "zstd 1", sharded, form=DIRECTORY),
        Row("icechunk, chunks 32", "icechunk_", "zstd 1", chunked, form=DIRECTORY),
        Row("h5py, chunks 32", "hdf5", "zstd 1", chunked),
        Row("h5py, shuffle", "hdf5", "blosc zstd 1, shuffle", {"codec": "blosc", **chunked}),
        Row("netCDF4, shuffle", "netcdf", "blosc zstd 1, shuffle", shuffled),
        Row("TileDB, shuffle", "tile", "zstd 1, shuffle", shuffled, form=DIRECTORY),
        Row("h5py, raw", "hdf5", "none", {"codec": "none"}),
        Row("ADIOS2", "adios", "none", form=DIRECTORY),
    ]


def cases(library: Path, source: Path, side: int, boxes: int, threads: int) -> list[Case]:
    """One case, from memory: the page cache gives the same bytes for a disk."""
    places = random.Random(7)
    offsets = [[places.randint(0, side - EDGE) for _ in range(3)] for _ in range(boxes)]
    floors = [
        Row(name, NATIVE, "zstd 1", {"kind": "floor_boxes", "edge": edge, "level": 1})
        for name, edge in (("floor", 64), ("floor, chunks 32", 32))
    ]
    return [Case(
        "D", f"boxes of {EDGE}^3 out of {side}^3 float32", "tmpfs", False, source, [*floors, *ours(library), *peers()],
        threads=threads, offsets=offsets, shape=[EDGE] * 3,
    )]  # fmt: skip
