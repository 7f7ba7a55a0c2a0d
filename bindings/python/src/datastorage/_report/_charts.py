"""Distributions as HTML: histograms of numbers, bars of few values. Lengths come from CSS variables.

Every bar has its linear length (``--v``) and its logarithmic one (``--l``); the page chooses. A reader who sees no bars
gets a sentence.
"""

from __future__ import annotations

import math

from ._html import Markup, joined, tag
from ._numbers import count, number, share
from ._statistics import Bar, Histogram


def lengths(part: int, most: int) -> str:
    """The linear and the logarithmic length of a bar, as CSS variables."""
    linear = part / most if most else 0
    logarithmic = math.log1p(part) / math.log1p(most) if most else 0
    return f"--v:{linear:.4f};--l:{logarithmic:.4f}"


def histogram(given: Histogram) -> Markup:
    """Upright bars over equal intervals, with the ends of the range below."""
    most, total = max(given.counts), sum(given.counts)
    bars = []
    for place, part in enumerate(given.counts):
        text = f"{_interval(given, place)}: {count(part)} ({share(part, total)})"
        bars.append(tag("i", style=lengths(part, most), title=text, class_=None if part else "none"))
    low, high = _ends(given, 0, len(given.counts))
    sentence = f"Histogram from {low} to {high}; the most, {count(most)}: {_interval(given, given.counts.index(most))}"
    ends = tag("div", tag("span", low), tag("span", high), class_="ends")
    return tag("div", tag("div", joined(bars), class_="hist", role="img", aria_label=sentence), ends, class_="chart")


def _ends(given: Histogram, first: int, last: int) -> tuple[str, str]:
    """The least and the largest value in some bins."""
    width = (given.high - given.low) / len(given.counts)
    low, high = given.low + first * width, given.low + last * width
    if given.logarithmic:
        low, high = 10**low, 10**high
    if given.whole:
        return number(math.ceil(low)), number(math.floor(high))
    return number(low), number(high)


def _interval(given: Histogram, place: int) -> str:
    low, high = _ends(given, place, place + 1)
    return low if low == high else f"{low} to {high}"


def bars(given: list[Bar]) -> Markup:
    """A line a value: its name, a bar, how often it is there."""
    most, total = max((bar.size for bar in given), default=0), sum(bar.size for bar in given)
    rows = [
        tag(
            "tr",
            tag("th", tag("bdi", _short(bar.label)), scope="row", title=bar.label),
            tag("td", tag("i", style=lengths(bar.size, most)), class_="bar", title=share(bar.size, total)),
            tag("td", count(bar.size), class_="num"),
        )
        for bar in given
    ]
    return tag("table", tag("tbody", joined(rows)), class_="bars")


def _short(text: str, length: int = 28) -> str:
    if not text:
        return "(empty)"
    return text if len(text) <= length else text[: length - 1] + "…"
