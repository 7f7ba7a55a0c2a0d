"""From encoded parts to flat arrays: one row a face, one row an adjacency, over all parts.

The only module that knows datastorage. Numbers of faces and edges, which the parts count from 0, become
rows of the whole, so that what follows works on all parts at once and never mixes two of them:
an adjacency joins faces of one part.
"""

from __future__ import annotations

import dataclasses
import pathlib

import datastorage
import numpy as np

FACE_ARRAYS = ("types", "areas", "loops", "centroids", "uv_points", "uv_normals", "uv_mask", "uv_normal_mask")
EDGE_ARRAYS = ("convexity", "dihedral_angles", "lengths", "points")


@dataclasses.dataclass(frozen=True)
class Faces:
    """n faces and m adjacencies of many parts. Lengths in mm, angles in rad."""

    part: np.ndarray  # (n,) which part, from 0, rising
    label: np.ndarray  # (n,) class
    face: dict[str, np.ndarray]  # FACE_ARRAYS, each (n, ...)
    source: np.ndarray  # (m,) row of a face
    destination: np.ndarray  # (m,) row of another face of the same part
    edge: dict[str, np.ndarray]  # EDGE_ARRAYS, each (m, ...): of the edge where the two meet
    names: list[str]  # of the parts


def merge(encoded: pathlib.Path, output: pathlib.Path) -> None:
    """Merges the archives in a directory into one dataset; replaces the one that is there."""
    parts = sorted(encoded.glob("*.zarr.data"))
    if not parts:
        raise SystemExit(f"{encoded}: no encoded parts (*.zarr.data)")
    datastorage.merge([str(part) for part in parts], str(output), mode="w", codec="zstd:3")


def load(path: pathlib.Path) -> Faces:
    """Reads the arrays that the features need. Every part must have labels."""
    dataset = datastorage.DatasetExplorer(str(path))

    def read(group: str, key: str) -> np.ndarray:
        return np.asarray(dataset.get_array_data(group, key))

    part = read("faces", "file_id_code_faces")
    label = read("faces", "face_labels")
    if len(label) != len(part):
        raise SystemExit(f"{path}: {len(part)} faces, {len(label)} labels: some part has none")
    first_face = first_rows(part)
    first_edge = first_rows(read("edges", "file_id_code_edges"))

    part_of_adjacency = read("graph", "file_id_code_graph")
    faces_before = first_face[part_of_adjacency]
    at = read("graph", "edge_of_graph_edge") + first_edge[part_of_adjacency]
    return Faces(
        part=part,
        label=label,
        face={key: read("faces", f"face_{key}") for key in FACE_ARRAYS},
        source=read("graph", "edges_source") + faces_before,
        destination=read("graph", "edges_destination") + faces_before,
        edge={key: read("edges", f"edge_{key}")[at] for key in EDGE_ARRAYS},
        names=[dataset.decode_file_id_code(code) for code in range(int(part.max()) + 1)],
    )


def first_rows(codes: np.ndarray) -> np.ndarray:
    """The first row of each part, given the (rising) part of every row."""
    return np.searchsorted(codes, np.arange(int(codes.max()) + 1))
