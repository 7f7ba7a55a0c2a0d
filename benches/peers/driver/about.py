"""What a report says of the machine and of the packages that it measured."""

import os
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = [
    "adios2", "blosc2", "dask", "distributed", "h5py", "hdf5plugin", "icechunk", "netCDF4", "numpy", "pyarrow", "safetensors", "tensorstore",
    "tiledb", "xarray", "zarr", "zarrs", "zstandard",
]  # fmt: skip


def describe(full: bool) -> dict[str, Any]:
    return {
        "form": "full" if full else "short", "date": time.strftime("%Y-%m-%d"), "processors": os.cpu_count(),
        "processor": processor(), "load_at_end": os.getloadavg()[0], "system": platform.platform(),
        "python": platform.python_version(), "packages": versions(),
        "memory": "rss is VmHWM of the row's own process, reset before each round through /proc/self/clear_refs; "
        "rss_before is what was resident then: the libraries, and the input, which is mapped",
    }  # fmt: skip


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def versions() -> dict[str, str]:
    """Of what is installed; a package that is not, is absent."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
