"""Lists the archive of one part and opens it in xarray, as a user of the data would.

Usage: show_archive.py PART.zarr.data
"""

import sys
import zipfile
from collections import defaultdict

import xarray
import zarr


def list_archive(path):
    """Prints one line an array: its bytes in the archive and in how many chunks they lie."""
    sizes, chunks = defaultdict(int), defaultdict(int)
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            parent, _, name = entry.filename.rpartition("/")
            sizes[parent or name] += entry.file_size
            chunks[parent or name] += not name.startswith(".z")
    print(f"\n{path}")
    for name in sorted(sizes):
        plural = "chunk" if chunks[name] == 1 else "chunks"
        print(f"  {name:<42} {sizes[name]:>9} bytes {chunks[name]:>5} {plural}")


def open_in_xarray(path):
    """Prints the datasets of the root and of each group."""
    store = zarr.storage.ZipStore(path, mode="r")
    groups = [name for name, _ in zarr.open_consolidated(store, mode="r").groups()]
    for group in [None, *sorted(groups)]:
        with xarray.open_zarr(store, group=group, consolidated=True, chunks=None) as dataset:
            print(f'\nxarray.open_zarr(zarr.storage.ZipStore("{path}", mode="r"), group={group!r})')
            print(dataset)


if __name__ == "__main__":
    list_archive(sys.argv[1])
    open_in_xarray(sys.argv[1])
