"""A table as a picture: for each row its ratios to the floor, on a logarithmic axis. SVG, written by hand."""

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from driver.case import Case
from driver.report import number, title

Record = dict[str, Any]

LEFT, RIGHT, LINE, TOP, BOTTOM, WIDTH = 310, 80, 25, 76, 46, 900
INK, PALE, OURS = "#1f2933", "#8a94a0", "#0b6e4f"
COLOURS = {"write": "#c2410c", "read": "#1d4ed8", "merge": "#c2410c"}
FONT = "font-family='Helvetica, Arial, sans-serif'"


@dataclass
class Axis:
    """Ratios from `low` to `high`, both powers of ten times 1, 2 or 5, as places."""

    low: float
    high: float

    def x(self, ratio: float) -> float:
        share = math.log(ratio / self.low) / math.log(self.high / self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = [m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5)]
        inside = [tick for tick in every if self.low * 0.999 <= tick <= self.high * 1.001]
        tens = [tick for tick in inside if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-9)]
        return inside if len(inside) < 12 else tens


def step(ratio: float, up: bool) -> float:
    """The next 1, 2 or 5 beyond a ratio."""
    exponent = math.floor(math.log10(ratio))
    steps = [m * 10.0**e for e in (exponent - 1, exponent, exponent + 1) for m in (1, 2, 5)]
    return min(s for s in steps if s >= ratio) if up else max(s for s in steps if s <= ratio)


def text(
    x: float, y: float, words: str, colour: str = INK, size: int = 12, anchor: str = "start", weight: str = "normal"
) -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' fill='{colour}' font-size='{size}' text-anchor='{anchor}' font-weight='{weight}'"
    return f"<text {place} {FONT}>{escape(words)}</text>"


def straight(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, opacity: float = 1) -> str:
    place = f"x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}'"
    return f"<line {place} stroke='{colour}' stroke-width='{width}' opacity='{opacity}'/>"


def mark(axis: Axis, y: float, record: Record) -> list[str]:
    """A dot at the median, a line from the lowest to the highest, and the number."""
    colour, basis = COLOURS[record["metric"]], record["median"] / record["ratio"]
    low, high = axis.x(record["min"] / basis), axis.x(record["max"] / basis)
    x = axis.x(record["ratio"])
    return [
        straight(low, y, high, y, colour, 1.5, 0.6),
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.6' fill='{colour}'/>",
        text(max(x, high) + 6, y + 3.5, number(record["ratio"]), colour, 9),
    ]


def draw(case: Case, records: list[Record]) -> str:
    """The picture of a case; rows that are absent are not in it, the tables name them."""
    timed = [r for r in records if r.get("metric") in COLOURS]
    peers = list(dict.fromkeys(r["peer"] for r in timed))
    first = {peer: next(r for r in timed if r["peer"] == peer) for peer in peers}
    peers.sort(key=lambda peer: first[peer]["ratio"])
    extremes = [r[end] * r["ratio"] / r["median"] for r in timed for end in ("min", "max")]
    axis = Axis(step(min([*extremes, 0.9]), False), step(max([*extremes, 1.1]), True))
    bottom, rounds = TOP + LINE * len(peers), first[peers[0]]["rounds"]
    height = bottom + BOTTOM
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'>",
        f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>",
        text(16, 26, title(case), size=16, weight="bold"),
        text(16, 46, f"Time to the floor's, medians of {rounds} rounds, lowest to highest; less is better.", PALE),
    ]
    for place, metric in enumerate(m for m in COLOURS if any(r["metric"] == m for r in timed)):
        parts.append(f"<circle cx='{WIDTH - 150 + 70 * place}' cy='22' r='4' fill='{COLOURS[metric]}'/>")
        parts.append(text(WIDTH - 142 + 70 * place, 26, metric, COLOURS[metric]))
    for tick in axis.ticks():
        x, one = axis.x(tick), math.isclose(tick, 1)
        parts.append(straight(x, TOP - 10, x, bottom, INK if one else "#e2e6ea"))
        parts.append(text(x, bottom + 16, f"{tick:g}", PALE, 11, "middle"))
    parts.append(text(LEFT, bottom + 36, "ratio to the floor, logarithmic", PALE, 11))
    for place, peer in enumerate(peers):
        y = TOP + LINE * place + LINE / 2 - 4
        own = [r for r in timed if r["peer"] == peer]
        colour = OURS if peer.startswith("datastorage") else INK
        parts.append(text(LEFT - 10, y, peer, colour, 12, "end", "bold" if colour == OURS else "normal"))
        parts.append(text(LEFT - 10, y + 9.5, own[0]["codec"], PALE, 8, "end"))
        for row, record in enumerate(own):
            parts += mark(axis, y - 5 + 10 * row if len(own) > 1 else y, record)
    return "\n".join([*parts, "</svg>"]) + "\n"


def file_name(case: Case) -> str:
    words = f"{case.workload} {case.title} {case.medium} {'fsync' if case.fsync else ''}"
    return "-".join("".join(c if c.isalnum() else " " for c in words.lower()).split()) + ".svg"


def write(directory: Path, case: Case, records: list[Record]) -> None:
    if any(r.get("metric") in COLOURS for r in records):
        (directory / file_name(case)).write_text(draw(case, records))
