"""HTML that cannot be broken by what is in it: text is escaped unless it is `Markup`, which only this package makes.

Keys, attributes, strings and metadata of a store are anybody's text. They are escaped for elements and for attributes
alike, and characters that show nothing, or turn the direction of text, are shown as what they are.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Union

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_EMPTY = {"meta", "link", "br", "input", "hr", "img"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = Union[str, Markup, None]


def seen(text: str) -> str:
    r"""The text with unseen characters as escapes such as ``\x1b``."""
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def escaped(text: Content) -> Markup:
    """Text as HTML; `Markup` as it is, nothing for None."""
    if text is None:
        return Markup("")
    return text if isinstance(text, Markup) else Markup(html.escape(seen(str(text)), quote=True))


def joined(parts: Any, between: str = "") -> Markup:
    """The parts one after the other, each escaped."""
    return Markup(between.join(escaped(part) for part in parts))


def tag(name: str, /, *content: Content, **attributes: Any) -> Markup:
    """An element. Attributes: ``class_`` is class, ``data_key`` is data-key; None and False leave one out."""
    texts = []
    for attribute, value in attributes.items():
        if value is None or value is False:
            continue
        label = attribute.rstrip("_").replace("_", "-")
        texts.append(f" {label}" if value is True else f' {label}="{escaped(str(value))}"')
    start = f"<{name}{''.join(texts)}>"
    return Markup(start if name in _EMPTY else f"{start}{joined(content)}</{name}>")


def data(identity: str, value: Any) -> Markup:
    """A JSON value that a script reads by the element's id; nothing in it can end the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{escaped(identity)}">{text}</script>')
