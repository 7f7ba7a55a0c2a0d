"""Items and graphs for PyTorch, where it is installed; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from ._tables import required

if TYPE_CHECKING:
    from ._graphs import GraphSpec
    from ._items import Items


def tensor(value: Any) -> Any:
    """An array as a tensor that shares its memory; text and None as they are."""
    torch = required("torch", "to_torch")
    if isinstance(value, dict):
        return {name: tensor(part) for name, part in value.items()}
    array = np.asarray(value)
    if value is None or array.dtype.kind not in "biufc":
        return value
    # torch refuses memory that it may not write, and warns.
    return torch.from_numpy(array if array.flags.writeable and array.ndim else np.array(array))


def tensors(values: dict[str, Any]) -> dict[str, Any]:
    """A dict of arrays as one of tensors."""
    return {name: tensor(value) for name, value in values.items()}


def map_dataset(items: Items, transform: Optional[Callable[[Any], Any]]) -> Any:
    """A `torch.utils.data.Dataset` of the items, by number: for a sampler that picks them in any order."""
    data = required("torch.utils.data", "to_torch")

    class _Map(data.Dataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return len(items)

        def __getitem__(self, index: int) -> Any:
            item = items[index]
            value = {"code": item.code, "name": item.name, **tensors(item.groups)}
            return value if transform is None else transform(value)

    return _Map()


def graph_loader(items: Items, spec: GraphSpec, batch_size: int, shuffle: bool, seed: Optional[int]) -> Any:
    """A `torch.utils.data.DataLoader` of batches of graphs, each a dict of tensors, read by runs of files."""
    from ._graphs import batches

    data = required("torch.utils.data", "to_torch")

    class _Batches(data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[Any]:
            worker = data.get_worker_info()
            mine = items if worker is None else items[worker.id :: worker.num_workers]
            for batch in batches(mine.iterate(shuffle=shuffle, seed=seed), spec, batch_size):
                yield batch.to_torch()

    return data.DataLoader(_Batches(), batch_size=None)
