"""The table of files: columns as JSON for the script that sorts, filters and pages it, and its place in the page.

The numbers of the table have a budget of bytes. When more files are there than fit, those that are drawn, those farthest
from the rest and then files spread evenly over the codes are listed, and the page says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._dtypes import NDArray
from .._collect import shortened
from .._html import Markup, data, joined, tag
from .._numbers import count
from ._collect import Contents
from ._files import short
from ._labels import Labels

# Bytes that the values of the table takes in the page, and columns that it has, at most.
MOST_BYTES = 6_000_000
MOST_COLUMNS = 24
# A label is a bit of a number; doubles have 53.
_MOST_BITS = 52
SCORE = "score"


def table_data(contents: Contents) -> dict[str, Any]:
    """What the script shows: columns of values, filters by labels, and which rows are drawn in space."""
    files = contents.files
    columns = _columns(contents)
    of_rows = [labels for labels in contents.labels if labels.unit != "file"]
    masks = [_masks(labels) for labels in of_rows if 1 < len(labels.values) <= _MOST_BITS]
    filled = _filled(contents, np.arange(len(files.names)), columns, masks)
    while (size := len(data("", filled))) > MOST_BYTES and len(filled["codes"]) > 1:
        most = max(1, int(len(filled["codes"]) * MOST_BYTES / size * 0.97))
        filled = _filled(contents, _kept(contents, most), columns, masks)
    return filled


def _kept(contents: Contents, most: int) -> NDArray:
    """The codes of at most so many files."""
    first = [part.code for part in contents.parts]
    far = np.argsort(-contents.worst, kind="stable")[: most // 4].tolist()
    chosen = dict.fromkeys([*far, *first][:most])
    step = np.linspace(0, len(contents.worst) - 1, max(1, most - len(chosen))).round().astype(int)
    return np.unique([*chosen, *step.tolist()][:most])


def _columns(contents: Contents) -> list[dict[str, Any]]:
    files = contents.files
    known: list[dict[str, Any]] = [{"name": "file", "kind": "text", "values": files.names}]
    if files.subset_names:
        known.append({"name": "subset", "kind": "text", "values": files.subsets, "choices": files.subset_names})
    if contents.measures:
        known.append({"name": SCORE, "kind": "number", "values": contents.worst.tolist(), "score": True})
    choices = {labels.key: labels.texts for labels in contents.labels if labels.unit == "file"}
    order = {"category": 0, "rows": 1, "array": 2, "size": 3, "metadata": 4}
    twins = _twins(contents)
    listed = [column for column in files.columns if column.name not in twins]
    for column in sorted(listed, key=lambda column: (order[column.source], column.kind == "text")):
        if len(known) == MOST_COLUMNS:
            break
        told: dict[str, Any] = {"name": column.name, "kind": column.kind, "values": column.values}
        told["also"] = [twin for twin, name in twins.items() if name == column.name]
        known.append({**told, "choices": choices[column.name]} if column.name in choices else told)
    return known


def _twins(contents: Contents) -> dict[str, str]:
    """Columns with the same numbers as another one, which is listed."""
    return {twin: measure.name for measure in contents.measures for twin in measure.same}


def _masks(labels: Labels) -> dict[str, Any]:
    bits = (np.asarray(labels.matrix > 0) * (1 << np.arange(len(labels.values), dtype=np.int64))).sum(1)
    return {"name": labels.key, "choices": labels.texts, "bits": bits.tolist()}


def _filled(
    contents: Contents, codes: NDArray, columns: list[dict[str, Any]], masks: list[dict[str, Any]]
) -> dict[str, Any]:
    place = {code: row for row, code in enumerate(codes.tolist())}
    return {
        "files": len(contents.files.names),
        "codes": codes.tolist(),
        "columns": [{**column, **_packed(column, codes)} for column in columns],
        "masks": [{**mask, "bits": [mask["bits"][code] for code in codes]} for mask in masks],
        "drawn": [place[part.code] for part in contents.parts if part.code in place],
    }


def _packed(column: dict[str, Any], codes: NDArray) -> dict[str, Any]:
    """Numbers with seven digits; texts as places in the list of different ones where that is shorter."""
    values = [column["values"][code] for code in codes]
    if column["kind"] == "number":
        return {"values": [_number(value) for value in values]}
    texts = [None if value is None else short(str(value)) for value in values]
    different = list(dict.fromkeys(texts))
    if 2 * len(different) > len(texts):
        return {"values": texts}
    place = {text: at for at, text in enumerate(different)}
    return {"words": different, "values": [place[text] for text in texts]}


def _number(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.7g}") if np.isfinite(value) else None


def _example(contents: Contents, table: dict[str, Any]) -> str:
    """A comparison with a column that there is; names with spaces stand in quotes."""
    medians = {measure.name: measure.centre for measure in contents.measures}
    name = next((name for name in medians if " " not in name), next(iter(medians), SCORE))
    quoted = f'"{name}"' if " " in name else name
    text = f"{quoted}>{medians.get(name, 2.0):.4g}"
    return text + (" or subset=train" if any(column["name"] == "subset" for column in table["columns"]) else "")


def table_of_files(contents: Contents, table: dict[str, Any]) -> Markup:
    """The controls and the empty table, which the script fills."""
    files = contents.files
    notes = []
    if len(table["codes"]) < table["files"]:
        notes.append(
            f"{count(len(table['codes']))} of {count(table['files'])} files are listed: those that are drawn, those "
            "farthest from the rest, and others spread evenly over the codes."
        )
    shown = {column["name"] for column in table["columns"]}
    twins = _twins(contents)
    if twins:
        same = ", ".join(f"{twin} as {name}" for twin, name in twins.items())
        notes.append(f"Columns with the same numbers as another one are not listed: {shortened(same, 600)}.")
    left = [column.name for column in files.columns if column.name not in shown and column.name not in twins]
    if left:
        notes.append(f"Columns that are not listed: {shortened(', '.join(left), 600)}.")
    hint = f"Words are looked for in the texts of a row; {_example(contents, table)} compares a column."
    box = tag(
        "input",
        type="search",
        id="files-search",
        placeholder="Words, or column>number …",
        aria_label="Filter the table of files",
        aria_describedby="files-hint",
    )
    far = tag("label", tag("input", type="checkbox", id="files-far"), " only far from the rest")
    pages = tag(
        "div",
        tag("button", "←", type="button", id="files-back", aria_label="Previous page", class_="button"),
        tag("span", "", id="files-page"),
        tag("button", "→", type="button", id="files-on", aria_label="Next page", class_="button"),
        class_="pages",
    )
    return joined(
        [
            tag("noscript", tag("p", "The table of files needs scripts.", class_="note")),
            tag(
                "div",
                box,
                tag("span", "", id="files-filters", class_="filters"),
                far if contents.measures else None,
                tag("button", "Clear", type="button", id="files-clear", class_="button"),
                class_="controls needs-script",
            ),
            tag("p", hint, id="files-hint", class_="hint needs-script"),
            tag(
                "div",
                tag("table", tag("thead", ""), tag("tbody", ""), id="files-table", class_="wide"),
                class_="scroll needs-script",
                tabindex="0",
                role="region",
                aria_label="Files",
            ),
            tag("div", tag("output", "", id="files-found", aria_live="polite"), pages, class_="foot needs-script"),
            joined(tag("p", note, class_="note") for note in notes),
        ]
    )
