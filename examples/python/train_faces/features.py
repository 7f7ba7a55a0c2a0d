"""What a classifier sees of a face: its size, place and edges in its part, and its neighbours'.

Every number is relative to the part's bounding box or diagonal, and axes come sorted: turning the part by
a right angle, mirroring or scaling it changes nothing. Nothing here knows labels or names of parts.
"""

from __future__ import annotations

import numpy as np
from dataset import Faces
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

CONCAVE, CONVEX = 0, 1
KINDS = 11  # of surfaces
ANGLE_BINS = np.deg2rad([50, 75, 100, 125, 150, 210, 235, 260, 285, 310])
EPSILON = 1e-9


class Sides:
    """Every adjacency seen from both of its faces: what lies beyond each edge of each face."""

    def __init__(self, faces: Faces):
        self.face = np.concatenate([faces.source, faces.destination])
        self.other = np.concatenate([faces.destination, faces.source])
        self.edge = {key: np.concatenate([values, values]) for key, values in faces.edge.items()}
        self.count = len(faces.part)

    def total(self, values: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
        """The sum over the edges of each face."""
        chosen = self.face if where is None else self.face[where]
        values = values if where is None else values[where]
        out = np.zeros((self.count, *values.shape[1:]))
        np.add.at(out, chosen, values)
        return out

    def largest(self, values: np.ndarray, where: np.ndarray, nothing: float) -> np.ndarray:
        """The largest over the chosen edges of each face, `nothing` where it has none."""
        out = np.full((self.count, *values.shape[1:]), -np.inf)
        np.maximum.at(out, self.face[where], values[where])
        return np.where(np.isfinite(out), out, nothing)


class Boxes:
    """Bounding boxes of faces and of their parts, from the points of their edges and surfaces."""

    def __init__(self, faces: Faces, sides: Sides):
        inside = faces.face["uv_mask"].astype(bool)[..., None]
        grid = faces.face["uv_points"]
        self.low = np.where(inside, grid, np.inf).min((1, 2))
        self.high = np.where(inside, grid, -np.inf).max((1, 2))
        np.minimum.at(self.low, sides.face, sides.edge["points"].min(1))
        np.maximum.at(self.high, sides.face, sides.edge["points"].max(1))
        parts = int(faces.part.max()) + 1
        low, high = np.full((parts, 3), np.inf), np.full((parts, 3), -np.inf)
        np.minimum.at(low, faces.part, self.low)
        np.maximum.at(high, faces.part, self.high)
        self.part_low, self.part_high = low[faces.part], high[faces.part]
        self.diagonal = np.linalg.norm(self.part_high - self.part_low, axis=1)

    def outer(self) -> np.ndarray:
        """Which faces lie flat on a side of their part's box."""
        near = 1e-4 * self.diagonal[:, None]
        flat = self.high - self.low < near
        return (flat & ((self.low - self.part_low < near) | (self.part_high - self.high < near))).any(1)

    def describe(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Of a box in each face's part: its sides, sorted, the sides of the part that it touches, and how
        many of its axes reach none, one or both of them."""
        size = np.sort((high - low) / (self.part_high - self.part_low), axis=1)
        at_low = low - self.part_low < 1e-4 * self.diagonal[:, None]
        at_high = self.part_high - high < 1e-4 * self.diagonal[:, None]
        touched = at_low.astype(int) + at_high
        return np.column_stack([size, touched.sum(1), (touched == 0).sum(1), (touched == 1).sum(1), (touched == 2).sum(1)])


def own(faces: Faces, sides: Sides, boxes: Boxes) -> np.ndarray:
    """Of the face alone: kind, size, direction, place, and its edges."""
    face, edge = faces.face, sides.edge
    seen = (face["uv_mask"] & face["uv_normal_mask"]).astype(float)[..., None]
    normal = (face["uv_normals"] * seen).sum((1, 2)) / np.maximum(seen.sum((1, 2)), 1)
    bent = 1 - np.linalg.norm(normal, axis=1)
    size = boxes.part_high - boxes.part_low
    centre = (face["centroids"] - boxes.part_low) / size
    ahead = (normal * (np.where(normal > 0, boxes.part_high, boxes.part_low) - face["centroids"])).sum(1)
    behind = (normal * (face["centroids"] - np.where(normal > 0, boxes.part_low, boxes.part_high))).sum(1)
    perimeter = sides.total(edge["lengths"])
    angles = np.eye(len(ANGLE_BINS) + 1)[np.digitize(edge["dihedral_angles"], ANGLE_BINS)]
    kinds = np.eye(4)[edge["convexity"]]
    return np.column_stack([
        np.eye(KINDS)[face["types"]],
        face["loops"],
        np.sqrt(face["areas"]) / boxes.diagonal,
        perimeter / boxes.diagonal,
        perimeter / np.sqrt(face["areas"] + EPSILON),
        face["uv_mask"].mean((1, 2)),
        bent,
        np.sort(np.abs(normal), axis=1),
        np.sort(np.minimum(centre, 1 - centre), axis=1),
        ahead / boxes.diagonal,
        behind / boxes.diagonal,
        boxes.describe(boxes.low, boxes.high),
        sides.total(kinds),
        sides.total(kinds * edge["lengths"][:, None]) / (perimeter[:, None] + EPSILON),
        sides.total(angles),
    ])  # fmt: skip


def regions(faces: Faces, boxes: Boxes, joined: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Of the region around each face: the faces that are reached over the adjacencies in `joined`."""
    n = len(faces.part)
    links = coo_array((np.ones(joined.sum()), (faces.source[joined], faces.destination[joined])), shape=(n, n))
    count, region = connected_components(links, directed=False)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, region, boxes.low)
    np.maximum.at(high, region, boxes.high)
    size = np.bincount(region, minlength=count)
    links_in = np.bincount(region[faces.source[joined]], minlength=count)
    area = np.bincount(region, faces.face["areas"], minlength=count)
    outside = np.bincount(region, outer, minlength=count)
    return np.column_stack([
        np.stack([size, links_in, links_in - size, outside], axis=1)[region],
        np.sqrt(area[region]) / boxes.diagonal,
        faces.face["areas"] / area[region],
        boxes.describe(low[region], high[region]),
    ])  # fmt: skip


def neighbours(values: np.ndarray, sides: Sides) -> np.ndarray:
    """Mean and largest of the neighbours over concave edges, and mean over convex ones."""
    concave, convex = (sides.edge["convexity"] == kind for kind in (CONCAVE, CONVEX))
    beyond = values[sides.other]
    one = np.ones((len(sides.other), 1))
    columns = [sides.total(beyond, where) / np.maximum(sides.total(one, where), 1) for where in (concave, convex)]
    return np.column_stack([*columns, sides.largest(beyond, concave, -1.0)])


def features(faces: Faces) -> np.ndarray:
    """(n, k) float32: the face, its regions, its neighbours and theirs. For models that see one row a face."""
    sides = Sides(faces)
    boxes = Boxes(faces, sides)
    outer = boxes.outer()
    concave = faces.edge["convexity"] == CONCAVE
    inner = ~outer[faces.source] & ~outer[faces.destination]
    around = [regions(faces, boxes, joined, outer) for joined in (concave, inner, concave & inner)]
    near = np.column_stack([own(faces, sides, boxes), *around])
    first = neighbours(near, sides)
    second = neighbours(first[:, : near.shape[1]], sides)
    return np.column_stack([near, first, second]).astype(np.float32)


def graph_features(faces: Faces) -> tuple[np.ndarray, np.ndarray, Sides]:
    """(n, k) of each face alone and (2m, e) of each of its sides, float32. For models that see the graph."""
    sides = Sides(faces)
    boxes = Boxes(faces, sides)
    angle = sides.edge["dihedral_angles"]
    length = sides.edge["lengths"] / boxes.diagonal[sides.face]
    edges = np.column_stack([np.eye(4)[sides.edge["convexity"]], np.sin(angle), np.cos(angle), length])
    return own(faces, sides, boxes).astype(np.float32), edges.astype(np.float32), sides
