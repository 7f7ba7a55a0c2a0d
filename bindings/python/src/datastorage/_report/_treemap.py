"""The squarified treemap (Bruls, Huizing, van Wijk): rectangles whose areas are sizes, as square as can be.

Pure geometry in the unit of the caller; groups are laid out within their rectangle by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Rectangle(NamedTuple):
    """Left, top, width, height."""

    left: float
    top: float
    width: float
    height: float


def squarify(sizes: Sequence[float], frame: Rectangle) -> list[Rectangle]:
    """A rectangle for each size, in the order given; sizes are positive and best sorted from large to small."""
    total = sum(sizes)
    if not total or frame.width <= 0 or frame.height <= 0:
        return [Rectangle(frame.left, frame.top, 0, 0) for _ in sizes]
    scale = frame.width * frame.height / total
    rest = [size * scale for size in sizes]
    placed: list[Rectangle] = []
    while rest:
        side = min(frame.width, frame.height)
        number = 1
        while number < len(rest) and _worst(rest[: number + 1], side) <= _worst(rest[:number], side):
            number += 1
        row, frame = _place(rest[:number], frame)
        placed += row
        rest = rest[number:]
    return placed


def _worst(areas: Sequence[float], side: float) -> float:
    """The most elongated rectangle of a row along a side: its longer side over the shorter one."""
    total = sum(areas)
    if total <= 0 or side <= 0:
        return float("inf")
    return max(side * side * max(areas) / (total * total), total * total / (side * side * max(min(areas), 1e-12)))


def _place(areas: Sequence[float], frame: Rectangle) -> tuple[list[Rectangle], Rectangle]:
    """A row along the shorter side, and the frame that is left."""
    left, top, width, height = frame
    total = sum(areas)
    row = []
    if width >= height:
        thickness = total / height if height > 0 else 0.0
        for area in areas:
            length = area / thickness if thickness > 0 else 0.0
            row.append(Rectangle(left, top, thickness, length))
            top += length
        return row, Rectangle(left + thickness, frame.top, max(0.0, width - thickness), height)
    thickness = total / width
    for area in areas:
        length = area / thickness if thickness > 0 else 0.0
        row.append(Rectangle(left, top, length, thickness))
        left += length
    return row, Rectangle(frame.left, top + thickness, width, max(0.0, height - thickness))
