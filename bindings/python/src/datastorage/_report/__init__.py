"""A page about a store: one self-contained HTML document with sizes, statistics, points in space, metadata and schema.

Values are collected first (`_collect`), then turned into HTML (`_page`), in which text is escaped by construction
(`_html`). Equal stores give equal pages: there is no date and nothing random in one.
"""

from __future__ import annotations

import os

from .._store import Store
from ._collect import collect
from ._page import page

SAMPLE = 1 << 20


def render(store: Store, *, sample: int = SAMPLE) -> bytes:
    """The page about a store, as UTF-8.

    Parameters
    ----------
    store : Store
        An open store of any kind.
    sample : int
        Of an array with more elements than this, about as many are looked at.
    """
    path = store.path() if store.format != "memory" and store.uri != "bytes:" else store.uri
    return page(collect(store, os.path.basename(os.path.normpath(path)) or path, sample))
