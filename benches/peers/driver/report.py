"""What came out, as rows of JSON and as tables of text."""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from driver.case import Case, Outcome

Record = dict[str, Any]

METRICS = ("write", "read", "merge")
OURS = "datastorage, native"


def records(case: Case, outcomes: list[Outcome]) -> list[Record]:
    """A record for each row and metric; a row that is absent has one, with the reason."""
    floor = outcomes[0]
    result = []
    for outcome in outcomes:
        row = outcome.row
        common = {
            "workload": case.workload, "variant": case.title, "peer": row.name, "codec": row.codec, "fsync": case.fsync,
            "medium": case.medium, "threads": row.settings.get("threads", case.threads), "form": row.form or "one file",
        }  # fmt: skip
        if outcome.absent:
            result.append({**common, "absent": outcome.absent})
            continue
        for metric, times in outcome.times.items():
            basis = median(floor.times[metric]) if metric in floor.times else None
            peak, before = outcome.memory[metric]
            result.append({
                **common, "metric": metric, "unit": case.unit, "median": median(times) / 1e6, "min": min(times) / 1e6,
                "max": max(times) / 1e6, "ratio": median(times) / basis if basis else None, "rounds": len(times),
                "items": outcome.items or len(case.offsets), "rss": peak, "rss_before": before,
            })  # fmt: skip
        result.append({
            **common, "metric": "stored", "unit": "bytes", "median": outcome.stored, "min": outcome.stored,
            "max": outcome.stored, "ratio": outcome.stored / floor.stored if floor.stored else None,
        })  # fmt: skip
    return result


def title(case: Case) -> str:
    return f"{case.workload}, {case.title}, {case.medium}, {'fsync' if case.fsync else 'no fsync'}"


def table(case: Case, outcomes: list[Outcome]) -> str:
    """A table in Markdown, the order that of the plan."""
    all_of_them = records(case, outcomes)
    metrics = [m for m in METRICS if any(r.get("metric") == m for r in all_of_them)]
    head = ["", "codec"]
    for metric in metrics:
        head += [f"{metric}, {case.unit}", "lowest - highest", "ratio"]
    head += ["stored", "ratio", "peak MB (of that new)"]
    if case.workload == "E":
        head.append("parts")
    lines = [f"### {title(case)}", "", row_text(head), row_text(["---"] + ["---"] + ["---:"] * (len(head) - 2))]
    for outcome in outcomes:
        own = {r["metric"]: r for r in all_of_them if r["peer"] == outcome.row.name and "metric" in r}
        name = outcome.row.name + (f" ({outcome.row.form})" if outcome.row.form else "")
        if outcome.absent:
            lines.append(row_text([name, outcome.row.codec, f"absent: {outcome.absent}"] + [""] * (len(head) - 3)))
            continue
        cells = [name, outcome.row.codec]
        for metric in metrics:
            r = own[metric]
            cells += [number(r["median"]), f"{number(r['min'])} - {number(r['max'])}", number(r["ratio"])]
        highest = max(metrics, key=lambda m: own[m]["rss"])
        new = max(own[m]["rss"] - own[m]["rss_before"] for m in metrics)
        cells += [f"{own['stored']['median']:.0f}", number(own["stored"]["ratio"])]
        cells.append(f"{own[highest]['rss'] / 1e6:.0f} ({new / 1e6:.0f})")
        if case.workload == "E":
            cells.append(str(outcome.items))
        lines.append(row_text(cells))
    return "\n".join(lines) + "\n" + factors(all_of_them)


def factors(all_of_them: list[Record]) -> str:
    """How long each peer takes to merge beside the library; empty where the library did not."""
    times = {r["peer"]: r["median"] for r in all_of_them if r.get("metric") == "merge"}
    if OURS not in times:
        return ""
    others = [f"{name} {number(time / times[OURS])}" for name, time in times.items() if not name.startswith("datastorage")]
    return f"\nTimes of {OURS}: " + ", ".join(others) + ".\n"


def number(value: float | None) -> str:
    """Three digits, and never an exponent."""
    if value is None:
        return ""
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{places}f}"


def row_text(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def write_json(path: Path, about: Record, rows: list[Record]) -> None:
    path.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n")
