"""Labels as HTML: a table for each key, with bars, and the share of each label in every subset that was kept."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..._dtypes import NDArray
from .._charts import lengths
from .._html import Markup, joined, tag
from .._numbers import count, share
from ._collect import Contents
from ._labels import Labels

# More subsets have no column.
MOST_SUBSETS = 12
# A label whose share in a subset is farther from that in all files than this is marked.
_UNEVEN = 0.05


def labels_section(contents: Contents) -> Markup:
    """What labels there are, and how the subsets share in them."""
    subsets = _subsets(contents)
    parts = [_head(contents, subsets)]
    alone = []
    for labels in contents.labels:
        if len(labels.values) > 1:
            parts.append(_labels(labels, subsets, len(contents.files.names)))
        else:
            alone.append(tag("li", tag("code", labels.key), ": ", tag("bdi", labels.texts[0])))
    if alone:
        parts.append(tag("h3", "One label throughout"))
        parts.append(tag("ul", joined(alone), class_="alone"))
    return joined(parts)


def _subsets(contents: Contents) -> list[tuple[str, NDArray]]:
    given = np.array(contents.files.subsets, object)
    return [(name, np.nonzero(given == name)[0]) for name in contents.files.subset_names[:MOST_SUBSETS]]


def _head(contents: Contents, subsets: list[tuple[str, NDArray]]) -> Markup:
    if not subsets:
        text = "No split was saved; once one is (datastorage split), each subset has a column here."
        return tag("p", text, class_="note")
    total = len(contents.files.names)
    sizes = ", ".join(f"{name} {count(len(codes))} ({share(len(codes), total)})" for name, codes in subsets)
    rest = total - sum(len(codes) for _, codes in subsets)
    others = len(contents.files.subset_names) - len(subsets)
    more = f", in {f'{count(others)} other subsets or none' if others else 'none'} {count(rest)}" if rest else ""
    text = (
        f"Files in subsets: {sizes}{more}. Beside each label stands its share of the rows of each subset; marked is what "
        f"differs by more than {_UNEVEN * 100:.0f} points, or is missing."
    )
    return tag("p", text, class_="note")


def _labels(labels: Labels, subsets: list[tuple[str, NDArray]], files: int) -> Markup:
    totals = labels.totals
    whole, most = int(totals.sum()), int(totals.max(initial=0))
    within = [labels.within(codes) for _, codes in subsets]
    head = ["Label", "", "Files" if labels.unit == "file" else f"Rows ({labels.unit})", "Share"]
    if labels.unit != "file":
        head.append("Files")
    numeric = 2
    titles = [*head, *(name for name, _ in subsets)]
    top = [
        tag("th", tag("bdi", title), scope="col", class_="num" if at >= numeric else None) if title else tag("td")
        for at, title in enumerate(titles)
    ]
    rows = []
    for at, text in enumerate(labels.texts):
        number = int(totals[at])
        cells: list[Optional[Markup]] = [
            tag(
                "th",
                tag("bdi", text),
                tag(
                    "button",
                    "files",
                    type="button",
                    class_="link needs-script",
                    data_filter=labels.key,
                    data_choice=text,
                    aria_label=f"List the files with {labels.key} {text}",
                ),
                scope="row",
            ),
            tag("td", tag("i", style=lengths(number, most)), class_="bar"),
            tag("td", count(number), class_="num"),
            tag("td", _percent(number, whole), class_="num"),
        ]
        if labels.unit != "file":
            with_it = int(labels.files[at])
            cells.append(tag("td", count(with_it), class_="num", title=f"{share(with_it, files)} of all files"))
        cells += [_share(int(part[at]), int(part.sum()), number, whole) for part in within]
        rows.append(tag("tr", joined(cells)))
    foot = [f"Names that nothing has: {', '.join(labels.unused)}."] if labels.unused else []
    if within and whole:
        apart = [_distance(part, totals) for part in within]
        told = ", ".join(f"{name} {value:.3f}" for (name, _), value in zip(subsets, apart))
        foot.append(f"Distance of the shares from those of all files (total variation, 0 to 1): {told}.")
    return tag(
        "div",
        tag("h3", tag("bdi", labels.key), " ", tag("small", f"{len(labels.values)} labels, {_imbalance(totals)}")),
        tag(
            "div",
            tag("table", tag("thead", tag("tr", joined(top))), tag("tbody", joined(rows)), class_="bars labels"),
            class_="scroll",
        ),
        joined(tag("p", text, class_="note small") for text in foot),
        class_="balance",
    )


def _share(part: int, of: int, number: int, whole: int) -> Markup:
    if not part:
        return tag("td", "none", class_="num warn")
    uneven = abs(part / of - number / whole) > _UNEVEN
    return tag("td", _percent(part, of), class_="num warn" if uneven else "num", title=f"{count(part)} of {count(of)}")


def _percent(part: int, of: int) -> str:
    """A share with one digit after the point, so that those below each other can be compared."""
    percent = 100 * part / of if of else 0.0
    return "< 0.1\u00a0%" if 0 < percent < 0.05 else f"{percent:.1f}\u00a0%"


def _distance(part: NDArray, totals: NDArray) -> float:
    """Total variation between two distributions; 1 where there is nothing."""
    if not part.sum():
        return 1.0
    return float(np.abs(part / part.sum() - totals / totals.sum()).sum() / 2)


def _imbalance(totals: NDArray) -> str:
    known = totals[totals > 0]
    return f"the most frequent {known.max() / known.min():.1f} times as often as the rarest" if len(known) else "empty"
