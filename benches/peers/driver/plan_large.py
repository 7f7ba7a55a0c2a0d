"""Workloads A and B: one large array, written and read by all processors, and with what each library does best."""

from pathlib import Path
from typing import Any

from driver.case import NATIVE, Case, Row

DIRECTORY = "directory"


def ours(library: Path, sync: bool) -> list[Row]:
    """The library with the floor's codec, and with its profiles."""
    base = {"mode": "w", "export": False, "sync": "full" if sync else "none"}
    same: dict[str, Any] = {**base, "delta": False, "codec": "zstd:1"}
    fast, compact = {**base, "profile": "fast"}, {**base, "profile": "compact"}

    def native(name: str, codec: str, options: dict[str, Any]) -> Row:
        settings = {"kind": "ours", "library": str(library), "options": options}
        return Row(name, NATIVE, codec, settings, form=DIRECTORY)

    def python(name: str, codec: str, options: dict[str, Any]) -> Row:
        return Row(name, "ours", codec, {"library": str(library), "options": options}, form=DIRECTORY)

    return [
        native("datastorage, native", "zstd 1", same),
        native("datastorage fast, native", "chosen by sampling", fast),
        native("datastorage compact, native", "chosen by sampling", compact),
        python("datastorage, ctypes", "zstd 1", same),
        python("datastorage fast, ctypes", "chosen by sampling", fast),
    ]


def floor() -> Row:
    return Row("floor", NATIVE, "zstd 1", {"kind": "floor_large", "level": 1})


def same_codec() -> list[Row]:
    """Peers with zstd 1 and no filter."""
    level = {"level": 1}
    return [
        Row("TensorStore", "tensorstore_", "zstd 1", level, form=DIRECTORY),
        Row("zarr-python", "zarr_python", "zstd 1", level, form=DIRECTORY),
        Row("zarrs-python", "zarr_python", "zstd 1", {"zarrs": True, **level}, form=DIRECTORY),
        Row("icechunk", "icechunk_", "zstd 1", level, form=DIRECTORY),
        Row("Blosc2", "blosc2_", "zstd 1", level),
        Row("TileDB", "tile", "zstd 1", level, form=DIRECTORY),
        Row("h5py", "hdf5", "zstd 1", level),
        Row("netCDF4", "netcdf", "zstd 1", level),
        Row("SQLite", "sqlite", "zstd 1", level),
        Row("Parquet", "parquet", "zstd 1", level),
    ]


def best(integers: bool) -> list[Row]:
    """Peers with the filter that suits the array."""
    level = {"level": 1, "shuffle": True}
    codec = "zstd 1, shuffle"
    rows = [
        Row("TensorStore, shuffle", "tensorstore_", f"blosc {codec}", level, form=DIRECTORY),
        Row("zarr-python, shuffle", "zarr_python", f"blosc {codec}", level, form=DIRECTORY),
        Row("zarrs-python, shuffle", "zarr_python", f"blosc {codec}", {"zarrs": True, **level}, form=DIRECTORY),
        Row("Blosc2, shuffle", "blosc2_", codec, level),
        Row("TileDB, shuffle", "tile", codec, level, form=DIRECTORY),
        Row("h5py, shuffle", "hdf5", f"blosc {codec}", {"codec": "blosc", **level}),
        Row("netCDF4, shuffle", "netcdf", f"blosc {codec}", level),
        Row("Parquet, split", "parquet", "zstd 1, byte stream split", {"level": 1, "split": True}),
    ]
    if integers:
        rows.append(Row("Blosc2, bitshuffle", "blosc2_", "zstd 1, bitshuffle", {"level": 1, "bitshuffle": True}))
        rows.append(Row("Parquet, delta", "parquet", "zstd 1, delta", {"level": 1, "delta": True}))
    return rows


def raw() -> list[Row]:
    """Peers without a codec."""
    return [
        Row("safetensors", "safetensors_", "none"),
        Row("npz", "npz", "none"),
        Row("h5py, raw", "hdf5", "none", {"codec": "none"}),
        Row("ADIOS2", "adios", "none", form=DIRECTORY),
    ]


def cases(library: Path, workload: str, title: str, source: Path, full: bool, threads: int) -> list[Case]:
    """On tmpfs all of them; on disk, synced, those that can be."""
    integers = workload == "B"
    everything = [floor(), *ours(library, False), *same_codec(), *best(integers), *raw()]
    result = [Case(workload, title, "tmpfs", False, source, everything, threads=threads)]
    if full:
        never = {"zarr_python", "icechunk_", "adios"}
        synced = [row for row in same_codec() + best(integers) + raw() if row.worker not in never]
        rows = [floor(), *ours(library, True), *synced]
        result.append(Case(workload, title, "disk", True, source, rows, threads=threads))
    return result
