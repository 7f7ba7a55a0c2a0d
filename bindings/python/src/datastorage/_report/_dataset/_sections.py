"""The sections of the page: tiles, groups, files one by one as measures and outliers, the last merge."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _charts
from .._cards import card, facts, switch
from .._collect import shortened
from .._html import Markup, joined, tag
from .._numbers import count, human, number, ratio, share
from .._overview import change, tiled
from ._collect import Contents, GroupTold, total_rows
from ._outliers import FAR, Measure

MOST_OUTLIERS = 40
MOST_ERRORS = 200
MOST_MEASURES = 60


def tiles(contents: Contents) -> Markup:
    """The numbers of the whole dataset."""
    files, stored = contents.files, contents.stored
    raw, kept = sum(node.nbytes or 0 for node in stored), sum(node.stored_bytes for node in stored)
    sizes = contents.summary["file_bytes"]
    arrays = sum(len(group.nodes) for group in contents.groups)
    far = int(np.count_nonzero(contents.worst > FAR))
    subsets = ", ".join(f"{name} {count(files.subsets.count(name))}" for name in files.subset_names)
    told = [
        ("Files", count(len(files.names)), shortened(subsets, 120) or "no split was saved"),
        ("Rows", count(total_rows(contents.groups)), f"{arrays} arrays in {len(contents.groups)} groups"),
        ("In memory", human(raw), "numbers; strings are not counted"),
        ("Stored", human(sizes if sizes is not None else kept), change(raw / kept if kept else None)),
        ("Tables", human(sum(contents.tables.values())) if contents.tables else "none", ", ".join(contents.tables)),
        ("Far from the rest", count(far), f"files; {share(far, len(files.names))}"),
    ]
    skipped = (contents.flow or {}).get("files_skipped")
    if skipped is not None:
        told.append(("Left out", count(skipped), "parts, in the last merge"))
    return tiled(told)


def groups(contents: Contents) -> Markup:
    """A line a group: rows, rows a file, sizes."""
    titles = ("Group", "By", "Rows", "Files with rows", "Rows a file", "Arrays", "In memory", "Stored", "Ratio")
    head = joined(
        tag("th", title, scope="col", class_="num" if at > 1 else None) for at, title in enumerate(titles)
    )
    rows = joined(_group(group) for group in contents.groups)
    common = [(key, value) for key, value in contents.files.common if value is not None][:MOST_MEASURES]
    same = joined(
        tag("div", tag("dt", tag("bdi", key)), tag("dd", tag("bdi", shortened(str(value), 80))))
        for key, value in common
    )
    return joined(
        [
            tag("p", contents.files.error, class_="bad") if contents.files.error else None,
            tag("div", tag("table", tag("thead", tag("tr", head)), tag("tbody", rows)), class_="scroll"),
            joined([tag("h3", "The same for all files"), tag("dl", same, class_="facts same")]) if common else None,
        ]
    )


def _group(group: GroupTold) -> Markup:
    raw, kept = sum(node.nbytes or 0 for node in group.nodes), sum(node.stored_bytes for node in group.nodes)
    per_file = group.per_file
    spread = "–"
    if len(per_file) and per_file.any():
        ends = f"{count(int(per_file.min()))} to {count(int(per_file.max()))}"
        spread = f"{ends}, median {_brief(float(np.median(per_file)))}"
    by = group.primary + (", matrices flattened" if group.flattened else "")
    cells = [
        count(group.rows),
        count(int(np.count_nonzero(per_file))),
        spread,
        count(len(group.nodes)),
        human(raw),
        human(kept),
        ratio(raw / kept) if raw and kept else "",
    ]
    return tag(
        "tr",
        tag("th", tag("a", tag("bdi", group.name), href=f"#group-{_anchor(group.name)}"), scope="row"),
        tag("td", tag("bdi", by), class_="note"),
        joined(tag("td", text, class_="num") for text in cells),
    )


def _anchor(name: str) -> str:
    return name.encode().hex()


def values(contents: Contents) -> Markup:
    """The cards of the arrays, group by group."""
    parts: list[Any] = [switch()]
    place = 0
    for group in contents.groups:
        title = tag("h3", tag("bdi", group.name), " ", tag("small", f"{count(group.rows)} rows"))
        parts.append(tag("div", title, id=f"group-{_anchor(group.name)}", class_="group-title"))
        parts.append(
            tag("div", joined(card(told, place + at) for at, told in enumerate(group.descriptions)), class_="cards")
        )
        place += len(group.descriptions)
        left = len(group.nodes) - len(group.descriptions)
        if left:
            parts.append(tag("p", f"{count(left)} more arrays are not described.", class_="note"))
    return joined(parts)


def anchors(contents: Contents) -> dict[str, str]:
    """Where each array is told of."""
    keys = [told.node.key for group in contents.groups for told in group.descriptions]
    return {key: f"#v{place}" for place, key in enumerate(keys)}


def measures(contents: Contents) -> Markup:
    """How the files are distributed: a card for each measure."""
    if not contents.measures:
        return tag("p", "No number differs between files.", class_="note")
    text = "A value a file: numbers of rows, numeric metadata, and arrays with a row a file. Bars count files."
    cards = joined(_measure(measure) for measure in contents.measures[:MOST_MEASURES])
    more = len(contents.measures) - MOST_MEASURES
    return joined(
        [
            tag("p", text, class_="note"),
            tag("div", cards, class_="cards"),
            tag("p", f"{count(more)} more are not drawn.", class_="note") if more > 0 else None,
        ]
    )


def _measure(measure: Measure) -> Markup:
    statistics = measure.statistics
    far = int(np.count_nonzero(measure.far))
    missing = int(np.count_nonzero(np.isnan(measure.values)))
    chart = None
    if statistics.bars:
        chart = _charts.bars(statistics.bars)
    elif statistics.histogram is not None:
        chart = _charts.histogram(statistics.histogram)
    told = dict(statistics.facts)
    shown = [(name, told.get(name)) for name in ("min", "median", "max", "mean")]
    shown[1] = ("median", _plain(measure.centre))
    if missing:
        shown.append(("not known", missing))
    notes = [f"{measure.source}, a logarithmic axis" if measure.logarithmic else measure.source]
    if measure.same:
        notes.append(f"the same: {', '.join(measure.same)}")
    return tag(
        "article",
        tag("h3", tag("bdi", measure.name)),
        tag("p", "; ".join(notes), class_="what"),
        chart,
        facts([(name, value) for name, value in shown if value is not None], statistics.looked_at),
        tag("p", f"{count(far)} far from the rest" if far else "none far from the rest", class_="stored"),
        class_="card",
    )


def outliers(contents: Contents) -> Markup:
    """The files farthest from the rest, and in what."""
    rule = (
        f"A file is far from the rest when its robust z-score in a measure is beyond {FAR}: its distance from the "
        "median, over 1.4826 × the median absolute deviation (over 1.2533 × the mean absolute deviation where that is 0, "
        "for more than half of the files have one value). Logarithms are compared where all values are positive and span "
        "more than a factor of 20. The measures are the numbers of rows, numeric metadata, and arrays with a row a file."
    )
    order = [code for code in np.argsort(-contents.worst, kind="stable").tolist() if contents.worst[code] > FAR]
    about = tag("p", rule, class_="note")
    if not order:
        return joined([about, tag("p", "No file is.")])
    drawn = {part.code for part in contents.parts}
    rows = joined(_outlier(contents, code, code in drawn) for code in order[:MOST_OUTLIERS])
    head = (("File", None), ("Score", "num"), ("Far from the rest in", None))
    titles = tag("tr", joined(tag("th", title, scope="col", class_=kind) for title, kind in head))
    more = len(order) - MOST_OUTLIERS
    return joined(
        [
            about,
            tag("div", tag("table", tag("thead", titles), tag("tbody", rows), class_="far"), class_="scroll"),
            tag("p", f"{count(more)} more are in the table of files.", class_="note") if more > 0 else None,
        ]
    )


def _outlier(contents: Contents, code: int, drawn: bool) -> Markup:
    found = [(abs(float(one.scores[code])), one) for one in contents.measures if one.far[code]]
    found.sort(key=lambda pair: -pair[0])
    told = [
        joined(
            [
                tag("span", tag("bdi", one.name), " ", tag("b", _brief(one.values[code]))),
                tag("small", f" median {_brief(one.centre)}"),
                tag("small", f" z {'−' if one.scores[code] < 0 else '+'}{score:.1f}", class_="score"),
            ]
        )
        for score, one in found[:4]
    ]
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    show = tag("button", "show", type="button", class_="link needs-script", data_show=code) if drawn else None
    return tag(
        "tr",
        tag("th", tag("bdi", shortened(contents.files.names[code], 80)), show, scope="row"),
        tag("td", f"{contents.worst[code]:.1f}", class_="num"),
        tag("td", joined(tag("span", text, class_="chip") for text in told), more),
    )


def _brief(value: float) -> str:
    """A number with four digits, or a whole one with all of them."""
    plain = _plain(value)
    return number(plain if isinstance(plain, int) else float(f"{plain:.4g}"))


def _plain(value: float) -> Any:
    """Whole numbers as integers."""
    return int(value) if float(value).is_integer() and abs(value) < 1 << 52 else float(value)


def merge(contents: Contents) -> Markup:
    """What the last merge did and left out."""
    flow = contents.flow
    if flow is None:
        return tag("p", "There is no summary of a merge (.flow) of this dataset.", class_="note")
    sizes, times = flow.get("sizes_bytes", {}), flow.get("durations_s", {})
    told = [
        ("files", flow.get("files")),
        ("added", flow.get("files_added")),
        ("left out", flow.get("files_skipped")),
        *((f"{name}, s", round(value, 3)) for name, value in times.items()),
        *((name.replace("_", " "), human(value)) for name, value in sizes.items()),
    ]
    errors = [error for error in flow.get("errors", []) if isinstance(error, dict)]
    rows = joined(
        tag(
            "tr",
            tag("th", tag("bdi", shortened(str(error.get("name", "")), 80)), scope="row"),
            tag("td", shortened(str(error.get("error", "")), 300)),
        )
        for error in errors[:MOST_ERRORS]
    )
    head = tag("tr", tag("th", "Left out", scope="col"), tag("th", "Why", scope="col"))
    more = len(errors) - MOST_ERRORS
    warnings = [str(text) for text in flow.get("warnings", [])[:MOST_ERRORS]]
    return joined(
        [
            facts([(name, value) for name, value in told if value is not None], 0),
            tag("div", tag("table", tag("thead", head), tag("tbody", rows)), class_="scroll") if errors else None,
            tag("p", f"{count(more)} more were left out.", class_="note") if more > 0 else None,
            joined(tag("p", shortened(text, 300), class_="note") for text in warnings),
        ]
    )
