"""The parts of workload E, as a list and pools of values from which each row makes the parts, one at a time.

Synthetic parts: 60 arrays in the groups faces, edges and graph, with a schema. Their sizes are those of workload C times
a number of the part, between a half and one and a half; windows of the arrays of real STEP files, as there. Real parts:
the arrays of the files themselves, those that every file has, scalars left out. `rows/parts.py` and
`native/src/parts.rs` read it.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.inputs import ALIGNMENT, metadata, sizes
from driver.step_arrays import Part

#: Groups, their primary dimensions, and the rows of a part of middling size.
SYNTHETIC = {"faces": ("face", 10), "edges": ("edge", 24), "graph": ("graph_edge", 20)}
REAL = {"faces": "face", "edges": "edge", "graph": "graph_edge", "faceface": "face_i"}
#: How many times the longest window a pool is, so that parts are not alike.
POOL = 4


@dataclass
class Column:
    """An array of all parts."""

    key: str
    group: str
    pool: NDArray[Any]
    inner: tuple[int, ...]
    begins: NDArray[np.int64]
    square: bool = False

    @property
    def merged(self) -> str:
        return f"{self.group}/{self.key.rsplit('/', 1)[-1]}"

    def dims(self, dimension: str) -> list[str]:
        """Lengths name the inner dimensions, so that no name has two lengths."""
        outer = [dimension, dimension.replace("_i", "_j")] if self.square else [dimension]
        return outer + [f"axis_{axis}_of_{length}" for axis, length in enumerate(self.inner)]


@dataclass
class Parts:
    """What is written: arrays, the rows of each group in each part, a factor and metadata of each part."""

    columns: list[Column]
    dimensions: dict[str, str]
    rows: dict[str, NDArray[np.int64]]
    factors: NDArray[np.float32]
    documents: list[dict[str, Any]]
    raw: int = field(init=False)

    def __post_init__(self) -> None:
        row = {c.key: math.prod(c.inner) * c.pool.itemsize for c in self.columns}
        self.raw = sum(int(self.rows[c.group].sum()) * row[c.key] for c in self.columns)

    @property
    def count(self) -> int:
        return len(self.factors)

    def schema(self) -> str:
        """The dictionary that each part of the library gets."""
        groups: dict[str, Any] = {}
        for group, dimension in self.dimensions.items():
            own = [c for c in self.columns if c.group == group]
            arrays = {c.key.rsplit("/", 1)[-1]: {"dims": c.dims(dimension), "dtype": c.pool.dtype.name} for c in own}
            groups[group] = {"primary_dimension": dimension, "arrays": arrays}
            if any(c.square for c in own):
                groups[group]["special_processing"] = "matrix_flattening"
        return json.dumps({"version": "1.0", "domain": "benchmark", "groups": groups})


def synthetic(sources: list[Part], count: int) -> Parts:
    """`count` parts; the first n of them are the same whatever the count."""
    scales = np.random.default_rng(1).uniform(0.5, 1.5, count)
    rows = {g: np.maximum(1, np.rint(base * scales)).astype(np.int64) for g, (_, base) in SYNTHETIC.items()}
    longest = {key: max(s.arrays[key].size for s in sources if key in s.arrays) for s in sources for key in s.arrays}
    columns = []
    for number, size in enumerate(sizes()):
        group = list(SYNTHETIC)[number % len(SYNTHETIC)]
        base, fitting = SYNTHETIC[group][1], sorted(key for key, most in longest.items() if most >= size)
        name, inner = fitting[number % len(fitting)], max(1, round(size / base))
        length = POOL * 2 * base * inner
        own = [s.arrays[name].ravel() for s in sources if name in s.arrays]
        values = np.concatenate([array[: max(length // len(own), size)] for array in own])
        pool = np.resize(values, max(values.size, length))
        room = pool.size - rows[group] * inner
        places = np.random.default_rng([5, number]).random(count)
        begins = (places * room).astype(np.int64)
        key = f"{group}/{name.rsplit('/', 1)[-1]}_{number:02}"
        columns.append(Column(key, group, pool, (inner,) if inner > 1 else (), begins))
    factors = np.random.default_rng(2).uniform(0.5, 2.0, count).astype(np.float32)
    documents = [metadata(source.metadata, 0) for source in sources]
    return Parts(columns, {g: dimension for g, (dimension, _) in SYNTHETIC.items()}, rows, factors, documents)


def real(sources: list[Part]) -> Parts:
    """The parts of the files."""
    common = [key for key in sources[0].arrays if all(key in source.arrays for source in sources)]
    columns = []
    rows: dict[str, NDArray[np.int64]] = {}
    for key in common:
        arrays = [source.arrays[key] for source in sources]
        square = key.startswith("faceface/")
        inner = arrays[0].shape[2 if square else 1 :]
        if arrays[0].ndim == 0:
            continue
        group = key.split("/")[0] if "/" in key else key.split("_")[0] + "s"
        rows[group] = np.array([math.prod(a.shape[: a.ndim - len(inner)]) for a in arrays], np.int64)
        begins = np.cumsum([0] + [a.size for a in arrays[:-1]]).astype(np.int64)
        columns.append(Column(key, group, np.concatenate([a.ravel() for a in arrays]), inner, begins, square))
    documents = [metadata(source.metadata, 0) for source in sources]
    return Parts(columns, {g: REAL[g] for g in rows}, rows, np.ones(len(sources), np.float32), documents)


def store(path: Path, parts: Parts) -> Path:
    """Writes the parts as PATH.json and PATH.bin, and gives the former."""
    groups = list(parts.dimensions)
    with open(path.with_suffix(".bin"), "wb") as file:

        def put(array: NDArray[Any]) -> int:
            file.write(b"\0" * (-file.tell() % ALIGNMENT))
            at = file.tell()
            file.write(np.ascontiguousarray(array).data)
            return at

        rows = put(np.stack([parts.rows[group] for group in groups]))
        begins = put(np.stack([column.begins for column in parts.columns]))
        factors = put(parts.factors)
        arrays = [
            {
                "key": c.key, "merged": c.merged, "group": groups.index(c.group), "dtype": c.pool.dtype.str,
                "width": c.pool.itemsize, "inner": c.inner, "square": c.square, "pool": put(c.pool),
                "elements": c.pool.size, "dims": c.dims(parts.dimensions[c.group]),
            }
            for c in parts.columns
        ]  # fmt: skip
    result = path.with_suffix(".json")
    result.write_text(json.dumps({
        "count": parts.count, "groups": groups, "dimensions": list(parts.dimensions.values()), "schema": parts.schema(),
        "metadata": parts.documents, "rows": rows, "begins": begins, "factors": factors, "arrays": arrays,
    }))  # fmt: skip
    return result
