"""The files that the page draws: which ones, why, and their points with what is known of each face or edge.

Not all files of a dataset fit into a page. Drawn are, for each label, the file with the most of it, those far from the
rest, the most ordinary ones, and then files spread evenly over the codes, as many as the budget allows.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import numpy as np

from ..._array import Array
from ..._dataset._catalog import FILE
from ..._dataset._explorer import DatasetExplorer
from ..._dtypes import NDArray
from ..._nodes import Node
from .._points import MOST_LAYERS, kind_of, known_by, layer_of, order_of, scene_of_layers, values_of
from ._labels import Labels
from ._outliers import FAR

# Files that are drawn, bytes that all of them take in the page, and points of an array of one file, at most.
MOST_PARTS = 60
MOST_BYTES = 6_000_000
_MOST_POINTS = 20_000
_OUTLIERS, _ORDINARY = 12, 6


class Part(NamedTuple):
    """A file that is drawn: its code, why it was chosen, and its scene."""

    code: int
    reason: str
    scene: dict[str, Any]


def parts_of(
    explorer: DatasetExplorer,
    nodes: list[Node],
    labels: list[Labels],
    names: dict[str, dict[str, str]],
    worst: NDArray,
    unit: Any,
) -> list[Part]:
    """The files that are drawn, in the order in which they were chosen; none when there are no points."""
    arrays = {node.key: node for node in nodes if node.kind == "array"}
    groups = {
        group: {
            name: arrays[entry.key]._replace(dims=entry.dims)
            for name, entry in explorer.catalog.arrays(group).items()
            if entry.axis != FILE and entry.key in arrays
        }
        for group in explorer.available_groups()
    }
    if not any(kind_of(node) for found in groups.values() for node in found.values() if math.prod(node.shape[1:]) >= 3):
        return []
    kinds = {one.key: [int(value) for value in one.values] for one in labels if one.unit != "file"}
    prefer = next((one.key for one in labels if one.unit != "file"), "")
    parts: list[Part] = []
    left = MOST_BYTES
    for code, reason in choice(labels, worst):
        scene = _scene(explorer, groups, code, names, kinds)
        if scene is None:
            continue
        scene.update(prefer=prefer, unit=unit if isinstance(unit, str) else "")
        size = len(json.dumps(scene))
        if size <= left:
            left -= size
            parts.append(Part(code, reason, scene))
        if len(parts) == MOST_PARTS:
            break
    return parts


def choice(labels: list[Labels], worst: NDArray) -> list[tuple[int, str]]:
    """Codes and reasons, best first; files without points come to nothing, so there are more than are drawn."""
    chosen: dict[int, str] = {}
    far = [code for code in np.argsort(-worst, kind="stable")[:_OUTLIERS].tolist() if worst[code] > FAR]
    ordinary = np.argsort(worst, kind="stable")[:_ORDINARY].tolist()
    for code in ordinary[:1]:
        chosen.setdefault(code, "ordinary: near the median in every measure")
    for one in [one for one in labels if one.unit != "file"][:1]:
        for at, text in enumerate(one.texts[:20]):
            # A large file may have the most of many labels, and shows one of them.
            order = (code for code in np.argsort(-one.matrix[:, at].astype(np.int64), kind="stable").tolist())
            code = next((code for code in order if code not in chosen), None)
            if code is not None and one.matrix[code, at]:
                chosen[code] = f"most of a label: {one.key} {text}, {one.matrix[code, at]} rows"
    for code in far:
        chosen.setdefault(code, f"far from the rest: score {worst[code]:.1f}")
    for code in ordinary[1:]:
        chosen.setdefault(code, "ordinary: near the median in every measure")
    for code in np.unique(np.linspace(0, len(worst) - 1, 2 * MOST_PARTS).round().astype(int)).tolist():
        chosen.setdefault(code, "spread evenly: one of every so many files")
    return list(chosen.items())


def _scene(
    explorer: DatasetExplorer,
    groups: dict[str, dict[str, Node]],
    code: int,
    names: dict[str, dict[str, str]],
    kinds: dict[str, list[int]],
) -> Any:
    """The points of one file; None when it has none."""
    catalog = explorer.catalog
    rows: dict[str, tuple[int, int]] = {}
    siblings: dict[str, dict[str, Node]] = {}
    for group, found in groups.items():
        for name, node in found.items():
            offsets = catalog.offsets(group, catalog.array(group, name).axis)
            first, last = rows[node.key] = int(offsets[code]), int(offsets[code + 1])
            shape = (last - first, *node.shape[1:])
            nbytes = (node.nbytes or 0) // max(1, node.shape[0]) * shape[0]
            siblings.setdefault(group, {})[node.key] = node._replace(shape=shape, nbytes=nbytes)

    def read(node: Node) -> NDArray:
        first, last = rows[node.key]
        values: NDArray = Array(explorer.store, node.key)[first:last]
        return values

    points = [node for found in siblings.values() for node in found.values() if kind_of(node) is not None]
    layers = []
    values: dict[str, list[dict[str, Any]]] = {}
    for node in sorted(points, key=order_of)[:MOST_LAYERS]:
        beside = siblings[node.key.rpartition("/")[0]]
        layer = layer_of(node, beside, read, _MOST_POINTS)
        if layer is not None:
            layers.append(layer)
            if known_by(node) not in values:
                values[known_by(node)] = values_of(layer, beside, read, names, kinds)
    return scene_of_layers(layers, values, "") if layers else None

