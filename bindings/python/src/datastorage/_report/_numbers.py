"""Numbers as people read them. Text only; nothing here is HTML."""

from __future__ import annotations

import math
from typing import Any

from .._display import human

__all__ = ["human", "number", "count", "ratio", "share"]

# A narrow no-break space between groups of three digits, which no language takes for a decimal sign.
_SPACE = "\u202f"


def count(value: int) -> str:
    """An integer with its digits in groups."""
    return f"{value:,}".replace(",", _SPACE)


def number(value: Any) -> str:
    """A number with about six significant digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int):
        return count(value)
    if not math.isfinite(value):
        return "NaN" if value != value else "∞" if value > 0 else "−∞"
    text = f"{value:.6g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa} × 10{_raised(int(exponent))}".replace("-", "−")
    return text.replace("-", "−")


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def ratio(value: Any) -> str:
    """A compression ratio: ``"4.9×"``."""
    if value is None:
        return ""
    return f"{value:.1f}×" if value < 99.95 else f"{count(round(value))}×"


def share(part: int, whole: int) -> str:
    """A share in percent: ``"12 %"``, ``"< 0.1 %"``."""
    if not whole:
        return ""
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1\u00a0%"
    return f"{percent:.1f}\u00a0%" if percent < 10 and part else f"{percent:.0f}\u00a0%"
