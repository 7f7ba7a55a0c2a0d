"""The inputs of the workloads, written where every row can map them.

C: parts of 60 arrays, 10 to 7000 elements, median 64. Each array is a window of an array that `cad_encode` made of a
real STEP file. Parts beyond the files are replicas with new values: the window begins elsewhere, and floats are
multiplied by a number of the part. A, B, D come from one dense surface: its heights, the indices of its triangles, and
the distance to it on a grid.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.step_arrays import Part

ARRAYS, MEDIAN, MOST, LEAST = 60, 64, 7000, 10
#: How fast the sizes above the median grow: chosen so that a part has 145 kB.
BEND = 1.36
METADATA = [
    "source_name", "size_cadfile", "processing_time", "num_faces", "num_edges", "num_graph_edges", "num_solids",
    "num_triangles", "total_area", "volume_mesh", "diagonal", "length_unit",
]  # fmt: skip
ALIGNMENT = 64


def sizes() -> list[int]:
    """The elements of each array of a part."""
    half = ARRAYS // 2
    low = [LEAST * (MEDIAN / LEAST) ** (i / (half - 0.5)) for i in range(half)]
    steps = [(i + 0.5) / (half - 0.5) for i in range(half)]
    high = [MEDIAN * (MOST / MEDIAN) ** (t**BEND) for t in steps]
    return [round(n) for n in low + high]


def make_parts(sources: list[Part], count: int) -> list[tuple[dict[str, NDArray[Any]], dict[str, Any]]]:
    """`count` parts of the same keys, dtypes and lengths."""
    longest: dict[str, int] = {}
    for source in sources:
        for key, array in source.arrays.items():
            longest[key] = max(longest.get(key, 0), array.size)
    plan: list[tuple[str, str, int]] = []
    for number, size in enumerate(sizes()):
        fitting = sorted(key for key, most in longest.items() if most >= size)
        plan.append((f"{fitting[number % len(fitting)]}_{number:02}", fitting[number % len(fitting)], size))
    parts = []
    for part in range(count):
        random = np.random.default_rng(part)
        factor = np.float32(random.uniform(0.5, 2.0))
        arrays = {}
        for key, name, size in plan:
            usable = [source.arrays[name] for source in sources if source.arrays.get(name, np.empty(0)).size >= size]
            array = usable[part % len(usable)].ravel()
            begin = int(random.integers(array.size - size + 1))
            window = array[begin : begin + size].copy()
            arrays[key] = window * factor if window.dtype.kind == "f" else window
        parts.append((arrays, metadata(sources[part % len(sources)].metadata, part)))
    return parts


def metadata(document: dict[str, Any], part: int) -> dict[str, Any]:
    """Twelve keys of a part; floats are its own."""
    chosen = {key: document.get(key, part) for key in METADATA}
    return {key: value * (1 + part / 1000) if isinstance(value, float) else value for key, value in chosen.items()}


def surface(rows: int) -> NDArray[np.float32]:
    """The heights of a doubly curved surface, the first rows of a grid of 8192 squared points."""
    u = np.arange(8192, dtype=np.float64) / 8192
    return np.stack([(40 * np.sin(7 * u) * np.cos(5 * v) + 3 * u * v).astype(np.float32) for v in u[:rows]])


def triangles(count: int) -> NDArray[np.int32]:
    """The corners of the triangles of the surface's grid: neighbours are near, and it rises slowly."""
    offsets = np.array([0, 1, 512, 512, 1, 513], np.int32)
    number = np.arange(count, dtype=np.int32)
    return number // 6 + offsets[number % 6]


def distances(side: int) -> NDArray[np.float32]:
    """For each point of a cube, how far it is above the surface."""
    u = np.arange(side, dtype=np.float32) / np.float32(side)
    heights = 0.3 * np.sin(7 * u)[:, None] * np.cos(5 * u)[None, :]
    return (u[None, None, :] - heights[:, :, None] - np.float32(0.5)).astype(np.float32)


def store(path: Path, items: Iterable[tuple[dict[str, NDArray[Any]], dict[str, Any]]]) -> Path:
    """Writes items as PATH.json and PATH.bin, and gives the former."""
    listed, at = [], 0
    with open(path.with_suffix(".bin"), "wb") as file:
        for arrays, values in items:
            described = []
            for key, array in arrays.items():
                at += file.write(b"\0" * (-at % ALIGNMENT))
                described.append({
                    "key": key, "dtype": array.dtype.str, "shape": array.shape, "offset": at, "bytes": array.nbytes,
                })  # fmt: skip
                at += file.write(np.ascontiguousarray(array).data)
            listed.append({"arrays": described, "metadata": values})
    result = path.with_suffix(".json")
    result.write_text(json.dumps({"items": listed}))
    return result
