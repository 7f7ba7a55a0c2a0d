"""One table a workload out of the records of a run: ratios to the floor, media and durability as columns.

Reads are those from memory only: the page cache gives the same bytes for a disk. A ratio is that of the medians; in brackets
that of the lowest, which other work on the machine disturbs less. The floor's own row has milliseconds.
"""

from typing import Any

from driver.report import METRICS, number, row_text

Record = dict[str, Any]
Column = tuple[str, bool, str]


def write(records: list[Record]) -> str:
    """A table for each workload and variant, in the order of the records."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record["workload"] != "F":
            groups.setdefault((record["workload"], record["variant"]), []).append(record)
    return "\n".join(table(f"{workload}, {variant}", group) for (workload, variant), group in groups.items())


def table(title: str, records: list[Record]) -> str:
    columns = list(dict.fromkeys(column(r) for r in records if r.get("metric") in METRICS))
    columns = [c for c in columns if c[2] != "read" or c[:2] == ("tmpfs", False)]
    names = [f"{metric}, {medium}{', fsync' if fsync else ''}" for medium, fsync, metric in columns]
    lines = [
        f"### {title}", "", row_text(["", "codec", *names, "stored", "peak MB"]),
        row_text(["---", "---", *["---:"] * (len(columns) + 2)]),
    ]  # fmt: skip
    peers = list(dict.fromkeys(r["peer"] for r in records))
    own = {peer: [r for r in records if r["peer"] == peer] for peer in peers}
    peers.sort(key=lambda peer: first_ratio(own[peer]))
    lowest = {column(r): r["min"] for r in own["floor"] if "metric" in r}
    lines += [row_text(line(peer, own[peer], columns, lowest)) for peer in peers]
    return "\n".join(lines) + "\n"


def column(record: Record) -> Column:
    return record["medium"], record["fsync"], record["metric"]


def first_ratio(records: list[Record]) -> float:
    """What a row is sorted by; those that are absent come last."""
    return next((r["ratio"] for r in records if r.get("metric") in METRICS), float("inf"))


def line(peer: str, records: list[Record], columns: list[Column], lowest: dict[Column, float]) -> list[str]:
    measured = {column(r): r for r in records if "metric" in r}
    form = "" if records[0]["form"] == "one file" else f" ({records[0]['form']})"
    name = f"**{peer}**{form}" if peer.startswith("datastorage") else peer + form
    if not measured:
        return [name, records[0]["codec"], "absent: " + records[0]["absent"], *[""] * (len(columns) + 1)]
    cells = [cell(measured.get(c), None if peer == "floor" else lowest.get(c)) for c in columns]
    stored = next(r for r in records if r.get("metric") == "stored")
    peak = max(r["rss"] for r in records if "rss" in r)
    size = f"{stored['median']:.0f} bytes" if peer == "floor" else number(stored["ratio"])
    return [name, records[0]["codec"], *cells, size, f"{peak / 1e6:.0f}"]


def cell(record: Record | None, lowest: float | None) -> str:
    if record is None:
        return ""
    if lowest is None:
        return f"{number(record['median'])} ms ({number(record['min'])})"
    return f"{number(record['ratio'])} ({number(record['min'] / lowest)})"
