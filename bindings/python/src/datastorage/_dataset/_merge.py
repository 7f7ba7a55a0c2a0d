"""Merging: one call, or a plan whose tasks run wherever the same files can be seen.

The work is the library's; a task may run twice, at the same time, in any process. Nothing bears the name of the output
until everything is complete.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from ctypes import byref, c_void_p
from typing import Any, NamedTuple, Optional, Union

from .._errors import InvalidArgumentError, NotFoundError, StoreNotFoundError, check, last_error
from .._handle import PathLike, encode_key, options_text, take
from .._library import LIBRARY
from .._progress import Progress, watched
from .._prototypes import STATUSES
from .._store import Store
from .._texts import names_of

Part = Union[PathLike, Store]
_NOT_FOUND = STATUSES["ERR_NOT_FOUND"]


class Summary(Mapping[str, Any]):
    """What a merge tells of itself, a mapping; it is also kept beside the dataset (``X.flow``)."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def __getitem__(self, name: str) -> Any:
        return self._document[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._document)

    def __len__(self) -> int:
        return len(self._document)

    def __repr__(self) -> str:
        return f"Summary({self._document!r})"


def merge(
    parts: Union[Part, Iterable[Part]], output: PathLike, *, progress: Progress = None, **options: Any
) -> Summary:
    """Merges stores into a dataset.

    Arrays are concatenated along the primary dimension of their group, in the order of the parts' names; metadata
    become tables. Beside ``X.dataset`` appear ``X.infoset`` and ``X.attribset`` (Parquet) and ``X.flow`` (JSON), all
    when everything is complete.

    Parameters
    ----------
    parts : iterable of str, path or Store
        Zarr stores: directories or archives; or directories of them.
    output : str or path
        The dataset, ``X.dataset``.
    progress : bool or callable, optional
        As for `datastorage.open`.
    **options
        ``mode`` (``"x"``: there is no output yet, the default; ``"w"`` replaces, ``"a"`` appends), ``layout``
        (``"archive"``, ``"directory"``), ``on_error`` (``"fail"``, ``"skip"``), ``missing`` (``"absent"``,
        ``"error"``, ``"fill"``), ``groups``, ``exclude``, ``verify``, ``resume``, ``description``, ``threads``, ``sync``, and how
        arrays are encoded: ``profile``, ``codec``, ``chunk_elements``, ...

    Returns
    -------
    Summary
        Files, groups, rows, and what was left out.

    Raises
    ------
    InvalidArgumentError
        No parts, two of one name, an unknown option.
    StoreNotFoundError
        A part is not there.
    AlreadyExistsError
        The output is there; a `FileExistsError`.
    CorruptError, DtypeMismatchError, ShapeMismatchError, SchemaError
        A part is damaged, or disagrees with the others; it is named.
    """
    out = c_void_p()
    with watched(progress) as (callback, userdata):
        _checked(LIBRARY.ds_merge(*_request(parts, output, options), callback, userdata, byref(out)))
    return Summary(json.loads(take(out)))


class Plan(NamedTuple):
    """A merge cut into tasks; it can be pickled.

    Attributes
    ----------
    path : str
        The plan, a file in the work directory, which every process that runs tasks has to see.
    tasks : int
        The number of tasks.
    """

    path: str
    tasks: int

    def run(self, task: int, *, progress: Progress = None) -> int:
        """Runs a task and gives its number; it may run again, at the same time, in any process."""
        run_task(self.path, task, progress)
        return task

    def finish(self, *, progress: Progress = None) -> Summary:
        """Publishes the dataset.

        Raises
        ------
        NotFoundError
            A task was not run; it is named.
        """
        out = c_void_p()
        with watched(progress) as (callback, userdata):
            _checked(LIBRARY.ds_merge_finish(_path(self.path), callback, userdata, byref(out)))
        return Summary(json.loads(take(out)))

    def abandon(self) -> None:
        """Removes what was written so far. No task may run any more."""
        _checked(LIBRARY.ds_merge_abandon(_path(self.path)))


def plan_merge(
    parts: Union[Part, Iterable[Part]], output: PathLike, *, progress: Progress = None, **options: Any
) -> Plan:
    """Plans a merge whose tasks run in any processes that see the same files; arguments and errors are `merge`'s."""
    out = c_void_p()
    with watched(progress) as (callback, userdata):
        _checked(LIBRARY.ds_merge_plan(*_request(parts, output, options), callback, userdata, byref(out)))
    document = json.loads(take(out))
    return Plan(document["plan"], document["tasks"])


def run_task(plan: str, task: int, progress: Progress = None) -> int:
    """Runs a task of a plan and gives its number: what workers are sent."""
    with watched(progress) as (callback, userdata):
        _checked(LIBRARY.ds_merge_task(_path(plan), task, callback, userdata))
    return task


def _path(path: PathLike) -> bytes:
    return encode_key(os.fspath(path))


def _request(parts: Union[Part, Iterable[Part]], output: PathLike, options: dict[str, Any]) -> tuple[Any, ...]:
    if isinstance(parts, (str, os.PathLike, Store)):
        parts = [parts]
    paths = [_part(part) for part in parts]
    given = {name: _plain(value) for name, value in options.items() if value is not None}
    # With a NUL in it a path would be cut there.
    for path in paths:
        encode_key(path)
    return names_of(paths, "parts"), len(paths), _path(os.path.abspath(os.fspath(output))), options_text(given)


def _part(part: Part) -> str:
    """The path of a part, which means the same in every process."""
    path = part.path() if isinstance(part, Store) else os.fspath(part)
    if not isinstance(path, str):
        raise TypeError(f"a part is a str or path, not {type(path).__name__}")
    scheme, colon, rest = path.partition(":")
    if colon and scheme == "zarr":
        path = rest
    elif colon and scheme in ("json", "memory", "bytes"):
        raise InvalidArgumentError(f"{path}: a part is a Zarr store")
    return os.path.abspath(path) if path else path


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    return value


def _checked(status: int) -> None:
    if status == _NOT_FOUND:
        raise StoreNotFoundError(last_error(status).message)
    check(status)


class DatasetMerger:
    """Merges the stores of a list, in steps: an object for programs that want one; `datastorage.merge` does the same.

    Parameters
    ----------
    zip_files : iterable of str or path
        The parts.
    merged_store_path : str or path
        The dataset, ``X.dataset``.
    **options
        Those of `merge`.
    """

    def __init__(self, zip_files: Iterable[Part], merged_store_path: PathLike, **options: Any) -> None:
        self.parts = list(zip_files)
        self.output = os.fspath(merged_store_path)
        self.options = options

    def merge_data(self, *, progress: Progress = None) -> Summary:
        """Merges; see `datastorage.merge`."""
        return merge(self.parts, self.output, progress=progress, **self.options)

    def plan(self) -> Plan:
        """Plans the merge as tasks; see `Plan`."""
        return plan_merge(self.parts, self.output, **self.options)


def flow_of(path: PathLike) -> Optional[str]:
    """The dataset that a ``X.flow`` file lies beside."""
    text = os.fspath(path)
    stem, extension = os.path.splitext(text)
    return stem + ".dataset" if extension == ".flow" else None


__all__ = ["DatasetMerger", "NotFoundError", "Plan", "Summary", "flow_of", "merge", "plan_merge", "run_task"]
