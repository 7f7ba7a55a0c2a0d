"""`merge`, `files` and `split`: what makes datasets, asks them, and divides their files."""

from __future__ import annotations

import os
import sys
from typing import Any

from .._dataset._explorer import DatasetExplorer
from .._dataset._loader import DatasetLoader
from .._dataset._merge import merge as merge_parts
from .._display import human
from .._errors import InvalidArgumentError
from ._terminal import Terminal, visible_line

_ENCODING = ("profile", "codec", "chunk_elements", "zarr_format", "shard_elements")


def merge(given: Any, terminal: Terminal) -> int:
    """Merges stores into a dataset."""
    options = {name: getattr(given, name) for name in (*_ENCODING, "threads", "missing", "description", "layout")}
    options["mode"] = "w" if given.force else "a" if given.append else "x"
    options["on_error"] = "skip" if given.skip else "fail"
    options["groups"] = given.group
    summary = merge_parts(given.part, given.store, progress=sys.stderr.isatty(), **options)
    if given.json:
        terminal.json(dict(summary))
        return 0
    for part in summary.get("errors", []):
        terminal.note(f"left out: {_reason(part)}")
    with DatasetExplorer(given.store) as explorer:
        size = human(os.path.getsize(given.store)) if os.path.isfile(given.store) else "a directory"
        terminal.line(f"{visible_line(given.store)}: {_count(explorer.file_count, 'file')}, {size}")
        groups = explorer.available_groups()
        rows = [[name, str(explorer.catalog.rows(name)), explorer.catalog.primary(name)] for name in groups]
        terminal.table(rows, right=[1])
    return 0


def files(given: Any, terminal: Terminal) -> int:
    """Lists the files for which a predicate holds."""
    with DatasetExplorer(given.store) as explorer:
        codes = explorer.get_file_list(given.group, given.where).tolist()
        found = [{"id": code, "name": explorer.decode_file_id_code(code)} for code in codes]
    if given.json:
        terminal.json(found)
    elif given.long:
        terminal.table([[str(one["id"]), visible_line(str(one["name"]))] for one in found], right=[0])
    else:
        for one in found:
            terminal.line(visible_line(str(one["name"])))
    return 0


def split(given: Any, terminal: Terminal) -> int:
    """Divides the files into subsets and keeps them in the table of files."""
    group, slash, key = given.key.partition("/")
    if not slash:
        raise InvalidArgumentError(f"{given.key}: wanted is GROUP/ARRAY")
    with DatasetLoader(given.store) as loader:
        sizes = loader.split(
            key, group, given.train, given.validation, given.test, given.seed, bins=given.bins, save=not given.dry_run
        )
    if given.json:
        terminal.json(sizes._asdict())
    else:
        terminal.table([[name, str(size)] for name, size in sizes._asdict().items()], right=[1])
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _reason(part: Any) -> str:
    if isinstance(part, dict):
        return visible_line(": ".join(str(part[name]) for name in ("part", "name", "path", "error") if name in part))
    return visible_line(str(part))
