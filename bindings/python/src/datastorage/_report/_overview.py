"""The top of the page: the numbers of the whole store, and the treemap by stored bytes and by bytes in memory."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from .._nodes import Node
from ._collect import Contents, shortened
from ._html import Markup, joined, tag
from ._numbers import count, human, ratio, share
from ._treemap import Rectangle, squarify

# The treemap is laid out for this size, in pixels; it scales with the page.
_WIDTH, _HEIGHT, _HEAD = 1180.0, 430.0, 22.0
# What is narrower than this, in pixels, cannot be seen.
_LEAST = 1.5
# More children of a group than these are one cell.
_MOST_CHILDREN = 80
# Shades: a cell whose ratio reaches a step has its number as class. Below 1, storing made it larger.
STEPS = (1.0, 2.0, 4.0, 8.0, 16.0)


class Cell(NamedTuple):
    """A part of the treemap: a value, a group with its parts, or the rest of a group."""

    label: str
    size: int
    node: Optional[Node]
    parts: list[Any]


def tiles(contents: Contents) -> Markup:
    """The numbers of the whole store."""
    summary = contents.summary
    groups = (
        f"in {summary['groups']} group{'' if summary['groups'] == 1 else 's'}" if summary["groups"] else "no groups"
    )
    given = [
        ("Values", count(summary["values"]), f"{count(summary['arrays'])} arrays, {groups}"),
        ("In memory", human(summary["nbytes"]), "numbers; strings are not counted"),
        ("Stored", human(summary["stored_bytes"]), change(summary["ratio"])),
        ("Format", summary["format"], "" if summary["container"] == "memory" else summary["container"]),
        ("Metadata", count(len(contents.metadata)), "fields"),
        ("Schema", shortened(summary["schema"] or "none", 40), _schema_size(contents.schema)),
    ]
    if summary["file_bytes"] is not None:
        given.insert(3, ("File", human(summary["file_bytes"]), "with documents and checksums"))
    return tiled(given)


def tiled(given: list[tuple[str, str, str]]) -> Markup:
    """A tile for each name, value and note."""
    return tag(
        "dl",
        joined(
            tag("div", tag("dt", name), tag("dd", value), tag("dd", note, class_="note")) for name, value, note in given
        ),
        class_="tiles",
    )


def change(given: Optional[float]) -> str:
    """How much smaller, or larger, storing made it."""
    if not given:
        return ""
    return f"{ratio(given)} smaller" if given >= 1 else f"{ratio(1 / given)} larger"


def _schema_size(schema: dict[str, Any]) -> str:
    groups = schema.get("groups", {})
    arrays = sum(len(group.get("arrays", {})) for group in groups.values())
    return f"{arrays} arrays in {len(groups)} groups" if groups else ""


def treemap(nodes: list[Node], anchors: dict[str, str]) -> Markup:
    """The two treemaps, and the choice between them; `anchors` are where values are told of."""
    maps = []
    for name, size in (("stored", lambda node: node.stored_bytes), ("memory", lambda node: node.nbytes or 0)):
        top = _cell("", None, nodes, size)
        if not top.size:
            continue
        drawn = _draw(top, Rectangle(0, 0, _WIDTH, _HEIGHT), top.size, anchors)
        maps.append(tag("div", drawn, class_=f"map map-{name}", aria_hidden="true"))
    if not maps:
        return tag("p", "Nothing that takes space.", class_="note")
    choice = joined(
        tag("label", tag("input", type="radio", name="sized", id=f"by-{name}", checked=name == "stored"), f" {text}")
        for name, text in (("stored", "stored bytes"), ("memory", "bytes in memory"))
    )
    steps = ("grew", "1–2×", "2–4×", "4–8×", "8–16×", "16× and more")
    legend = joined(tag("span", tag("i", class_=f"swatch s{place}"), text) for place, text in enumerate(steps))
    return tag(
        "figure",
        tag("div", tag("fieldset", tag("legend", "Area shows"), choice), class_="controls"),
        joined(maps),
        tag(
            "figcaption",
            tag("span", "Shade shows bytes in memory for a byte stored:"),
            legend,
            tag("span", tag("i", class_="swatch sx"), "not known"),
            class_="legend",
        ),
        class_="treemap",
    )


def _cell(key: str, node: Optional[Node], nodes: list[Node], size: Any) -> Cell:
    """A group as a cell, its parts from large to small."""
    start = len(key) + 1 if key else 0
    below: dict[str, list[Node]] = {}
    own: dict[str, Node] = {}
    for item in nodes:
        head, slash, _ = item.key[start:].partition("/")
        if slash:
            below.setdefault(head, []).append(item)
        else:
            own[head] = item
    parts = []
    for name, item in own.items():
        if item.kind == "group":
            parts.append(_cell(item.key, item, below.get(name, []), size))
        else:
            parts.append(Cell(name, size(item), item, []))
    parts = sorted((part for part in parts if part.size), key=lambda part: -part.size)
    rest = parts[_MOST_CHILDREN:]
    if rest:
        parts = [*parts[:_MOST_CHILDREN], Cell(f"{len(rest)} more", sum(part.size for part in rest), None, [])]
        parts.sort(key=lambda part: -part.size)
    return Cell(key.rpartition("/")[2], sum(part.size for part in parts), node, parts)


def _draw(cell: Cell, frame: Rectangle, total: int, anchors: dict[str, str]) -> Markup:
    """The parts of a cell within its frame, which is given in pixels; places are percentages of the frame."""
    drawn = []
    for part, place in zip(cell.parts, squarify([part.size for part in cell.parts], Rectangle(0, 0, *frame[2:]))):
        if min(place.width, place.height) < _LEAST:
            continue
        style = _percent(place, frame)
        if part.parts:
            headed = place.height > 2.5 * _HEAD and place.width > 40
            inner = Rectangle(0, 0, place.width - 4, place.height - (_HEAD + 2 if headed else 4))
            head = tag("b", part.label, "/", tag("small", human(part.size))) if headed else None
            within = tag("div", _draw(part, inner, total, anchors), class_="within")
            title = _title(part, total)
            drawn.append(
                tag("div", head, within, class_="group headed" if headed else "group", style=style, title=title)
            )
        else:
            drawn.append(_leaf(part, place, style, total, anchors))
    return joined(drawn)


def _leaf(part: Cell, place: Rectangle, style: str, total: int, anchors: dict[str, str]) -> Markup:
    ratio_of = part.node.ratio if part.node is not None else None
    shade = "sx" if ratio_of is None else f"s{sum(ratio_of >= step for step in STEPS)}"
    label = None
    if place.width > 44 and place.height > 17:
        size = tag("small", human(part.size)) if place.height > 36 else None
        label = joined([tag("span", part.label), size])
    link = anchors.get(part.node.key) if part.node is not None else None
    title = _title(part, total)
    small = "" if label else " small"
    return tag("a", label, class_=f"cell {shade}{small}", style=style, title=title, href=link, tabindex="-1")


def _title(part: Cell, total: int) -> str:
    name = part.node.key if part.node is not None else part.label
    ratio_of = part.node.ratio if part.node is not None else None
    text = f"{name}: {human(part.size)}, {share(part.size, total)} of all"
    return text if ratio_of is None else f"{text}, {ratio(ratio_of)}"


def _percent(place: Rectangle, frame: Rectangle) -> str:
    width, height = frame.width or 1, frame.height or 1
    return (
        f"left:{100 * place.left / width:.3f}%;top:{100 * place.top / height:.3f}%;"
        f"width:{100 * place.width / width:.3f}%;height:{100 * place.height / height:.3f}%"
    )
