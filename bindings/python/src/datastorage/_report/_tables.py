"""The tables of the page: everything in the store, its metadata, its schema."""

from __future__ import annotations

import json
from typing import Any, Optional

from .._layout import Layout
from .._nodes import Node
from ._collect import MOST_LISTED, Contents, shortened
from ._html import Markup, joined, tag
from ._numbers import count, human, ratio

_COLUMNS = (
    ("Name", "text"),
    ("Type", "text"),
    ("Shape", "text"),
    ("In memory", "number"),
    ("Stored", "number"),
    ("Ratio", "number"),
    ("Chunks", "number"),
    ("Codecs", "text"),
)


def shape_text(node: Node) -> str:
    """The shape with names: ``"37 face × 3 xyz"``; automatic names are left out."""
    automatic = f"{node.key.replace('/', '_')}_dim_"
    named = [
        count(length) + ("" if name.startswith(automatic) or not name else f" {name}")
        for length, name in zip(node.shape, node.dims or ("",) * len(node.shape))
    ]
    return " × ".join(named)


def everything(contents: Contents) -> Markup:
    """The tree of the store as a table that can be searched and sorted."""
    shown = contents.nodes[:MOST_LISTED]
    anchors = {told.node.key: f"#v{place}" for place, told in enumerate(contents.descriptions)}
    head = joined(
        tag(
            "th",
            tag("button", name, type="button", data_column=place, data_kind=kind),
            scope="col",
            class_=_right(kind),
        )
        for place, (name, kind) in enumerate(_COLUMNS)
    )
    rows = joined(_row(node, contents.layouts.get(node.key), anchors.get(node.key)) for node in shown)
    hidden = len(contents.nodes) - len(shown)
    note = (
        tag("p", f"The first {count(MOST_LISTED)} of {count(len(contents.nodes))} are listed.", class_="note")
        if hidden
        else None
    )
    box = tag(
        "input", type="search", id="search", placeholder="Search names, types, codecs …", aria_label="Search the table"
    )
    return joined(
        [
            tag("div", box, tag("output", "", id="found", for_="search"), class_="controls needs-script"),
            tag(
                "div",
                tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), id="everything"),
                class_="scroll",
                tabindex="0",
                role="region",
                aria_label="Everything in the store",
            ),
            note,
        ]
    )


def _right(kind: str) -> Optional[str]:
    return "num" if kind == "number" else None


def _row(node: Node, layout: Optional[Layout], anchor: Optional[str]) -> Markup:
    depth = node.key.count("/")
    name = tag("bdi", node.name)
    if node.kind == "group":
        label = tag("th", tag("b", name, "/"), scope="row", style=f"--depth:{depth}", data_value=node.key)
        return tag("tr", label, tag("td", f"{count(node.elements)} inside", class_="note", colspan="7"), class_="group")
    linked = tag("a", name, href=anchor) if anchor else name
    label = tag("th", linked, scope="row", style=f"--depth:{depth}", data_value=node.key, title=node.key)
    if node.error is not None:
        return tag("tr", label, tag("td", "cannot be read: ", node.error, class_="bad", colspan="7"))
    cells = [
        tag("td", node.dtype if node.kind == "array" else node.kind),
        tag("td", tag("bdi", shape_text(node)), data_value=node.elements),
        _number(node.nbytes, "" if node.nbytes is None else human(node.nbytes)),
        _number(node.stored_bytes, human(node.stored_bytes)),
        _number(node.ratio, ratio(node.ratio)),
        _number(node.chunks, count(node.chunks) if node.chunks else ""),
        tag("td", " → ".join(layout.codecs) if layout is not None else "", class_="note"),
    ]
    return tag("tr", label, joined(cells))


def _number(value: Any, text: str) -> Markup:
    return tag("td", text, class_="num", data_value=-1 if value is None else value)


def metadata(contents: Contents) -> Markup:
    """Paths, values and scopes."""
    if not contents.metadata:
        return tag("p", "None.", class_="note")
    rows = []
    section = None
    for path, value, scope in contents.metadata[:MOST_LISTED]:
        head, slash, _ = path.rpartition("/")
        if slash and head != section:
            rows.append(tag("tr", tag("th", tag("bdi", head), "/", scope="rowgroup", colspan="3"), class_="group"))
        section = head
        # Full paths are told to those who hover or listen; within a section the last component is enough to see.
        name = tag(
            "th", tag("bdi", path.rpartition("/")[2]), scope="row", style=f"--depth:{path.count('/')}", title=path
        )
        rows.append(
            tag(
                "tr",
                name,
                tag("td", tag("bdi", _text(value))),
                tag("td", (scope or "").replace("_", " "), class_="note"),
            )
        )
    head_row = tag(
        "tr", tag("th", "Field", scope="col"), tag("th", "Value", scope="col"), tag("th", "Scope", scope="col")
    )
    left = len(contents.metadata) - MOST_LISTED
    return joined(
        [
            tag(
                "div",
                tag("table", tag("thead", head_row), tag("tbody", joined(rows)), class_="fields"),
                class_="scroll",
            ),
            tag("p", f"{count(left)} more are not listed.", class_="note") if left > 0 else None,
        ]
    )


def _text(value: Any) -> str:
    return shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 500)


def schema(contents: Contents) -> Markup:
    """What the schema says of each group, beside what the store has."""
    return schema_of(contents.schema, contents.nodes)


def schema_of(given: dict[str, Any], nodes: list[Node]) -> Markup:
    """A schema beside the nodes of a store."""
    if not given:
        return tag("p", "None is set: the store takes any array.", class_="note")
    stored = {node.name: node for node in nodes if node.kind == "array"}
    stored.update({node.key: node for node in nodes if node.kind == "array"})
    parts: list[Optional[str]] = []
    description = given.get("description")
    if description:
        parts.append(tag("p", description))
    for name, group in given.get("groups", {}).items():
        rows = [
            _schema_row(array, entry, stored.get(f"{name}/{array}") or stored.get(array))
            for array, entry in group.get("arrays", {}).items()
        ]
        titles = ("Array", "Dimensions", "Type", "Rules", "In the store", "Meaning")
        head = tag("tr", joined(tag("th", title, scope="col") for title in titles))
        about = f"by {group.get('primary_dimension', '')}" + (
            f": {group['description']}" if group.get("description") else ""
        )
        parts.append(tag("h3", tag("bdi", name), " ", tag("small", about)))
        parts.append(tag("div", tag("table", tag("thead", head), tag("tbody", joined(rows))), class_="scroll"))
    text = json.dumps(given, indent=2, ensure_ascii=False)
    parts.append(tag("details", tag("summary", "The schema as JSON"), tag("pre", text)))
    return joined(parts)


def _schema_row(name: str, entry: dict[str, Any], node: Optional[Node]) -> Markup:
    known = {"dims", "dtype", "description"}
    rules = ", ".join(
        f"{rule} {json.dumps(value, ensure_ascii=False)}" for rule, value in entry.items() if rule not in known
    )
    present = (
        tag("span", "—", class_="note", title="not in the store")
        if node is None
        else tag("span", "✓ ", str(node.dtype))
    )
    return tag(
        "tr",
        tag("th", tag("bdi", name), scope="row"),
        tag("td", " × ".join(map(str, entry.get("dims", [])))),
        tag("td", str(entry.get("dtype", ""))),
        tag("td", shortened(rules.replace("_", " "), 200), class_="note"),
        tag("td", present),
        tag("td", str(entry.get("description") or ""), class_="note"),
    )
