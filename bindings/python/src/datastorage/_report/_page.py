"""The page: one HTML document with style and scripts in it, that needs no network and runs no script but its own.

Its policy (Content-Security-Policy) names the checksums of those scripts: what a store might smuggle in would not run,
even if escaping failed. Without scripts everything is there but the drawing in space, searching and sorting.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any, Optional

from ._cards import cards
from ._collect import Contents
from ._html import Markup, data, joined, tag
from ._overview import tiles, treemap
from ._tables import everything, metadata, schema

_SCRIPTS = ("tables.js", "colours.js", "raster.js", "layers.js", "side.js", "scene.js")


def page(contents: Contents) -> bytes:
    """The document of a store as UTF-8."""
    top = tiles(contents)
    data_of = [("scene-data", contents.scene)] if contents.scene else []
    scripts = _SCRIPTS if contents.scene else _SCRIPTS[:1]
    path = contents.summary["path"]
    return document(contents.name, path, contents.version, top, _sections(contents), data_of, scripts)


def document(
    name: str,
    path: Optional[str],
    version: str,
    top: Markup,
    sections: list[tuple[str, str, Markup]],
    data_of: Sequence[tuple[str, Any]],
    script_names: Sequence[str],
    styles: Sequence[str] = ("style.css",),
) -> bytes:
    """A document as UTF-8.

    Parameters
    ----------
    name, path, version : str
        What it is about, where that lies, and the version of this package.
    top : Markup
        What stands above the links to the sections.
    sections : list of (str, str, Markup)
        Identity, title and content of each.
    data_of : sequence of (str, value)
        Identities and JSON values for the scripts.
    script_names : sequence of str
        The scripts, in the order in which they run.
    styles : sequence of str
        The style sheets.
    """
    scripts = [_file(script) for script in script_names]
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {' '.join(map(_checksum, scripts))}"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", name),
        # An icon of its own keeps browsers from asking a server for one.
        tag("link", rel="icon", href="data:,"),
        Markup(f"<style>{''.join(map(_file, styles))}</style>"),
    )
    links = joined(tag("a", title, href=f"#{identity}") for identity, title, _ in sections)
    body = tag(
        "body",
        tag("a", "Skip to the contents", href="#main", class_="skip"),
        tag(
            "header",
            tag("h1", tag("bdi", name)),
            tag("p", tag("bdi", path), class_="note path") if path else None,
            top,
            tag("nav", links, aria_label="Sections"),
        ),
        tag("main", joined(_section(*section) for section in sections), id="main"),
        tag("footer", f"Written by datastorage {version}."),
        joined(data(identity, value) for identity, value in data_of),
        joined(Markup(f"<script>{script}</script>") for script in scripts),
    )
    # A lone surrogate, which has no UTF-8, is left in no text; in a file name it might be.
    return b"<!doctype html>\n" + tag("html", head, body, lang="en").encode("utf-8", "replace") + b"\n"


def _sections(contents: Contents) -> list[tuple[str, str, Markup]]:
    sections = []
    anchors = {told.node.key: f"#v{place}" for place, told in enumerate(contents.descriptions)}
    if contents.scene is not None:
        sections.append(("space", "In space", _space(contents)))
    return [
        *sections,
        ("sizes", "Sizes", treemap(contents.nodes, anchors)),
        ("contents", "Contents", everything(contents)),
        ("values", "Values", cards(contents)),
        ("metadata", "Metadata", metadata(contents)),
        ("schema", "Schema", schema(contents)),
    ]


def _section(name: str, title: str, content: Markup) -> Markup:
    return tag("section", tag("h2", title, id=f"{name}-title"), content, id=name, aria_labelledby=f"{name}-title")


def _space(contents: Contents) -> Markup:
    scene = contents.scene or {}
    size = extent(scene)
    keys = ", ".join(layer["key"] for layer in scene["layers"])
    thinned = [
        f"{layer['key']}: {' × '.join(map(str, [layer['items'], *layer['inner']]))} points shown, evenly picked"
        for layer in scene["layers"]
        if layer["thinned"]
    ]
    missing = tag("noscript", tag("p", "The drawing needs scripts; its numbers are below.", class_="note"))
    above = tag("p", "Extent ", tag("b", size))
    below = tag("p", "; ".join(thinned), class_="note") if thinned else None
    return joined([missing, stage(f"Points in space of {keys}: {size}.", above, below)])


def extent(scene: dict[str, Any]) -> str:
    """The lengths of the box of a scene: ``"20 × 20 × 10 mm"``."""
    lengths = " × ".join(f"{high - low:.4g}" for low, high in zip(scene["low"], scene["high"]))
    return lengths + (f" {scene['unit']}" if scene["unit"] else "")


def stage(what: str, above: Markup, below: Optional[Markup]) -> Markup:
    """The drawing in space, and beside it layers, colours, and what is told above and below them."""
    label = f"{what} Arrow keys turn, plus and minus zoom, 0 resets."
    drawing = tag(
        "div",
        tag("canvas", label, id="scene", tabindex="0", role="img", aria_label=label),
        tag("div", "", id="scene-hover", class_="hover", aria_live="polite"),
        tag("p", "Drag to turn, wheel to zoom, Shift-drag to move; arrow keys, + and −.", class_="hint"),
        class_="stage",
    )
    side = tag(
        "div",
        above,
        tag("div", "", id="scene-layers"),
        tag("div", "", id="scene-legend", class_="legend"),
        below,
        class_="side",
    )
    return tag("div", drawing, side, class_="space needs-script")


def _file(name: str) -> str:
    return (resources.files("datastorage._report") / "page" / name).read_text("utf-8")


def _checksum(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
