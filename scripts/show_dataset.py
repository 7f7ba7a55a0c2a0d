"""Merges the archives of a directory into one dataset and asks it a few things.

    python scripts/show_dataset.py DIRECTORY
"""

import sys
import time
from pathlib import Path

import xarray

from datastorage import DatasetExplorer, merge


def main() -> None:
    directory = Path(sys.argv[1])
    parts = sorted(directory.glob("*.zarr.data"))
    target = directory / "all.dataset"
    start = time.perf_counter()
    summary = merge(parts, target, mode="w", codec="zstd:3", missing="fill")
    seconds = time.perf_counter() - start
    size = target.stat().st_size / 1e6
    print(f"\nmerged {summary['files']} parts into {target} ({size:.1f} MB) in {seconds:.2f} s, with its tables of files\n")
    with DatasetExplorer(target) as explorer:
        explorer.print_table_of_contents()
        where = "face_types == 'Cylinder' and face_areas > 1000"
        start = time.perf_counter()
        codes = explorer.get_file_list("faces", where)
        took = 1000 * (time.perf_counter() - start)
        names = ", ".join(explorer.decode_file_id_code(code) for code in codes[:4])
        more = f" and {len(codes) - 4} more" if len(codes) > 4 else ""
        print(f"\nfiles with a face where {where} ({took:.1f} ms): {names}{more}\n")
    faces = xarray.open_dataset(target, engine="datastorage", group="faces")
    print(faces[["face_areas", "face_types", "face_uv_points", "file_id_code_faces"]])


if __name__ == "__main__":
    main()
