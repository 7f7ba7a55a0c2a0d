"""Graphs of files, and batches of them, as graph networks take them.

A graph has features of its nodes (a row a node), an edge index of shape (2, edges) whose numbers are nodes of the same
file, and features of its edges. A batch is one graph without edges between its parts: nodes are numbered on, and `batch`
says for each node which graph it is of, as in PyTorch Geometric.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Optional

import numpy as np

from .._dtypes import NDArray
from .._errors import InvalidArgumentError, ShapeMismatchError
from ._items import Item


class Graph(NamedTuple):
    """One graph, or a batch of them.

    Attributes
    ----------
    x : numpy.ndarray
        Features of nodes: (nodes, features), float32.
    edge_index : numpy.ndarray
        Nodes at both ends of each edge: (2, edges), int64.
    edge_attr : numpy.ndarray or None
        Features of edges: (edges, features), float32.
    y : numpy.ndarray or None
        What is to be learned: a value a node, or a value a graph.
    batch : numpy.ndarray
        The graph of each node: (nodes,), int64.
    ptr : numpy.ndarray
        The first node of each graph, and the end: (graphs + 1,), int64.
    codes : numpy.ndarray
        The file of each graph: (graphs,), int64.
    """

    x: NDArray
    edge_index: NDArray
    edge_attr: Optional[NDArray]
    y: Optional[NDArray]
    batch: NDArray
    ptr: NDArray
    codes: NDArray

    @property
    def num_graphs(self) -> int:
        """The number of graphs."""
        return len(self.codes)

    def to_torch(self) -> Any:
        """The arrays as tensors, by name; they share memory with the arrays. Needs torch."""
        from ._torch import tensors

        return tensors(self._asdict())


class GraphSpec:
    """Which arrays make graphs; keys are ``"group/array"``.

    Parameters
    ----------
    nodes : sequence of str
        Arrays with a row a node; those of more dimensions give several features.
    source, destination : str
        Arrays of the nodes at the ends of each edge.
    edges : sequence of str
        Arrays with a row an edge.
    target : str, optional
        An array with a row a node, or one with one a file.
    undirected : bool
        Every edge is there in both directions.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        source: str = "graph/edges_source",
        destination: str = "graph/edges_destination",
        edges: Sequence[str] = (),
        target: Optional[str] = None,
        undirected: bool = True,
    ) -> None:
        self.nodes, self.edges = [_place(key) for key in nodes], [_place(key) for key in edges]
        if not self.nodes:
            raise InvalidArgumentError("nodes are empty, a graph needs features of its nodes")
        self.source, self.destination = _place(source), _place(destination)
        self.target = None if target is None else _place(target)
        self.undirected = undirected

    def arrays(self) -> dict[str, list[str]]:
        """The arrays that are read, by group."""
        found: dict[str, list[str]] = {}
        for place in (*self.nodes, self.source, self.destination, *self.edges, *([self.target] if self.target else [])):
            names = found.setdefault(place[0], [])
            if place[1] not in names:
                names.append(place[1])
        return found

    def graph(self, item: Item) -> Graph:
        """The graph of a file.

        Raises
        ------
        ShapeMismatchError
            Arrays of nodes, or of edges, have different numbers of rows, or an edge has a node that is not there.
        """
        x = _matrix(item, self.nodes, "node")
        ends = np.stack([np.asarray(item.groups[g][a], np.int64) for g, a in (self.source, self.destination)])
        if ends.size and not (0 <= ends.min() and ends.max() < len(x)):
            raise ShapeMismatchError(f"{item.name}: an edge has node {ends.max()}, there are {len(x)} nodes")
        edge_attr = _matrix(item, self.edges, "edge") if self.edges else None
        if edge_attr is not None and len(edge_attr) != ends.shape[1]:
            raise ShapeMismatchError(f"{item.name}: there are {ends.shape[1]} edges, {len(edge_attr)} have features")
        if self.undirected:
            ends = np.concatenate([ends, ends[::-1]], 1)
            edge_attr = None if edge_attr is None else np.concatenate([edge_attr, edge_attr])
        y = None if self.target is None else np.atleast_1d(np.asarray(item.groups[self.target[0]][self.target[1]]))
        count, code = len(x), np.array([item.code], np.int64)
        return Graph(x, ends, edge_attr, y, np.zeros(count, np.int64), np.array([0, count], np.int64), code)


def _place(key: str) -> tuple[str, str]:
    group, slash, name = key.partition("/")
    if not slash or not name:
        raise InvalidArgumentError(f"{key}: wanted is 'group/array'")
    return group, name


def _matrix(item: Item, places: list[tuple[str, str]], what: str) -> NDArray:
    blocks: list[NDArray] = []
    for group, name in places:
        rows = np.asarray(item.groups[group][name], np.float32)
        if blocks and len(rows) != len(blocks[0]):
            raise ShapeMismatchError(
                f"{item.name}: {group}/{name} has {len(rows)} rows, {places[0][1]} has {len(blocks[0])}: a row is a {what}"
            )
        blocks.append(rows.reshape(len(rows), -1) if len(rows) else rows.reshape(0, int(np.prod(rows.shape[1:]))))
    return np.concatenate(blocks, 1)


def join(graphs: Sequence[Graph]) -> Graph:
    """Graphs as one batch."""
    if not graphs:
        raise InvalidArgumentError("there are no graphs to join")
    counts = [len(graph.x) for graph in graphs]
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    first = graphs[0]
    return Graph(
        np.concatenate([graph.x for graph in graphs]),
        np.concatenate([graph.edge_index + start for graph, start in zip(graphs, ptr)], 1),
        None if first.edge_attr is None else np.concatenate([_there(graph.edge_attr) for graph in graphs]),
        None if first.y is None else np.concatenate([_there(graph.y) for graph in graphs]),
        np.repeat(np.arange(len(graphs), dtype=np.int64), counts),
        ptr,
        np.concatenate([graph.codes for graph in graphs]),
    )


def _there(array: Optional[NDArray]) -> NDArray:
    if array is None:
        raise ShapeMismatchError("some of the graphs have features that others lack")
    return array


def batches(items: Iterable[Item], spec: GraphSpec, size: int) -> Iterator[Graph]:
    """Batches of some graphs each; the last one may have fewer.

    Raises
    ------
    InvalidArgumentError
        The size is less than 1.
    """
    if size < 1:
        raise InvalidArgumentError(f"batch_size is {size}, at least 1 is needed")
    waiting: list[Graph] = []
    for item in items:
        waiting.append(spec.graph(item))
        if len(waiting) == size:
            yield join(waiting)
            waiting = []
    if waiting:
        yield join(waiting)
