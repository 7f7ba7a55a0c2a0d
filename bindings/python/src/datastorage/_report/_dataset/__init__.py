"""A page about a dataset: its files and groups, distributions, labels, outliers, and some files as points in space.

Values are collected first (`_collect`), then turned into HTML (`_page`), as for a store. The page has a bounded size:
the table of files, and the files that are drawn, have a budget each, and the page says what was left out.
"""

from __future__ import annotations

import os

from ..._dataset._explorer import DatasetExplorer
from ._collect import collect
from ._page import page


def render(explorer: DatasetExplorer, *, sample: int) -> bytes:
    """The page about a dataset, as UTF-8.

    Parameters
    ----------
    explorer : DatasetExplorer
        An open dataset.
    sample : int
        Of an array with more elements than this, about as many are looked at.
    """
    return page(collect(explorer, os.path.basename(explorer.path), sample))
