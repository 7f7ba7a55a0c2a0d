"""Everything a report tells, read from a store: no HTML here, and no store afterwards.

What cannot be read is told where it would stand; it keeps nothing else from being reported.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, Optional

import numpy as np

from .. import __version__
from .._array import Array
from .._errors import DataStorageError
from .._layout import Layout, Layouts
from .._nodes import Node, nodes_of
from .._store import Store
from .._summary import summary_of
from ._sample import sample
from ._scene import scene_of
from ._statistics import Statistics, describe

# More values than these are listed, not described; more than those are counted only.
MOST_DESCRIBED = 300
MOST_LISTED = 3000
# Characters of a text and elements of an array that are shown as they are.
_TEXT = 2000
_FIRST = 6


class Description(NamedTuple):
    """What is told of a value.

    Attributes
    ----------
    node : Node
        What it is.
    layout : Layout or None
        How it is stored.
    statistics : Statistics or None
        Of its elements.
    boxes : int
        The number of boxes that were looked at; 0 is all of it.
    first : list of str
        Its first elements.
    text : str or None
        What has no elements: text, JSON, bytes in hexadecimal digits.
    about : str
        What the schema says of it.
    attributes : dict
        Its attributes.
    error : str or None
        Why it could not be read.
    """

    node: Node
    layout: Optional[Layout] = None
    statistics: Optional[Statistics] = None
    boxes: int = 0
    first: list[str] = []
    text: Optional[str] = None
    about: str = ""
    attributes: dict[str, Any] = {}
    error: Optional[str] = None


class Contents(NamedTuple):
    """What a page shows."""

    name: str
    version: str
    summary: dict[str, Any]
    nodes: list[Node]
    layouts: dict[str, Layout]
    descriptions: list[Description]
    scene: Optional[dict[str, Any]]
    metadata: list[tuple[str, Any, Optional[str]]]
    schema: dict[str, Any]


def collect(store: Store, name: str, limit: int) -> Contents:
    """Reads what a report tells; of an array with more than `limit` elements, a sample."""
    nodes = nodes_of(store)
    values = [node for node in nodes if node.kind != "group"]
    schema = store.schema
    names = _names_of_numbers(store)
    abouts = abouts_of(schema)
    with Layouts(store) as layouts:
        found = {node.key: layouts.of(node.key) for node in values[:MOST_LISTED]}
    known = {key: layout for key, layout in found.items() if layout is not None}
    descriptions = []
    for node in values[:MOST_DESCRIBED]:
        about = abouts.get(node.key) or abouts.get(node.name, "")
        descriptions.append(described(store, node, known.get(node.key), names.get(node.name), about, limit))
    return Contents(
        name,
        __version__,
        summary_of(store),
        nodes,
        known,
        descriptions,
        scene_of(store, nodes, names),
        _metadata(store),
        schema,
    )


def described(
    store: Store, node: Node, layout: Optional[Layout], names: Optional[dict[str, str]], about: str, limit: int
) -> Description:
    """What is told of a value; what cannot be read is told instead."""
    told = Description(node, layout, about=about)
    if node.error is not None:
        return told._replace(error=node.error)
    try:
        told = told._replace(attributes=store.handle.attributes(node.key))
        if node.kind == "json":
            text = json.dumps(store.load(node.key), indent=2, ensure_ascii=False)
            return told._replace(text=shortened(text, _TEXT))
        if node.kind == "bytes":
            return told._replace(text=_hexadecimal(store, node))
        if not node.shape:
            value = store.load(node.key)
            return told._replace(text=shortened(value, _TEXT) if isinstance(value, str) else str(value))
        array = Array(store, node.key)
        values, boxes = sample(array, limit, layout.chunks if layout else None)
        first = [shortened(str(value), 40) for value in values.reshape(-1)[:_FIRST]]
        return told._replace(statistics=describe(values, names), boxes=boxes, first=first)
    except DataStorageError as error:
        return told._replace(error=str(error))
    except MemoryError:
        return told._replace(error=f"{node.key}: not enough memory to look at it")


def _hexadecimal(store: Store, node: Node) -> str:
    head: bytes = np.asarray(Array(store, node.key)[:64]).tobytes() if node.shape else store.handle.load_bytes(node.key)
    return head[:64].hex(" ") + (" …" if (node.nbytes or 0) > 64 else "")


def shortened(text: str, length: int) -> str:
    """The text, or its beginning and how much follows."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text) - length} more characters)"


def _names_of_numbers(store: Store) -> dict[str, dict[str, str]]:
    """The names of the integers in arrays: the metadata `descriptions/<array>`."""
    sections = store.metadata.get("descriptions")
    if not isinstance(sections, dict):
        return {}
    return {
        array: {number: text for number, text in section.items() if isinstance(text, str)}
        for array, section in sections.items()
        if isinstance(section, dict)
    }


def abouts_of(schema: dict[str, Any]) -> dict[str, str]:
    """What a schema says of arrays, by name and by group and name."""
    abouts: dict[str, str] = {}
    for name, group in schema.get("groups", {}).items():
        for array, entry in group.get("arrays", {}).items():
            abouts.setdefault(array, str(entry.get("description") or ""))
            abouts[f"{name}/{array}"] = str(entry.get("description") or "")
    return abouts


def _natural(path: str) -> list[Any]:
    """Orders paths without sections first, and numbers by their value."""
    parts = re.split(r"(\d+)", path)
    return ["/" in path, *((int(part), "") if part.isdecimal() else (-1, part) for part in parts)]


def _metadata(store: Store) -> list[tuple[str, Any, Optional[str]]]:
    """Path, value and scope of each field, those of no section first; sizes are told with the arrays."""
    rows: list[tuple[str, Any, Optional[str]]] = []
    for path in sorted(store.metadata.paths(), key=_natural):
        if path.partition("/")[0] != "file_sizes_KB":
            rows.append((path, store.metadata[path], store.metadata.scope(path)))
    return rows
