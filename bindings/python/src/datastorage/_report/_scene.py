"""The points in space of a store, with what is known of each face or edge.

All layers of a scene come from one group of the store, and share its box.
"""

from __future__ import annotations

from typing import Any, Optional

from .._array import Array
from .._dtypes import NDArray
from .._nodes import Node
from .._store import Store
from ._points import MOST_LAYERS, kind_of, known_by, layer_of, order_of, scene_of_layers, values_of

# More points are thinned, by whole faces or edges where that is enough.
MOST_POINTS = 150_000


def scene_of(store: Store, nodes: list[Node], names: dict[str, dict[str, str]]) -> Optional[dict[str, Any]]:
    """What the page draws; None when the store has no points."""
    by_group: dict[str, list[Node]] = {}
    for node in nodes:
        if kind_of(node) is not None:
            by_group.setdefault(node.key.rpartition("/")[0], []).append(node)
    if not by_group:
        return None
    group = max(by_group, key=lambda name: sum(node.elements for node in by_group[name]))
    siblings = {node.key: node for node in nodes if node.key.rpartition("/")[0] == group}

    def read(node: Node) -> NDArray:
        values: NDArray = Array(store, node.key)[...]
        return values

    chosen = sorted(by_group[group], key=order_of)[:MOST_LAYERS]
    found = (layer_of(node, siblings, read, MOST_POINTS) for node in chosen)
    layers = [layer for layer in found if layer is not None]
    if not layers:
        return None
    values = {known_by(layer.node): values_of(layer, siblings, read, names) for layer in layers}
    return scene_of_layers(layers, values, store.metadata.get("length_unit"))
