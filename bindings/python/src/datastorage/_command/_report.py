"""`report`: writes the page about a store or a dataset."""

from __future__ import annotations

import os
import sys
from typing import Any

from .. import _open
from .._dataset._catalog import PRIVATE
from .._dataset._explorer import DatasetExplorer
from .._display import human
from .._report import render
from .._report._dataset import render as render_dataset
from ._terminal import Terminal, visible_line


def report(given: Any, terminal: Terminal) -> int:
    """Writes one HTML page about a store or a dataset."""
    page = _page(given.store, given.sample)
    if given.output == "-":
        sys.stdout.buffer.write(page)
        return 0
    output = given.output or default_name(given.store)
    with open(output, "wb") as file:
        file.write(page)
    if given.json:
        terminal.json({"store": given.store, "report": output, "bytes": len(page)})
    else:
        terminal.line(f"{visible_line(output)}: {human(len(page))}")
    return 0


def _page(uri: str, sample: int) -> bytes:
    with _open.open(uri, "r") as store:
        if PRIVATE not in store.metadata:
            return render(store, sample=sample)
        path = store.path()
    with DatasetExplorer(path) as explorer:
        return render_dataset(explorer, sample=sample)


def default_name(uri: str) -> str:
    """The page's name: that of the store, without its endings, and ``.html``."""
    scheme, colon, rest = uri.partition(":")
    path = rest if colon and len(scheme) > 1 else uri
    name = os.path.basename(os.path.normpath(path))
    for ending in (".dataset", ".data", ".zarr"):
        name = name[: -len(ending)] if name.endswith(ending) else name
    return (name or "store") + ".html"
