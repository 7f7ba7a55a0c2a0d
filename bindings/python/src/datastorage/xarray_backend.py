"""xarray's engine "datastorage": a group of a store as a Dataset whose variables are read on demand.

    xr.open_dataset("part.zarr.data", engine="datastorage", group="faces", chunks={})

Variables read the box that is asked for, from any thread, without a lock: the library has its own. They hold a path, no
open file, so that they can be pickled to processes of dask, which open the store themselves. This is a reader; to write
a Dataset, save its arrays. xarray itself is imported only when it asks for its engine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any, Callable, Optional, Union

import numpy as np
from xarray import Dataset, Variable
from xarray.backends.common import AbstractDataStore, BackendEntrypoint
from xarray.backends.file_manager import CachingFileManager
from xarray.backends.store import StoreBackendEntrypoint
from xarray.core import indexing

from . import _open
from ._dataset._catalog import PRIVATE
from ._errors import NotFoundError, StoreNotFoundError
from ._handle import GROUP, JSON
from ._layout import Layouts
from ._lazy_variable import TEXT, StoredVariable
from ._store import Store, absolute

Source = Union[str, "os.PathLike[str]", Store]


def _opened(uri: str, mode: str, **options: Any) -> Store:
    return _open.open(uri, mode, **options)


class _Lent:
    """A file manager of xarray for a store that is the caller's: closing a Dataset leaves it open."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def acquire(self, needs_lock: bool = True) -> Store:
        return self._store

    def close(self, needs_lock: bool = True) -> None:
        """Does nothing."""


def _manager(source: Source, options: Optional[dict[str, Any]]) -> Any:
    """What gives the open store: again and again from a path, always the same one from a store."""
    if isinstance(source, Store):
        return _Lent(source)
    uri = absolute(os.path.expanduser(os.fspath(source)))
    return CachingFileManager(_opened, uri, mode="r", kwargs=dict(options or {}), lock=False)


def _is_group(store: Store, key: str) -> bool:
    try:
        return bool(store.handle.stat(key).kind == GROUP)
    except NotFoundError:
        return False


def _is_private(group: str) -> bool:
    """Whether a group is what a dataset keeps for itself, which is shown only when it is asked for."""
    return group == PRIVATE or group.startswith(PRIVATE + "/")


def _members(store: Store, group: str) -> list[tuple[str, str]]:
    """Names and keys of the arrays of a group: one of the store, else one of its schema.

    Raises
    ------
    StoreNotFoundError
        There is neither.
    """
    if not group or _is_group(store, group):
        start = len(group) + 1 if group else 0
        return [(key[start:], key) for key, kind in store.handle.list_nodes(group) if kind != GROUP]
    if group in store.schema.get("groups", {}):
        nodes = store.handle.list_nodes("", recursive=True)
        keys = [key for key, kind in nodes if kind != GROUP and store.group_for_array(key) == group]
        names = [key.rpartition("/")[2] for key in keys]
        return [(name if names.count(name) == 1 else key.replace("/", "_"), key) for name, key in zip(names, keys)]
    raise StoreNotFoundError(f"{group}: is no group of {store.uri} and none of its schema")


class DatastorageDataStore(AbstractDataStore):
    """A group of a store as xarray's decoding wants it: variables, attributes, and a way to close."""

    def __init__(self, manager: Any, group: Optional[str], layouts: Layouts) -> None:
        self._manager = manager
        self._group = (group or "").strip("/")
        self._layouts = layouts

    def load(self) -> tuple[dict[str, Variable], dict[str, Any]]:
        """The variables, without their elements, and the attributes."""
        store = self._manager.acquire()
        members = _members(store, self._group)
        variables = {name: self._variable(store, key) for name, key in members}
        return variables, dict(store.handle.attributes(self._group)) if _is_group(store, self._group) else {}

    def _variable(self, store: Store, key: str) -> Variable:
        attributes = store.handle.attributes(key)
        if store.handle.stat(key).kind == JSON:
            text = json.dumps(store.handle.load_json(key), ensure_ascii=False, separators=(",", ":"))
            return Variable((), np.array(text, TEXT), attributes)
        dims, layout = store.handle.dimensions(key), self._layouts.of(key)
        lengths = store.handle.shape(key)
        encoding: dict[str, Any] = {}
        if layout is not None and lengths and len(layout.chunks) == len(dims):
            encoding["chunks"] = layout.chunks
            encoding["preferred_chunks"] = dict(zip(dims, layout.shards or layout.chunks))
            if layout.shards:
                encoding["shards"] = layout.shards
        array = StoredVariable(self._manager, key, store.handle.stat(key).dtype, lengths, encoding.get("chunks"))
        return Variable(dims, indexing.LazilyIndexedArray(array), attributes, encoding)

    def close(self) -> None:
        """Closes the store, when it was opened by path."""
        self._manager.close()


def _datasets(manager: Any, groups: Callable[[Store], list[str]], decoding: dict[str, Any]) -> dict[str, Dataset]:
    """The Datasets of groups of one store, which is closed again when one of them cannot be made."""
    try:
        store = manager.acquire()
        opened = {}
        with Layouts(store) as layouts:
            for group in groups(store):
                data_store = DatastorageDataStore(manager, group, layouts)
                opened[group] = StoreBackendEntrypoint().open_dataset(data_store, **decoding)
                # Not the data store's: what a Dataset holds is pickled with it.
                opened[group].set_close(manager.close)
        return opened
    except BaseException:
        manager.close()
        raise


class DatastorageBackendEntrypoint(BackendEntrypoint):
    """Opens stores of datastorage by path or URI: archives (`.zarr.data`), datasets (`.dataset`), Zarr directories, JSON;
    and open stores."""

    description = "Open stores of datastorage: archives (.zarr.data), datasets (.dataset), Zarr and JSON directories"
    supports_groups = True

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Archives and datasets by their name, and open stores."""
        if isinstance(filename_or_obj, (str, os.PathLike)):
            return os.fspath(filename_or_obj).endswith((".zarr.data", ".dataset"))
        return isinstance(filename_or_obj, Store)

    def open_dataset(  # type: ignore[override]
        self,
        filename_or_obj: Source,
        *,
        mask_and_scale: bool = True,
        decode_times: bool = True,
        concat_characters: bool = True,
        decode_coords: bool = True,
        drop_variables: Union[str, Iterable[str], None] = None,
        use_cftime: Optional[bool] = None,
        decode_timedelta: Optional[bool] = None,
        group: Optional[str] = None,
        options: Optional[dict[str, Any]] = None,
    ) -> Dataset:
        """Opens a group of a store as a Dataset.

        Parameters
        ----------
        filename_or_obj : str, path or Store
            A path, a URI (``"json:DIRECTORY"``), or an open store, which stays open when the Dataset is closed.
        group : str, optional
            A group of the store, or of its schema; the root when it is not given.
        options : dict, optional
            Options of `datastorage.open`, such as ``{"integrity": "ignore"}``.

        Raises
        ------
        StoreNotFoundError
            There is no such store or group; a `FileNotFoundError`.
        """
        manager = _manager(filename_or_obj, options)
        decoding = {
            "mask_and_scale": mask_and_scale,
            "decode_times": decode_times,
            "concat_characters": concat_characters,
            "decode_coords": decode_coords,
            "drop_variables": drop_variables,
            "use_cftime": use_cftime,
            "decode_timedelta": decode_timedelta,
        }
        return _datasets(manager, lambda store: [group or ""], decoding)[group or ""]

    def open_groups_as_dict(  # type: ignore[override]
        self,
        filename_or_obj: Source,
        *,
        group: Optional[str] = None,
        options: Optional[dict[str, Any]] = None,
        **decoding: Any,
    ) -> dict[str, Dataset]:
        """A Dataset for each group of the store, by path from the root, or from `group`; not for `_dataset`, unless
        that is the group.

        They share the open store: closing one closes it, and it opens again for the others when they are read.
        """
        top = (group or "").strip("/")

        def groups(store: Store) -> list[str]:
            nodes = store.handle.list_nodes(top, recursive=True)
            below = (key for key, kind in nodes if kind == GROUP)
            return [top, *(key for key in below if _is_private(top) or not _is_private(key))]

        opened = _datasets(_manager(filename_or_obj, options), groups, decoding)
        return {"/" + key[len(top) :].strip("/"): dataset for key, dataset in opened.items()}

    def open_datatree(self, filename_or_obj: Source, **arguments: Any) -> Any:  # type: ignore[override]
        """The whole store as a DataTree, whose nodes are its groups; needs an xarray that has one (2024.10)."""
        from xarray import DataTree

        groups = self.open_groups_as_dict(filename_or_obj, **arguments)
        try:
            tree = DataTree.from_dict(groups)
        except ValueError:
            # A group whose lengths contradict those above it.
            for dataset in groups.values():
                dataset.close()
            raise
        for path, dataset in groups.items():
            tree[path].set_close(dataset._close)
        return tree
