"""What goes to the terminal: colours where there is one, tables, JSON, and text that cannot steer it.

Colours are on when stdout is a terminal, `NO_COLOR` is empty and `TERM` is not "dumb". Names and values come from files:
control characters in them are shown, not sent.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
# C0 but newline and tab, DEL, C1, and what turns the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""The text with control characters as escapes, such as ``\x1b``."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def visible_line(text: str) -> str:
    """`visible`, and on one line."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


class Terminal:
    """Writes to stdout and stderr."""

    def __init__(self) -> None:
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.colours = wanted and sys.stdout.isatty()
        self._error_colours = wanted and sys.stderr.isatty()

    def style(self, text: str, *styles: str) -> str:
        """The text in colour, where colours are on."""
        if not self.colours or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Writes a line."""
        sys.stdout.write(_encodable(text, sys.stdout) + "\n")

    def json(self, value: Any) -> None:
        """Writes a value as JSON: indented on a terminal, on one line elsewhere."""
        # ASCII, so that it is the same in every locale.
        self.line(json.dumps(value, indent=2 if sys.stdout.isatty() else None))

    def error(self, text: str) -> None:
        """Writes an error to stderr."""
        name = "\x1b[31mdatastorage:\x1b[0m" if self._error_colours else "datastorage:"
        sys.stderr.write(_encodable(f"{name} {visible_line(text)}\n", sys.stderr))

    def note(self, text: str) -> None:
        """Writes what is good to know, to stderr: stdout is the answer."""
        sys.stderr.write(_encodable(visible_line(text) + "\n", sys.stderr))

    def table(
        self, rows: Sequence[Sequence[str]], right: Sequence[int] = (), styles: Sequence[Sequence[str]] = ()
    ) -> None:
        """Writes columns as wide as they have to be; the columns in `right` are flush right."""
        if not rows:
            return
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = []
            for column, (cell, width) in enumerate(zip(row, widths)):
                padding = " " * (width - len(cell))
                shown = self.style(cell, *styles[column]) if styles and styles[column] else cell
                cells.append(padding + shown if column in right else shown + padding)
            self.line("  ".join(cells).rstrip())


def _encodable(text: str, stream: Any) -> str:
    """The text with escapes for what the stream's encoding has no form for."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
