"""Arrays of points as layers of a scene: grids over faces, curves, single points; of a whole store or of some rows.

Which arrays are points is read off their names and shapes: floats whose last dimension has the length 3 (or 7: place,
normal and mask, as UV-Net has it) and whose name says so. Coordinates are sent as 16-bit integers over the box of the
scene: for looking at, not for measuring. How elements are read is the caller's.
"""

from __future__ import annotations

import base64
import math
import re
from typing import Any, Callable, NamedTuple, Optional

import numpy as np

from .._dtypes import NDArray
from .._errors import DataStorageError
from .._nodes import Node

# A larger array is not loaded to be looked at.
_MOST_BYTES = 1 << 28
_MOST_ITEMS = 20_000
MOST_LAYERS = 4
_MOST_VALUES = 12
_ORDER = {"grid": 0, "curve": 1, "point": 2}

_PLACES = re.compile(r"point|uv_?grid|uvgrid|xyz|coord|vert|centroid|position", re.IGNORECASE)
_DIRECTIONS = re.compile(r"normal|tangent|direction|colou?r|mask|index|indices", re.IGNORECASE)
_CURVES = re.compile(r"edge|curve|line|wire|u_?grid", re.IGNORECASE)


# The elements of an array, by its node.
Read = Callable[[Node], NDArray]


class Layer(NamedTuple):
    """An array of points: what its items are (by their dimension), and the arrays that go with it."""

    node: Node
    kind: str
    places: NDArray
    normals: Optional[NDArray]
    mask: NDArray
    items: NDArray


def scene_of_layers(layers: list[Layer], values: dict[str, list[dict[str, Any]]], unit: Any) -> dict[str, Any]:
    """Layers in the box that they share, with what is known of their items by `known_by`."""
    low = np.min([layer.places[layer.mask].min(0) for layer in layers], 0)
    high = np.max([layer.places[layer.mask].max(0) for layer in layers], 0)
    centre, scale = (low + high) / 2, float((high - low).max()) / 2 or 1.0
    return {
        "low": low.tolist(),
        "high": high.tolist(),
        "centre": centre.tolist(),
        "scale": scale,
        "unit": unit if isinstance(unit, str) else "",
        "layers": [_sent(layer, centre, scale) for layer in layers],
        "values": values,
    }


def known_by(node: Node) -> str:
    """What the items of an array of points are: its group and first dimension."""
    group = node.key.rpartition("/")[0]
    return f"{group}/{_dim(node)}" if group else _dim(node)


def order_of(node: Node) -> tuple[int, str]:
    """Grids first, then curves, then single points."""
    return _ORDER[kind_of(node) or "point"], node.key


def _dim(node: Node) -> str:
    return node.dims[0] if node.dims else ""


def kind_of(node: Node) -> Optional[str]:
    """``"grid"``, ``"curve"`` or ``"point"``; None when it is no array of points."""
    if node.kind != "array" or node.dtype not in ("float16", "float32", "float64") or not 2 <= len(node.shape) <= 4:
        return None
    if not _PLACES.search(node.name) or _DIRECTIONS.search(node.name) or 0 in node.shape:
        return None
    if node.shape[-1] not in ((3, 7) if len(node.shape) == 4 else (3,)) or (node.nbytes or 0) > _MOST_BYTES:
        return None
    if len(node.shape) == 4:
        return "grid"
    return "curve" if len(node.shape) == 3 and _CURVES.search(node.name) else "point"


def layer_of(node: Node, siblings: dict[str, Node], read: Read, most: int) -> Optional[Layer]:
    """The points of an array, thinned to about `most`, by whole items where that is enough.

    `siblings` are the arrays of its group, which may hold its normals and its mask. None when there is no finite point.
    """
    kind = kind_of(node) or "point"
    try:
        values = read(node)
        places = values[..., :3].astype(np.float64)
        normals, mask = None, np.ones(places.shape[:-1], bool)
        if values.shape[-1] == 7:
            normals, mask = values[..., 3:6], values[..., 6] > 0.5
        elif kind == "grid":
            stem = re.sub("(?i)points?$|xyz$|coords?$", "", node.key)
            normals = _sibling(siblings, read, (stem + "normals", stem + "normal"), node.shape)
            found = _sibling(siblings, read, (stem + "mask", stem + "masks"), node.shape[:-1])
            mask = mask if found is None else found != 0
    except DataStorageError:
        return None
    mask &= np.isfinite(places).all(-1)
    if not mask.any():
        return None
    # Within an item, every so many points along each of its dimensions; then every so many items.
    inner = places.shape[1:-1]
    stride = math.ceil((math.prod(inner) / most) ** (1 / max(1, len(inner))))
    thin = (slice(None), *(slice(None, None, max(1, stride)) for _ in inner))
    places, mask, normals = places[thin], mask[thin], None if normals is None else normals[thin]
    each = math.prod(places.shape[1:-1])
    step = max(1, math.ceil(places.shape[0] / max(1, most // max(1, each))))
    items = np.arange(0, places.shape[0], step)
    if not mask[items].any():
        return None
    return Layer(node, kind, places[items], None if normals is None else normals[items], mask[items], items)


def _sibling(
    siblings: dict[str, Node], read: Read, keys: tuple[str, ...], shape: tuple[int, ...]
) -> Optional[NDArray]:
    for key in keys:
        if key in siblings and siblings[key].shape == shape and siblings[key].dtype != "str":
            return read(siblings[key])
    return None


def _sent(layer: Layer, centre: NDArray, scale: float) -> dict[str, Any]:
    places = np.where(layer.mask[..., None], (layer.places - centre) / scale, 0)
    shape = layer.places.shape
    sent: dict[str, Any] = {
        "key": layer.node.key,
        "kind": layer.kind,
        "dim": _dim(layer.node),
        "known": known_by(layer.node),
        "items": len(layer.items),
        "of": layer.node.shape[0],
        "step": int(layer.items[1] - layer.items[0]) if len(layer.items) > 1 else 1,
        "inner": list(shape[1:-1]),
        "thinned": layer.node.shape[1:-1] != shape[1:-1] or len(layer.items) < layer.node.shape[0],
        "points": _base64((places * 32767).round().astype("<i2")),
        "mask": _base64(layer.mask.astype("u1")),
    }
    if layer.normals is not None:
        finite = np.nan_to_num(layer.normals.astype(np.float64), posinf=0, neginf=0).clip(-1, 1)
        sent["normals"] = _base64((finite * 127).round().astype("i1"))
    return sent


def _base64(array: NDArray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def values_of(
    layer: Layer,
    siblings: dict[str, Node],
    read: Read,
    names: dict[str, dict[str, str]],
    kinds: Optional[dict[str, list[int]]] = None,
) -> list[dict[str, Any]]:
    """What is known of each item: the arrays of the same group with one value an item.

    `kinds` are all values that categories have, by key, so that a value has one colour in every scene of a page.
    """
    kinds = kinds or {}
    found: list[dict[str, Any]] = []
    if layer.node.shape[0] > _MOST_ITEMS:
        return found
    for key, node in siblings.items():
        fits = node.kind == "array" and node.shape == layer.node.shape[:1] and _dim(node) == _dim(layer.node)
        if (
            not fits
            or node.dtype in (None, "str")
            or str(node.dtype).startswith("complex")
            or len(found) >= _MOST_VALUES
        ):
            continue
        try:
            values = read(node)
        except DataStorageError:
            continue
        numbers = [float(f"{float(value):.7g}") if math.isfinite(value) else None for value in values.tolist()]
        labels = names.get(node.name, {})
        few = key in kinds or (values.dtype.kind in "iub" and len(np.unique(values)) <= 12)
        told = {"key": key, "numbers": numbers, "labels": labels, "category": bool(few)}
        found.append({**told, "kinds": kinds[key]} if key in kinds else told)
    return found
