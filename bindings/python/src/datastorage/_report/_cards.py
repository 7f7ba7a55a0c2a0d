"""The cards of the page: what each value is like."""

from __future__ import annotations

import json
from typing import Any

from . import _charts
from ._collect import MOST_DESCRIBED, Contents, Description
from ._html import Markup, joined, tag
from ._numbers import count, human, number, ratio, share
from ._tables import shape_text

_COUNTS = {"zeros", "NaN", "infinite", "true", "false", "empty", "different"}


def cards(contents: Contents) -> Markup:
    """A card for each value."""
    values = [node for node in contents.nodes if node.kind != "group"]
    if not values:
        return tag("p", "The store is empty.", class_="note")
    left = len(values) - len(contents.descriptions)
    return joined(
        [
            switch(),
            tag("div", joined(card(told, place) for place, told in enumerate(contents.descriptions)), class_="cards"),
            (
                tag(
                    "p",
                    f"{count(left)} more values are listed above only: {MOST_DESCRIBED} are described.",
                    class_="note",
                )
                if left > 0
                else None
            ),
        ]
    )


def switch() -> Markup:
    """The choice between linear and logarithmic lengths of bars."""
    box = tag("label", tag("input", type="checkbox", id="logarithmic"), " logarithmic counts")
    return tag("div", box, class_="controls")


def card(told: Description, place: int) -> Markup:
    """The card of a value; its anchor is its place."""
    node = told.node
    parts = [tag("h3", tag("bdi", node.key)), tag("p", _what(told), class_="what")]
    if told.about:
        parts.append(tag("p", told.about, class_="about"))
    if told.error is not None:
        parts.append(tag("p", "Cannot be read: ", told.error, class_="bad"))
    if told.text is not None:
        parts.append(tag("pre", told.text, class_="text"))
    if told.statistics is not None:
        if told.boxes:
            parts.append(tag("p", _sampled(told), class_="sampled"))
        if told.statistics.bars:
            parts.append(_charts.bars(told.statistics.bars))
        elif told.statistics.histogram is not None:
            parts.append(_charts.histogram(told.statistics.histogram))
        parts.append(facts([("elements", told.node.elements), *told.statistics.facts], told.statistics.looked_at))
    if told.first:
        more = " …" if node.elements > len(told.first) else ""
        parts.append(tag("p", tag("span", "First: "), tag("bdi", ", ".join(told.first) + more), class_="first"))
    if told.attributes:
        text = json.dumps(told.attributes, indent=2, ensure_ascii=False)
        parts.append(
            tag(
                "details",
                tag("summary", f"{len(told.attributes)} attribute{'' if len(told.attributes) == 1 else 's'}"),
                tag("pre", text),
            )
        )
    parts.append(tag("p", _stored(told), class_="stored"))
    return tag("article", joined(parts), class_="card", id=f"v{place}")


def _what(told: Description) -> str:
    node = told.node
    if node.kind != "array":
        return node.kind
    return f"{node.dtype}, {shape_text(node)}" if node.shape else f"{node.dtype}, scalar"


def _sampled(told: Description) -> str:
    looked = told.statistics.looked_at if told.statistics is not None else 0
    boxes = f"{told.boxes} place{'' if told.boxes == 1 else 's'}"
    part = share(looked, told.node.elements)
    return f"Sampled: {count(looked)} of {count(told.node.elements)} elements ({part}), from {boxes}."


def facts(given: list[tuple[str, Any]], looked_at: int) -> Markup:
    """Names and numbers; counts as shares of the elements looked at, too."""
    cells = []
    for name, value in given:
        part = None
        if name in _COUNTS and isinstance(value, int) and value and looked_at:
            part = tag("small", " ", share(value, looked_at))
        warn = "warn" if name in ("NaN", "infinite") and value else None
        cells.append(tag("div", tag("dt", name), tag("dd", number(value), part), class_=warn))
    return tag("dl", joined(cells), class_="facts")


def _stored(told: Description) -> str:
    node = told.node
    sizes = f"{human(node.stored_bytes)} stored"
    if node.nbytes is not None and node.shape:
        sizes = f"{human(node.nbytes)} → {sizes}" + (f" ({ratio(node.ratio)})" if node.ratio is not None else "")
    if told.layout is None:
        return sizes
    parts = [sizes]
    if node.shape:
        chunks = f"{count(node.chunks)} chunk{'' if node.chunks == 1 else 's'}"
        parts.append(f"{chunks} of {' × '.join(map(count, told.layout.chunks))}" if node.chunks > 1 else chunks)
    if told.layout.shards:
        parts.append(f"shards of {' × '.join(map(count, told.layout.shards))}")
    parts.append(" → ".join(told.layout.codecs) or "raw")
    return "; ".join(parts)
