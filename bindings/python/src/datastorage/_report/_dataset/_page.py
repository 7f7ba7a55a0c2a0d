"""The page of a dataset: its sections in the document that stores have, too."""

from __future__ import annotations

from typing import Any, Optional

from .._html import Markup, joined, tag
from .._overview import treemap
from .._numbers import count, human
from .._page import document, stage
from .._tables import schema_of
from . import _sections
from ._collect import Contents
from ._files import short
from ._labels_html import labels_section
from ._parts import MOST_BYTES, MOST_PARTS
from ._table import table_data, table_of_files

_SCRIPTS = ("files.js",)
_STYLES = ("style.css", "dataset.css")
_SPACE = ("colours.js", "raster.js", "layers.js", "side.js", "scene.js", "parts.js")


def page(contents: Contents) -> bytes:
    """The document as UTF-8."""
    table = table_data(contents)
    data: list[tuple[str, Any]] = [("files-data", table)]
    scripts: tuple[str, ...] = _SCRIPTS
    if contents.parts:
        names = contents.files.names
        drawn = [
            {"code": part.code, "name": short(names[part.code]), "reason": part.reason, "scene": part.scene}
            for part in contents.parts
        ]
        data.append(("parts-data", drawn))
        scripts = (*_SCRIPTS, *_SPACE)
    top = _sections.tiles(contents)
    sections = _all(contents, table)
    return document(contents.name, contents.summary["path"], contents.version, top, sections, data, scripts, _STYLES)


def _all(contents: Contents, table: dict[str, Any]) -> list[tuple[str, str, Markup]]:
    sections: list[tuple[str, str, Optional[Markup]]] = [
        ("space", "Files in space", _space(contents) if contents.parts else None),
        ("groups", "Groups", _sections.groups(contents)),
        ("labels", "Labels", labels_section(contents) if contents.labels else None),
        ("files", "Files", table_of_files(contents, table)),
        ("outliers", "Far from the rest", _sections.outliers(contents) if contents.measures else None),
        ("measures", "Distributions over files", _sections.measures(contents)),
        ("values", "Distributions of arrays", _sections.values(contents)),
        ("sizes", "Sizes", treemap(contents.nodes, _sections.anchors(contents))),
        ("merge", "The last merge", _sections.merge(contents)),
        ("schema", "Schema", schema_of(contents.schema, contents.nodes)),
    ]
    return [(name, title, content) for name, title, content in sections if content is not None]


def _space(contents: Contents) -> Markup:
    drawn, files = len(contents.parts), len(contents.files.names)
    picker = tag(
        "div",
        tag("button", "←", type="button", id="part-back", aria_label="Previous file", class_="button"),
        tag("select", "", id="part", aria_label="File that is drawn"),
        tag("button", "→", type="button", id="part-on", aria_label="Next file", class_="button"),
        class_="controls picker needs-script",
    )
    above = joined([tag("p", "", id="part-reason", class_="note"), tag("p", "Extent ", tag("b", "", id="part-extent"))])
    missing = tag("noscript", tag("p", "The drawing needs scripts.", class_="note"))
    which = "All files are" if drawn == files else f"{count(drawn)} of {count(files)} files are"
    note = (
        f"{which} drawn here, at most {MOST_PARTS} and {human(MOST_BYTES)}: for each label the file with the most of it, "
        "those far from the rest, the most ordinary ones, and others spread evenly over the codes."
    )
    drawing = stage("Points in space of the file that was picked.", above, None)
    return joined([missing, picker, drawing, tag("p", note, class_="note")])
