"""Lists the archive of one part and opens it in xarray, as a user of the data would.

Usage: show_archive.py PART.zarr.data
"""

import sys
import zipfile

import xarray
import zarr

FILES = [".zgroup", ".zmetadata", "metadata.json"]


def list_archive(path):
    """Prints one line an array: its type, its shape, its bytes in the archive; then the files of the store itself."""
    with zipfile.ZipFile(path) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    print(f"\n{path}: {len(sizes)} entries")
    root = zarr.open_consolidated(zarr.storage.ZipStore(path, mode="r"), mode="r")
    for name in sorted(entry.removesuffix("/.zarray") for entry in sizes if entry.endswith("/.zarray")):
        array = root[name]
        stored = sum(size for entry, size in sizes.items() if entry.startswith(f"{name}/"))
        shape = " x ".join(map(str, array.shape)) or "scalar"
        print(f"  {name:<34} {array.dtype.name:<8} {shape:<20} {stored:>9} bytes")
    for name in FILES:
        print(f"  {name:<64} {sizes[name]:>9} bytes")


def open_in_xarray(path):
    """Prints the datasets of the root and of each group."""
    store = zarr.storage.ZipStore(path, mode="r")
    groups = [name for name, _ in zarr.open_consolidated(store, mode="r").groups()]
    for group in [None, *sorted(groups)]:
        with xarray.open_zarr(store, group=group, consolidated=True, chunks=None) as dataset:
            print(f'\nxarray.open_zarr(zarr.storage.ZipStore("{path}", mode="r"), group={group!r})')
            print(dataset)


if __name__ == "__main__":
    xarray.set_options(display_max_rows=40, display_width=100)
    list_archive(sys.argv[1])
    open_in_xarray(sys.argv[1])
