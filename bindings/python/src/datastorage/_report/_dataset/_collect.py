"""Everything that the page of a dataset tells, read from it: no HTML here, and no dataset afterwards."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple, Optional

import numpy as np

from ... import __version__
from ..._dataset._catalog import PRIVATE
from ..._dataset._explorer import DatasetExplorer
from ..._dtypes import NDArray
from ..._layout import Layouts
from ..._nodes import Node, nodes_of
from ..._summary import summary_of
from .._collect import MOST_DESCRIBED, Description, abouts_of, described
from ._files import Files, files_of, names_of, rows_of
from ._labels import Labels, labels_of
from ._outliers import Measure, measures_of, worst_of
from ._parts import Part, parts_of


class GroupTold(NamedTuple):
    """A group: its primary dimension, whether its matrices were flattened, rows in all and of each file, its arrays."""

    name: str
    primary: str
    flattened: bool
    rows: int
    per_file: NDArray
    nodes: list[Node]
    descriptions: list[Description]


class Contents(NamedTuple):
    """What a page shows; `worst` is the largest score of each file, `flow` the summary of the last merge."""

    name: str
    version: str
    summary: dict[str, Any]
    tables: dict[str, int]
    nodes: list[Node]
    groups: list[GroupTold]
    files: Files
    measures: list[Measure]
    worst: NDArray
    labels: list[Labels]
    parts: list[Part]
    flow: Optional[dict[str, Any]]
    schema: dict[str, Any]

    @property
    def stored(self) -> list[Node]:
        """What users see of the store."""
        return [node for node in self.nodes if node.key != PRIVATE and not node.key.startswith(PRIVATE + "/")]


def collect(explorer: DatasetExplorer, name: str, limit: int) -> Contents:
    """Reads what the page tells; of an array with more than `limit` elements, a sample."""
    nodes = nodes_of(explorer.store)
    names = names_of(explorer)
    files = files_of(explorer, names)
    measures = measures_of(files.columns)
    worst = worst_of(measures, explorer.file_count)
    labels = labels_of(explorer, files, names)
    unit = dict(files.common).get("length_unit")
    tables = {table: explorer.table_path(table) for table in ("infoset", "attribset")}
    return Contents(
        name,
        __version__,
        summary_of(explorer.store),
        {table: os.path.getsize(path) for table, path in tables.items() if os.path.isfile(path)},
        nodes,
        _groups(explorer, nodes, names, limit),
        files,
        measures,
        worst,
        labels,
        parts_of(explorer, nodes, labels, names, worst, unit),
        _flow(explorer),
        explorer.store.schema,
    )


def _groups(
    explorer: DatasetExplorer, nodes: list[Node], names: dict[str, dict[str, str]], limit: int
) -> list[GroupTold]:
    abouts = abouts_of(explorer.store.schema)
    by_key = {node.key: node for node in nodes if node.kind == "array"}
    left = MOST_DESCRIBED
    groups = []
    with Layouts(explorer.store) as layouts:
        for group in explorer.available_groups():
            entry = explorer.catalog.group(group)
            arrays = explorer.catalog.arrays(group)
            own = [by_key[array.key]._replace(dims=array.dims) for array in arrays.values() if array.key in by_key]
            told = [
                described(
                    explorer.store,
                    node,
                    layouts.of(node.key),
                    names.get(node.name),
                    abouts.get(node.key) or abouts.get(node.name, ""),
                    limit,
                )
                for node in own[:left]
            ]
            left -= len(told)
            rows = explorer.catalog.rows(group)
            flattened = bool(entry.get("flattened"))
            primary = explorer.catalog.primary(group)
            groups.append(GroupTold(group, primary, flattened, rows, rows_of(explorer, group), own, told))
    return groups


def _flow(explorer: DatasetExplorer) -> Optional[dict[str, Any]]:
    """The summary of the last merge, when it is that of this dataset."""
    try:
        with open(explorer.table_path("flow"), encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError):
        return None
    own = isinstance(document, dict) and document.get("id") == explorer.catalog.id
    return document if own else None


def total_rows(groups: list[GroupTold]) -> int:
    """The rows of all groups."""
    return int(np.sum([group.rows for group in groups], dtype=np.int64))
