"""Labels of files and of rows: how often there is each, in how many files, and how subsets share in them.

Labels of rows are arrays of few integers that have names, or whose name says so; labels of files are their categories.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

import numpy as np

from ..._dataset._explorer import DatasetExplorer
from ..._dtypes import NDArray
from ..._errors import DataStorageError
from ._files import Column, Files, short

# More different values are no labels.
MOST_LABELS = 64
# Keys of files, and keys of rows.
_MOST_KEYS = 8
_MOST_CELLS = 1 << 27
_SAYS_SO = re.compile(r"label|class|type|categor|kind|segment|convexity", re.IGNORECASE)


class Labels(NamedTuple):
    """The labels of an array or of a column.

    Attributes
    ----------
    key : str
        ``"faces/face_labels"``, or the name of a column.
    unit : str
        What has a label: the dimension, ``"face"``; or ``"file"``.
    values : list
        The value of each label that there is.
    texts : list of str
        The value and its name.
    matrix : numpy.ndarray
        Files by labels: how many of a file's rows have it.
    unused : list of str
        Names that nothing has.
    """

    key: str
    unit: str
    values: list[Any]
    texts: list[str]
    matrix: NDArray
    unused: list[str]

    @property
    def totals(self) -> NDArray:
        """Rows of each label."""
        return np.asarray(self.matrix.sum(0, dtype=np.int64))

    @property
    def files(self) -> NDArray:
        """Files with at least one row of each label."""
        return np.asarray(np.count_nonzero(self.matrix, axis=0))

    def within(self, chosen: NDArray) -> NDArray:
        """Rows of each label in some of the files."""
        return np.asarray(self.matrix[chosen].sum(0, dtype=np.int64))


def labels_of(explorer: DatasetExplorer, files: Files, names: dict[str, dict[str, str]]) -> list[Labels]:
    """Labels of rows, those that are called so first; then labels of files."""
    found: list[Labels] = []
    for column in files.columns:
        if column.source == "category" and len(found) < _MOST_KEYS:
            labels = _of_files(column)
            found += [labels] if labels is not None else []
    of_rows: list[Labels] = []
    keys = [(group, name) for group in explorer.available_groups() for name in explorer.available_arrays(group)]
    for group, name in sorted(keys, key=lambda key: (not re.search("(?i)label", key[1]), key[1] not in names)):
        if len(of_rows) == _MOST_KEYS:
            break
        labels = _of_rows(explorer, group, name, names.get(name, {}))
        of_rows += [labels] if labels is not None else []
    return sorted([*found, *of_rows], key=lambda one: (not re.search("(?i)label", one.key), one.unit == "file"))


def _of_files(column: Column) -> Optional[Labels]:
    known = sorted({value for value in column.values if value is not None}, key=_natural)
    # Texts that hardly any two files share are names, no labels.
    shared = 2 * len(known) <= sum(value is not None for value in column.values)
    if not shared or not 1 < len(known) <= MOST_LABELS:
        return None
    place = {value: at for at, value in enumerate(known)}
    matrix = np.zeros((len(column.values), len(known)), np.uint32)
    for row, value in enumerate(column.values):
        if value is not None:
            matrix[row, place[value]] = 1
    return Labels(column.name, "file", known, known, matrix, [])


def _natural(text: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", text)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _of_rows(explorer: DatasetExplorer, group: str, name: str, names: dict[str, str]) -> Optional[Labels]:
    entry = explorer.catalog.array(group, name)
    whole = entry.dtype.startswith(("int", "uint")) or entry.dtype == "bool"
    if len(entry.dims) != 1 or not whole or not (names or _SAYS_SO.search(name)):
        return None
    try:
        if entry.dtype != "bool" and not _narrow(explorer, group, name):
            return None
        values, counts = explorer.handle.membership(group, name, "distinct", True)
    except DataStorageError:
        return None
    if not 0 < len(values) <= MOST_LABELS:
        return None
    matrix = counts.reshape(explorer.file_count, len(values))
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    unused = [text for value, text in names.items() if value not in texts]
    shown = [short(f"{text} {names[text]}" if text in names else text) for text in texts]
    return Labels(f"{group}/{name}", entry.axis, values, shown, matrix, unused)


def _narrow(explorer: DatasetExplorer, group: str, name: str) -> bool:
    """Whether the statistics of the blocks leave it possible that there are few values."""
    if not explorer.catalog.group(group)["arrays"][name].get("statistics_rows"):
        return True
    blocks = np.asarray(explorer.store.load(f"_dataset/statistics/{group}/{name}"))
    blocks = blocks[blocks[:, 0] <= blocks[:, 1]]
    width = int(blocks[:, 1].max()) - int(blocks[:, 0].min()) if len(blocks) else 0
    # The matrix of files by different values is made before they are counted.
    return width < 16 * MOST_LABELS and (width + 1) * explorer.file_count <= _MOST_CELLS
