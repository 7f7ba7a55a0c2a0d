"""Do labels given by face name reach the same faces as labels given in face order?

For parts with a label list beside them (`<part>.labels.json`), finds the names of the faces in the text
of the STEP file, without OpenCASCADE, gives cad_encode the same labels as an object by name, and
compares what it stores with the list. Prints the histogram of the labels, and how many faces have
the stock label (15 in MFCAD) exactly when they lie on the bounding box of their part: for MFCAD all.

usage: check_labels.py CAD_ENCODE OUT_DIR DIRECTORY_OF_PARTS
"""

import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import zarr

STOCK = 15


def names_in_shell_order(step):
    """The names of the faces of a file with one shell, in the order in which the shell lists them."""
    text = step.read_text()
    names = dict(re.findall(r"(#\d+)\s*=\s*ADVANCED_FACE\s*\(\s*'([^']*)'", text))
    (shell,) = re.findall(r"=\s*CLOSED_SHELL\s*\(\s*'[^']*'\s*,\s*\(([^)]*)\)", text)
    return [names[reference.strip()] for reference in shell.split(",")]


def open_archive(path):
    if hasattr(zarr, "ZipStore"):  # zarr 2
        return zarr.open_group(zarr.ZipStore(str(path), mode="r"), mode="r")
    return zarr.open_group(zarr.storage.ZipStore(str(path), mode="r"), mode="r", zarr_format=2)


def on_bounding_box(points):
    """Which faces lie on a side of the box around all points (faces, points, 3)."""
    low, high = points.min((0, 1)), points.max((0, 1))
    return np.any([np.all(np.abs(points - side) < 1e-3, axis=1) for side in (low, high)], axis=(0, 2))


def main(encoder, out, directory):
    out = pathlib.Path(out)
    named = out / "named"
    named.mkdir(parents=True, exist_ok=True)
    lists = {}
    for step in sorted(pathlib.Path(directory).glob("*.step")):
        beside = step.with_suffix(".labels.json")
        if beside.exists():
            lists[step.stem] = json.loads(beside.read_text())
            by_name = dict(zip(names_in_shell_order(step), lists[step.stem], strict=True))
            shutil.copy(step, named)
            (named / beside.name).write_text(json.dumps(dict(sorted(by_name.items()))))
    subprocess.run([encoder, "--sync", "none", out / "encoded", named], check=True, stdout=subprocess.DEVNULL)

    wrong, stock, histogram, moved = [], 0, collections.Counter(), 0
    for part, labels in lists.items():
        store = open_archive(out / "encoded" / f"{part}.zarr.data")
        stored = store["face_labels"][:]
        if stored.tolist() != labels:
            wrong.append(part)
        names = names_in_shell_order(named / f"{part}.step")
        moved += names != [str(i) for i in range(len(names))]
        histogram.update(stored.tolist())
        points = store["face_uv_points"][:].reshape(len(stored), -1, 3)
        stock += np.count_nonzero((stored == STOCK) == on_bounding_box(points))
    faces = sum(histogram.values())
    print(f"{len(lists)} parts, {faces} faces; names are not in face order in {moved} parts")
    print("histogram:", ", ".join(f"{label}: {count}" for label, count in sorted(histogram.items())))
    print(f"stock exactly on the bounding box: {stock} of {faces} faces")
    print("labels by name differ in:", ", ".join(wrong) if wrong else "no part")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
