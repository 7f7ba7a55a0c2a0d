"""The page: one HTML document with style and scripts in it, that needs no network and runs no script but its own.

Its policy (Content-Security-Policy) names the checksums of those scripts: what a store might smuggle in would not run,
even if escaping failed. Without scripts everything is there but the drawing in space, searching and sorting.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from ._cards import cards
from ._collect import Contents
from ._html import Markup, data, joined, tag
from ._overview import tiles, treemap
from ._tables import everything, metadata, schema

_SCRIPTS = ("tables.js", "colours.js", "raster.js", "scene.js")


def page(contents: Contents) -> bytes:
    """The document as UTF-8."""
    scripts = [_file(name) for name in _SCRIPTS] if contents.scene else [_file(_SCRIPTS[0])]
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {' '.join(map(_checksum, scripts))}"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", contents.name),
        # An icon of its own keeps browsers from asking a server for one.
        tag("link", rel="icon", href="data:,"),
        Markup(f"<style>{_file('style.css')}</style>"),
    )
    sections = _sections(contents)
    links = joined(tag("a", title, href=f"#{name}") for name, title, _ in sections)
    path = contents.summary["path"]
    body = tag(
        "body",
        tag("a", "Skip to the contents", href="#main", class_="skip"),
        tag(
            "header",
            tag("h1", tag("bdi", contents.name)),
            tag("p", tag("bdi", path), class_="note path") if path else None,
            tiles(contents),
            tag("nav", links, aria_label="Sections"),
        ),
        tag("main", joined(_section(*section) for section in sections), id="main"),
        tag("footer", f"Written by datastorage {contents.version}."),
        data("scene-data", contents.scene) if contents.scene else None,
        joined(Markup(f"<script>{script}</script>") for script in scripts),
    )
    # A lone surrogate, which has no UTF-8, is left in no text; in a file name it might be.
    return b"<!doctype html>\n" + tag("html", head, body, lang="en").encode("utf-8", "replace") + b"\n"


def _sections(contents: Contents) -> list[tuple[str, str, Markup]]:
    sections = []
    if contents.scene is not None:
        sections.append(("space", "In space", _space(contents)))
    return [
        *sections,
        ("sizes", "Sizes", treemap(contents)),
        ("contents", "Contents", everything(contents)),
        ("values", "Values", cards(contents)),
        ("metadata", "Metadata", metadata(contents)),
        ("schema", "Schema", schema(contents)),
    ]


def _section(name: str, title: str, content: Markup) -> Markup:
    return tag("section", tag("h2", title, id=f"{name}-title"), content, id=name, aria_labelledby=f"{name}-title")


def _space(contents: Contents) -> Markup:
    scene = contents.scene or {}
    extent = [high - low for low, high in zip(scene["low"], scene["high"])]
    unit = f" {scene['unit']}" if scene["unit"] else ""
    size = " × ".join(f"{length:.4g}" for length in extent)
    keys = ", ".join(layer["key"] for layer in scene["layers"])
    label = f"Points in space of {keys}: {size}{unit}. Arrow keys turn, plus and minus zoom, 0 resets."
    canvas = tag("canvas", label, id="scene", tabindex="0", role="img", aria_label=label)
    stage = tag(
        "div",
        canvas,
        tag("div", "", id="scene-hover", class_="hover", aria_live="polite"),
        tag("p", "Drag to turn, wheel to zoom, Shift-drag to move; arrow keys, + and −.", class_="hint"),
        class_="stage",
    )
    thinned = [
        f"{layer['key']}: {' × '.join(map(str, [layer['items'], *layer['inner']]))} points shown, evenly picked"
        for layer in scene["layers"]
        if layer["thinned"]
    ]
    side = tag(
        "div",
        tag("p", "Extent ", tag("b", size + unit)),
        tag("div", "", id="scene-layers"),
        tag("div", "", id="scene-legend", class_="legend"),
        tag("p", "; ".join(thinned), class_="note") if thinned else None,
        class_="side",
    )
    missing = tag("noscript", tag("p", "The drawing needs scripts; its numbers are below.", class_="note"))
    return joined([missing, tag("div", stage, side, class_="space needs-script")])


def _file(name: str) -> str:
    return (resources.files("datastorage._report") / "page" / name).read_text("utf-8")


def _checksum(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
