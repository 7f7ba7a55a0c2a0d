"""`ls`, `tree`, `info` and `meta`: what is in a store, without reading elements."""

from __future__ import annotations

import json
from typing import Any

from .. import _open
from .._display import human
from .._errors import NotFoundError
from .._layout import Layouts
from .._nodes import Node, node_of, nodes_of
from .._store import Store
from .._summary import summary_of
from ._suggest import suggesting
from ._terminal import Terminal, visible, visible_line

_COLUMNS = ((), ("cyan",), ("dim",), (), (), ("green",))


def what_of(node: Node) -> tuple[str, str]:
    """Type and shape as shown: ``("float32", "(37, 3)")``."""
    if node.kind != "array":
        return node.kind, ""
    return str(node.dtype), str(node.shape) if node.shape else ""


def _cells(label: str, node: Node) -> list[str]:
    if node.error is not None:
        return [label, "unreadable", visible_line(node.error), "", "", ""]
    if node.kind == "group":
        return [label, "", "", "", "", ""]
    ratio = f"{node.ratio:.1f}x" if node.ratio is not None and node.shape else ""
    return [label, *what_of(node), "" if node.nbytes is None else human(node.nbytes), human(node.stored_bytes), ratio]


def _label(node: Node, name: str) -> str:
    return visible_line(name) + ("/" if node.kind == "group" else "")


def ls(given: Any, terminal: Terminal) -> int:
    """Lists the children of a group."""
    with _open.open(given.store, "r") as store, suggesting(store, given.key):
        nodes = nodes_of(store, given.key, given.recursive)
    if given.json:
        terminal.json([node.asdict() for node in nodes])
        return 0
    start = len(given.key) + 1 if given.key else 0
    labels = [_label(node, node.key[start:] or node.name) for node in nodes]
    if given.long:
        terminal.table([_cells(label, node) for label, node in zip(labels, nodes)], (3, 4, 5), _COLUMNS)
        return 0
    for label, node in zip(labels, nodes):
        terminal.line(terminal.style(label, "blue", "bold") if node.kind == "group" else label)
    return 0


def tree(given: Any, terminal: Terminal) -> int:
    """Shows everything below a group as a tree."""
    with _open.open(given.store, "r") as store, suggesting(store, given.key):
        nodes = nodes_of(store, given.key)
        uri, form = store.uri, store.format
    depth_of_top = given.key.count("/") + 1 if given.key else 0
    shown = [node for node in nodes if given.depth is None or node.key.count("/") - depth_of_top < given.depth]
    if given.json:
        terminal.json(_nested(shown, given.key))
        return 0
    place = uri + (f" /{given.key}" if given.key else "")
    terminal.line(terminal.style(visible_line(place), "bold") + terminal.style(f"  {form}, {_total(nodes)}", "dim"))
    branches = _branches([node.key.count("/") - depth_of_top for node in shown])
    rows = [_cells(branch + _label(node, node.name), node) for branch, node in zip(branches, shown)]
    terminal.table(rows, (3, 4, 5), _COLUMNS)
    return 0


def _nested(nodes: list[Node], top: str) -> list[dict[str, Any]]:
    """The nodes as objects whose groups hold a list `children`."""
    roots: list[dict[str, Any]] = []
    lists = {top: roots}
    for node in nodes:
        described = node.asdict()
        if node.kind == "group":
            described["children"] = lists[node.key] = []
        lists.get(node.key.rpartition("/")[0], roots).append(described)
    return roots


def _branches(depths: list[int]) -> list[str]:
    """The lines of a tree before each name; from the last to the first, so that each knows whether a sibling follows."""
    branches: list[str] = []
    open_levels: set[int] = set()
    for depth in reversed(depths):
        open_levels = {level for level in open_levels if level <= depth}
        way = "".join("│   " if level in open_levels else "    " for level in range(depth))
        branches.append(way + ("├── " if depth in open_levels else "└── "))
        open_levels.add(depth)
    return branches[::-1]


def _total(nodes: list[Node]) -> str:
    arrays = [node for node in nodes if node.kind != "group"]
    raw, stored = sum(node.nbytes or 0 for node in arrays), sum(node.stored_bytes for node in arrays)
    count = f"{len(arrays)} value{'' if len(arrays) == 1 else 's'}"
    return f"{count}, {human(raw)} -> {human(stored)}"


def info(given: Any, terminal: Terminal) -> int:
    """Tells what a store or a node is."""
    with _open.open(given.store, "r") as store, suggesting(store, given.key):
        described = _describe_node(store, given.key) if given.key else summary_of(store)
    if given.json:
        terminal.json(described)
        return 0
    attributes = described.pop("attributes", None)
    rows = [[name.replace("_", " "), _shown(name, value)] for name, value in described.items() if value is not None]
    terminal.table(rows, (), (("dim",), ()))
    if attributes:
        terminal.line(terminal.style("attributes", "dim"))
        for line in visible(json.dumps(attributes, indent=2, ensure_ascii=False)).splitlines():
            terminal.line("  " + line)
    return 0


def _shown(name: str, value: Any) -> str:
    if name.endswith("bytes"):
        return f"{value:,} ({human(value)})" if value >= 1000 else f"{value}"
    if isinstance(value, list):
        return visible_line(", ".join(map(str, value))) or "none"
    return f"{value:,}" if isinstance(value, int) else visible_line(str(value))


def _describe_node(store: Store, key: str) -> dict[str, Any]:
    node = node_of(store, key)
    described = node.asdict()
    if node.ratio is not None:
        described["ratio"] = round(node.ratio, 2)
    with Layouts(store) as layouts:
        layout = layouts.of(key)
    if layout is not None:
        described["chunk_shape"] = list(layout.chunks)
        if layout.shards:
            described["shard_shape"] = list(layout.shards)
        described["codecs"] = list(layout.codecs)
    group = store.group_for_array(key) if node.kind != "group" else None
    if group is not None:
        described["schema_group"] = group
    described["attributes"] = store.handle.attributes(key)
    return described


def meta(given: Any, terminal: Terminal) -> int:
    """Shows metadata, or the schema."""
    with _open.open(given.store, "r") as store, suggesting(store, given.key, metadata=True):
        if given.schema:
            value: Any = store.schema
            if given.key:
                raise ValueError(f"{given.key}: --schema takes no metadata path")
        elif given.key:
            value = store.metadata[given.key]
        else:
            value = store.metadata.asdict()
    if given.schema and not value:
        raise NotFoundError(f"{given.store}: has no schema")
    if given.json:
        terminal.json(value)
    elif isinstance(value, dict) and not given.schema:
        rows = [[visible_line(path), _text(item)] for path, item in _flat(value)]
        terminal.table(rows, (), (("cyan",), ()))
    elif isinstance(value, str):
        terminal.line(visible(value))
    else:
        terminal.line(visible(json.dumps(value, indent=2, ensure_ascii=False)))
    return 0


def _text(value: Any) -> str:
    return visible_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _flat(section: dict[str, Any], way: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in section.items():
        rows += _flat(value, f"{way}{name}/") if isinstance(value, dict) and value else [(way + name, value)]
    return rows
