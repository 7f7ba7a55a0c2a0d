"""Workload C: which rows store the parts, and how."""

from pathlib import Path
from typing import Any

from driver.case import NATIVE, Case, Row

PORTABLE = {"profile": "portable", "export": False}


def ours(library: Path, options: dict[str, Any], codec: str, threads: int = 1) -> list[Row]:
    """The library native, and twice through ctypes."""
    settings = {"library": str(library), "options": options, "pack": True, "threads": threads}
    return [
        Row("datastorage, native", NATIVE, codec, {"kind": "ours", **settings}),
        Row("datastorage, ctypes", "ours", codec, settings),
        Row("datastorage, ctypes, shapes known", "ours", codec, {"shapes_known": True, **settings}),
        Row("datastorage, ctypes, one call", "ours", codec, {"all_at_once": True, **settings}),
    ]


def floor(level: int, threads: int = 1) -> Row:
    settings = {"kind": "floor_part", "level": level, "threads": threads}
    return Row("floor", NATIVE, f"zstd {level}", settings)


def files(level: int) -> list[Row]:
    """Peers whose result is one file."""
    zstd = f"zstd {level}"
    return [
        Row("safetensors", "safetensors_", "none"),
        Row("npz, raw", "npz", "none"),
        Row("npz", "npz", "deflate 6", {"deflate": True}),
        Row("SQLite", "sqlite", zstd, {"level": level}),
        Row("Parquet", "parquet", zstd, {"level": level}),
        Row("h5py, raw", "hdf5", "none", {"codec": "none"}),
        Row("h5py", "hdf5", zstd, {"level": level}),
        Row("netCDF4", "netcdf", zstd, {"level": level}),
        Row("zarr-python, zip", "zarr_python", zstd, {"level": level, "zip": True}),
        Row("Blosc2 TreeStore", "blosc2_", f"{zstd}, shuffle", {"level": level, "tree": True, "shuffle": True}),
    ]


def directories(level: int) -> list[Row]:
    """Peers whose result is a directory, which stays one; they sync nothing."""
    zstd, form = f"zstd {level}", "directory"
    return [
        Row("zarr-python", "zarr_python", zstd, {"level": level}, form=form),
        Row("zarrs-python", "zarr_python", zstd, {"level": level, "zarrs": True}, form=form),
        Row("icechunk", "icechunk_", zstd, {"level": level}, form=form),
        Row("ADIOS2", "adios", "none", form=form),
    ]


def syncing_directories(level: int) -> list[Row]:
    """Directories whose library syncs each file when it is asked to."""
    zstd, form = f"zstd {level}", "directory"
    return [
        Row("TensorStore", "tensorstore_", zstd, {"level": level}, form=form),
        Row("TensorStore, OCDBT", "tensorstore_", zstd, {"level": level, "ocdbt": True}, form=form),
    ]


def tiledb(level: int) -> list[Row]:
    """TileDB syncs three times an array, whatever is asked."""
    return [Row("TileDB", "tile", f"zstd {level}", {"level": level}, form="directory, always synced")]


def cases(library: Path, source: Path, count: int, full: bool) -> list[Case]:
    """Without fsync on both media, with it on both, and zstd 12 on more threads."""
    plain = ours(library, {**PORTABLE, "sync": "none"}, "zstd 3")
    synced = ours(library, {**PORTABLE, "sync": "full"}, "zstd 3")
    unsynced = [*files(3), *directories(3), *syncing_directories(3)]
    syncable = [*files(3), *syncing_directories(3), *tiledb(3)]
    title = "1 thread"
    result = [
        Case("C", title, "tmpfs", False, source, [floor(3), *plain, *unsynced, *tiledb(3)], count),
        Case("C", title, "tmpfs", True, source, [floor(3), *synced], count),
        Case("C", title, "disk", True, source, [floor(3), *synced, *syncable], count),
    ]
    if full:
        result.append(Case("C", title, "disk", False, source, [floor(3), *plain, *unsynced], count))
    for threads in (2, 4):
        rows = [floor(12, threads), *ours(library, {"sync": "none", "export": False}, "default, zstd 12", threads)]
        result.append(Case("C", f"{threads} threads, zstd 12", "tmpfs", False, source, rows, count, threads))
    return result
