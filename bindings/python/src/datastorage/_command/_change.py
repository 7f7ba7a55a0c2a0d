"""`verify`, `compress` and `convert`: what checks a store, or makes another of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

from .. import _open
from .._display import human
from .._errors import AlreadyExistsError, CorruptError, DataStorageError, InvalidArgumentError
from .._store import Store
from ._terminal import Terminal, visible_line

_ARCHIVE = ".data"
DAMAGED, FAILED = 1, 2


def verify(given: Any, terminal: Terminal) -> int:
    """Checks stores; one that cannot be opened does not keep the others from being checked."""
    results, status = [], 0
    for uri in given.store:
        result: dict[str, Any] = {"store": uri}
        try:
            with _open.open(uri, "r+" if given.repair else "r") as store:
                result["findings"] = store.verify(repair=given.repair)
        except CorruptError as error:
            result["findings"] = [{"key": "", "text": str(error)}]
        except DataStorageError as error:
            result["error"] = str(error)
            terminal.error(f"{uri}: {error}" if uri not in str(error) else str(error))
        results.append(result)
        if "error" in result:
            status = FAILED
        elif result["findings"] and not given.repair:
            status = max(status, DAMAGED)
        if not given.json and "findings" in result:
            _show_findings(uri, result["findings"], given.repair, terminal)
    if given.json:
        terminal.json([{**result, "ok": result.get("findings") == []} for result in results])
    return status


def _show_findings(uri: str, findings: list[dict[str, str]], repaired: bool, terminal: Terminal) -> None:
    if not findings:
        terminal.line(f"{visible_line(uri)}: {terminal.style('ok', 'green')}")
        return
    word = "recorded as right" if repaired else "damaged"
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    terminal.line(f"{visible_line(uri)}: {terminal.style(word, 'yellow' if repaired else 'red')}, {count}")
    for finding in findings:
        text, key = finding["text"], finding["key"]
        terminal.line("  " + visible_line(text if not key or text.startswith(key) else f"{key}: {text}"))


def compress(given: Any, terminal: Terminal) -> int:
    """Turns directories into archives."""
    results = []
    for uri in given.store:
        store = _open.open(uri, "r+", export=False)
        try:
            if store.format != "zarr":
                raise InvalidArgumentError(
                    f"{uri}: is a {store.format} store; 'datastorage convert' makes archives of any"
                )
            size = store.compress()
            archive = store.path()
        except BaseException:
            store.discard()
            raise
        # Closing removes the directory, discarding keeps it.
        if given.keep:
            store.discard()
        else:
            store.close()
        if not os.path.isfile(archive):
            archive += _ARCHIVE
        results.append({"store": uri, "archive": archive, "bytes": size})
        if not given.json:
            terminal.line(f"{visible_line(archive)}: {human(size)}")
    if given.json:
        terminal.json(results)
    return 0


def convert(given: Any, terminal: Terminal) -> int:
    """Copies a store into a new one."""
    copying = _chosen(given, ("profile", "codec", "chunk_elements", "shard_elements"))
    opening = {**copying, **_chosen(given, ("zarr_format",))}
    scheme = given.destination.partition(":")[0]
    if scheme == "memory":
        raise InvalidArgumentError("memory: a store in memory would be gone at the end of the command")
    if scheme == "json" and opening:
        raise InvalidArgumentError(f"--{next(iter(opening)).replace('_', '-')}: is for Zarr, the destination is JSON")
    path = given.destination[5:] if scheme == "zarr" else given.destination
    with _open.open(given.store, "r") as source:
        if scheme != "json" and path.endswith(_ARCHIVE):
            count = _convert_to_archive(source, path, given, opening, copying)
        else:
            count = _convert_to_directory(source, given, opening, copying)
    result = {"source": given.store, "destination": given.destination, "values": count}
    if given.json:
        terminal.json(result)
    else:
        values = f"{count} value{'' if count == 1 else 's'}"
        terminal.line(f"{visible_line(given.store)} -> {visible_line(given.destination)}: {values}")
    return 0


def _chosen(given: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values = ((name, getattr(given, name)) for name in names)
    return {name: value for name, value in values if value is not None}


def _convert_to_directory(source: Store, given: Any, opening: dict[str, Any], copying: dict[str, Any]) -> int:
    mode = "w" if given.force else "x"
    if not given.force:
        _refuse_existing(given.destination.partition(":")[2] if ":" in given.destination else given.destination)
    with _open.open(given.destination, mode, export=False, **opening) as destination:
        return source.copy(destination, keys=given.key, **copying)


def _convert_to_archive(source: Store, path: str, given: Any, opening: dict[str, Any], copying: dict[str, Any]) -> int:
    """Writes the archive beside its place and moves it there: nothing half-written bears its name."""
    if not given.force:
        _refuse_existing(path)
    folder, name = os.path.split(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    work = tempfile.mkdtemp(prefix=".datastorage-", dir=folder)
    try:
        stem = os.path.join(work, name[: -len(_ARCHIVE)])
        with _open.open(stem, "x", export=False, **opening) as destination:
            count = source.copy(destination, keys=given.key, **copying)
            destination.compress()
        os.replace(stem + _ARCHIVE, path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return count


def _refuse_existing(path: str) -> None:
    if os.path.exists(path):
        raise AlreadyExistsError(f"{path}: exists; --force replaces it")
