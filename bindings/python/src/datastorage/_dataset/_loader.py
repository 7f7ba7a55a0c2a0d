"""`DatasetLoader`: a dataset to train on: split into subsets, read by item, as graphs, as tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional, Union

import numpy as np

from .._dtypes import NDArray
from .._errors import InvalidArgumentError
from ._explorer import Bins, DatasetExplorer, _bins
from ._graphs import Graph, GraphSpec, batches
from ._items import BUDGET, Items


class SplitSizes(NamedTuple):
    """The number of files in each subset."""

    train: int
    validation: int
    test: int


class DatasetLoader(DatasetExplorer):
    """A dataset to train on; everything that a `DatasetExplorer` tells, too.

    Parameters and errors are those of `DatasetExplorer`.
    """

    def split(
        self,
        key: str = "",
        group: str = "",
        train: float = 0.7,
        validation: float = 0.15,
        test: float = 0.15,
        random_state: int = 0,
        *,
        bins: Optional[Bins] = None,
        save: bool = True,
    ) -> SplitSizes:
        """Splits the files into subsets that resemble each other in the distribution of a key.

        Parameters
        ----------
        key, group : str
            As in `create_distribution`; without a key the files are only shuffled.
        train, validation, test : float
            The share of each subset; they add up to 1.
        random_state : int
            The seed: the same one gives the same subsets.
        bins : int, sequence or "distinct", optional
            Bins of the values, or categories; by default each distinct value, or ten equal bins of floats.
        save : bool
            Keeps the subsets in the table of files; else they are known to this object alone.

        Returns
        -------
        SplitSizes
            ``train, validation, test``.
        """
        options: dict[str, Any] = {
            "key": key,
            "group": group,
            "fractions": [["train", train], ["validation", validation], ["test", test]],
            "seed": int(random_state),
            "save": save,
        }
        if bins is not None:
            options["bins"] = _bins(bins, self._dtype(group, key))
        found = self.handle.split(options)
        subsets = found["subsets"]
        pairs = subsets.items() if isinstance(subsets, Mapping) else subsets
        self._subsets: dict[str, NDArray] = {name: np.asarray(codes, np.int64) for name, codes in pairs}
        return SplitSizes(*(len(self._subsets.get(name, ())) for name in SplitSizes._fields))

    def codes(self, subset: Optional[str] = None) -> NDArray:
        """The codes of the files of a subset, of every file without one.

        Raises
        ------
        NotFoundError
            No file is in such a subset.
        """
        if subset is None:
            return np.arange(self.catalog.files, dtype=np.int64)
        split = getattr(self, "_subsets", {})
        return split[subset] if subset in split else self.get_subset(subset)

    def get_dataset(
        self, subset: Optional[str] = None, *, arrays: Union[Mapping[str, Sequence[str]], Sequence[str], None] = None
    ) -> Items:
        """The files of a subset as a sequence of items, read when they are asked for.

        Parameters
        ----------
        subset : str, optional
            ``"train"``, ``"validation"``, ``"test"`` or any that was kept; every file without it.
        arrays : dict or sequence, optional
            What is read: names of arrays by group, or names of groups; everything without it.
        """
        return Items(self, self.codes(subset), dict(arrays) if isinstance(arrays, Mapping) else arrays)

    def graphs(
        self,
        subset: Optional[str] = None,
        *,
        nodes: Sequence[str],
        edges: Sequence[str] = (),
        source: str = "graph/edges_source",
        destination: str = "graph/edges_destination",
        target: Optional[str] = None,
        undirected: bool = True,
        batch_size: int = 1,
        shuffle: bool = False,
        seed: Optional[int] = None,
        budget: int = BUDGET,
    ) -> Iterator[Graph]:
        """The graphs of the files of a subset, in batches.

        Parameters
        ----------
        nodes, edges : sequence of str
            Arrays of features, ``"faces/face_areas"``.
        source, destination : str
            Arrays of the nodes at the ends of edges.
        target : str, optional
            What is to be learned: an array with a row a node, or with one a file.
        undirected : bool
            Every edge is there in both directions.
        batch_size : int
            Graphs in a batch.
        shuffle, seed, budget
            As for `Items.iterate`.

        Yields
        ------
        Graph
        """
        spec = GraphSpec(nodes, source, destination, edges, target, undirected)
        items = self.get_dataset(subset, arrays=spec.arrays())
        return batches(items.iterate(shuffle=shuffle, seed=seed, budget=budget), spec, batch_size)

    def to_torch(
        self,
        subset: Optional[str] = None,
        *,
        graphs: Optional[GraphSpec] = None,
        arrays: Union[Mapping[str, Sequence[str]], Sequence[str], None] = None,
        batch_size: int = 1,
        shuffle: bool = False,
        seed: Optional[int] = None,
        transform: Optional[Callable[[Any], Any]] = None,
    ) -> Any:
        """A subset for PyTorch.

        Returns
        -------
        torch.utils.data.Dataset or torch.utils.data.DataLoader
            Without `graphs` a Dataset whose items are dicts of tensors by group and array; with them a DataLoader of
            batches, dicts of tensors with the names of `Graph`.

        Raises
        ------
        UnsupportedError
            torch is not installed.
        InvalidArgumentError
            Both `graphs` and `arrays` are given.
        """
        from . import _torch

        if graphs is None:
            return _torch.map_dataset(self.get_dataset(subset, arrays=arrays), transform)
        if arrays is not None:
            raise InvalidArgumentError("graphs say what is read, arrays are given too")
        items = self.get_dataset(subset, arrays=graphs.arrays())
        return _torch.graph_loader(items, graphs, batch_size, shuffle, seed)
