"""How stores and groups show themselves: a tree with shapes, types, sizes and ratios, as text and as HTML.

Only headers are read. A node that cannot be looked at (closed store, damaged array) is shown with its error: showing
something never raises.
"""

from __future__ import annotations

import html as _html
from typing import TYPE_CHECKING, Any, NamedTuple

from ._errors import DataStorageError
from ._handle import ARRAY, BYTES, GROUP, KIND_NAMES

if TYPE_CHECKING:
    from ._group import StoreGroup

# More nodes than these are counted, not shown.
MAX_TEXT_NODES = 60
MAX_HTML_NODES = 500


class Row(NamedTuple):
    """A node of the tree: depth, name, what it is, its size, and whether it is a group."""

    depth: int
    name: str
    what: str
    size: str
    is_group: bool


def human(count: float) -> str:
    """A number of bytes for people: ``"480 B"``, ``"1.2 MB"``."""
    if count < 1000:
        return f"{int(count)} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 999.5:
            return f"{count:.1f} {unit}" if count < 99.5 else f"{count:.0f} {unit}"
    return f"{count:.0f} TB"


def title(group: StoreGroup) -> str:
    """The line above the tree."""
    store = group.store
    place = f"{store.uri}" + (f" /{group.key}" if group.key else "")
    kind = "Store" if group is store else "StoreGroup"
    return f"datastorage.{kind} {place!r}"


def rows(group: StoreGroup, limit: int) -> tuple[list[Row], int]:
    """The first nodes below a group, and how many there are in all."""
    handle = group.store.handle
    nodes = handle.list_nodes(group.key, recursive=True)
    start = len(group.key) + 1 if group.key else 0
    shown = []
    for key, kind in nodes[:limit]:
        relative = key[start:]
        try:
            what, size = _describe(handle, key, kind)
        except DataStorageError as error:
            what, size = f"({error})", ""
        shown.append(Row(relative.count("/"), relative.rpartition("/")[2], what, size, kind == GROUP))
    return shown, len(nodes)


def _describe(handle: Any, key: str, kind: int) -> tuple[str, str]:
    info = handle.info(key)
    if kind == GROUP:
        return "", ""
    if kind != ARRAY:
        size = human(info.nbytes) if kind == BYTES else human(info.stored_bytes)
        return KIND_NAMES[kind], size
    what = f"{handle.shape(key)} {info.dtype}" if info.ndim else str(info.dtype)
    if info.ndim == 0 or not info.nbytes:
        return what, human(info.stored_bytes)
    ratio = f" ({info.nbytes / info.stored_bytes:.1f}x)" if info.stored_bytes else ""
    return what, f"{human(info.nbytes)} -> {human(info.stored_bytes)}{ratio}"


def text(group: StoreGroup) -> str:
    """The tree as lines of text."""
    try:
        shown, count = rows(group, MAX_TEXT_NODES)
        form = group.store.format
    except DataStorageError as error:
        return f"<{title(group)}: {error}>"
    lines = [f"<{title(group)} ({form}), {count} node{'' if count == 1 else 's'}>"]
    labels = [_branch(shown, index) + row.name + ("/" if row.is_group else "") for index, row in enumerate(shown)]
    width = max((len(label) for label in labels), default=0)
    middle = max((len(row.what) for row in shown), default=0)
    for label, row in zip(labels, shown):
        lines.append(f"{label:<{width}}  {row.what:<{middle}}  {row.size}".rstrip())
    if count > len(shown):
        lines.append(f"... {count - len(shown)} more")
    return "\n".join(lines)


def _branch(shown: list[Row], index: int) -> str:
    """The lines of the tree before a name."""
    depth = shown[index].depth
    parts = ["├── " if _continues(shown, index, depth) else "└── "]
    parts += ["│   " if _continues(shown, index, level) else "    " for level in range(depth - 1, -1, -1)]
    return "".join(reversed(parts))


def _continues(shown: list[Row], index: int, level: int) -> bool:
    """Whether a later sibling at a level follows."""
    for row in shown[index + 1 :]:
        if row.depth <= level:
            return row.depth == level
    return False


def html(group: StoreGroup) -> str:
    """The tree as an HTML table."""
    try:
        shown, count = rows(group, MAX_HTML_NODES)
        form = group.store.format
    except DataStorageError as error:
        return f"<pre>{_html.escape(f'{title(group)}: {error}')}</pre>"
    head = _html.escape(f"{title(group)} ({form}), {count} node{'' if count == 1 else 's'}")
    cells = []
    for row in shown:
        name = _html.escape(row.name) + ("/" if row.is_group else "")
        style = f"padding-left:{0.5 + 1.5 * row.depth:g}em;text-align:left"
        weight = "strong" if row.is_group else "span"
        cells.append(
            f'<tr><td style="{style}"><{weight}>{name}</{weight}></td>'
            f'<td style="text-align:left">{_html.escape(row.what)}</td>'
            f'<td style="text-align:right">{_html.escape(row.size)}</td></tr>'
        )
    if count > len(shown):
        cells.append(f'<tr><td colspan="3">... {count - len(shown)} more</td></tr>')
    header = "<tr><th>name</th><th>shape, type</th><th>size -&gt; stored</th></tr>"
    return f"<div><code>{head}</code><table>{header}{''.join(cells)}</table></div>"
