"""Workload E: which rows merge parts into one dataset, and how."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from driver.case import NATIVE, Case, Row

DIRECTORY = "directory"
#: An archive as in workload C.
PART = {"profile": "portable", "export": False, "sync": "none", "mode": "w"}


def floor(threads: int) -> Row:
    """The raw work."""
    return Row("floor", NATIVE, "zstd 3", {"kind": "floor_merge", "level": 3, "threads": threads}, parts="floor")


def ours(library: Path, threads: int, sync: bool) -> list[Row]:
    """The library's merge, native and through ctypes; a native program writes the archives for both."""
    options = {"codec": "zstd:3", "delta": False, "sync": "full" if sync else "none", "threads": threads, "mode": "w"}
    native = {"kind": "ours_merge", "library": str(library), "part": PART, "options": options}
    maker = writer(library)
    return [
        Row("datastorage, native", NATIVE, "zstd 3", native, optional=True, parts="archives", maker=maker),
        Row("datastorage, ctypes", "ours_merge", "zstd 3", {"library": str(library), "options": options}, optional=True,
            parts="archives", maker=maker),
    ]  # fmt: skip


def writer(library: Path) -> Row:
    """What writes archives and merges none."""
    settings = {"kind": "ours_merge", "library": str(library), "part": PART, "options": {}, "merges": False}
    return Row("archives", NATIVE, "zstd 3", settings)


def threaded(level: int = 3) -> list[Row]:
    """Peers that can use more than one thread."""
    zstd, settings = f"zstd {level}", {"level": level}
    return [
        Row("SQLite", "sqlite", zstd, settings, parts="SQLite"),
        Row("Parquet", "parquet", zstd, settings, parts="Parquet"),
        Row("TensorStore", "tensorstore_", zstd, settings, form=DIRECTORY, parts="TensorStore"),
        Row("Blosc2 TreeStore", "blosc2_", f"{zstd}, shuffle", {**settings, "tree": True, "shuffle": True}, parts="Blosc2"),
        Row("zarr-python, zip", "zarr_python", zstd, {**settings, "zip": True}, parts="zarr zip"),
        Row("zarrs-python", "zarr_python", zstd, {**settings, "zarrs": True}, form=DIRECTORY, parts="zarrs"),
        Row("icechunk", "icechunk_", zstd, settings, form=DIRECTORY, parts="icechunk"),
    ]


def serial(level: int = 3) -> list[Row]:
    """Peers with one thread."""
    zstd, settings = f"zstd {level}", {"level": level}
    return [
        Row("safetensors", "safetensors_", "none", parts="safetensors"),
        Row("npz, raw", "npz", "none", parts="npz"),
        Row("npz", "npz", "deflate 6", {"deflate": True}, parts="npz deflate"),
        Row("h5py", "hdf5", zstd, settings, parts="HDF5"),
        Row("netCDF4", "netcdf", zstd, settings, parts="netCDF"),
    ]


def xarray(library: Path, name: str, **settings: Any) -> Row:
    """xarray on the library's archives, which are Zarr stores; into a directory of Zarr 3."""
    return Row(name, "dask_", "zstd 3", settings, form=DIRECTORY, parts="archives", maker=writer(library))


def dask(library: Path, full: bool) -> list[Row]:
    """With Dask: its threads, and in the long form its processes, which take longer."""
    rows = [xarray(library, "Dask + xarray")]
    return [*rows, xarray(library, "Dask + xarray, LocalCluster", cluster=True)] if full else rows


def cases(library: Path, source: Path, name: str, count: int, full: bool, threads: int) -> list[Case]:
    """Every row with one thread, those that can with all processors; on disk, synced, in the long form."""
    one = f"{name}, 1 thread"
    many = f"{name}, {threads} threads"
    peers = [*serial(), *threaded(), xarray(library, "xarray", lazy=False)]
    result = [Case("E", one, "tmpfs", False, source, [floor(1), *ours(library, 1, False), *peers], count)]
    rows = [floor(threads), *ours(library, threads, False), *(threaded() if full else []), *dask(library, full)]
    result.append(Case("E", many, "tmpfs", False, source, rows, count, threads))
    if full:
        never = {"zarr_python", "icechunk_", "dask_"}
        synced = [row for row in peers if row.worker not in never or row.settings.get("zip")]
        rows = [floor(1), *ours(library, 1, True), *synced]
        result.append(Case("E", one, "disk", True, source, rows, count))
    return result


def real(library: Path, source: Path, count: int, full: bool, threads: int) -> list[Case]:
    """The parts of STEP files, always all: with one thread, in the short form beside the peers that take least."""
    if full:
        made = cases(library, source, f"{count} STEP parts", count, False, threads)
        return [replace(case, whole=True) for case in made]
    rows = [floor(1), *ours(library, 1, False), *quick()]
    return [Case("E", f"{count} STEP parts, 1 thread", "tmpfs", False, source, rows, count, whole=True)]


def quick() -> list[Row]:
    """The peers that take least."""
    return [row for row in serial() + threaded() if row.name in ("safetensors", "h5py", "SQLite", "TensorStore")]


def large(library: Path, source: Path, count: int, threads: int) -> list[Case]:
    """Thousands of parts, from memory: does time rise with them alone, and memory not at all? Three rounds."""
    result = []
    for number in (1, threads):
        rows = [floor(number), *ours(library, number, False)[:1]]
        if number == 1 and count <= 1000:
            rows += quick()
        title = f"{count} parts, {number} thread{'s' if number > 1 else ''}"
        result.append(Case("E", title, "tmpfs", False, source, rows, count, number, rounds=3))
    return result
