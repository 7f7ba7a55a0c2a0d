"""`get`: the elements of a node, as text, JSON, NumPy's file format, or raw bytes.

Arrays are read in blocks along the first dimension, so that one larger than memory passes through; `--json` builds its
answer in memory. Numbers have as many digits as it takes to read the same number back.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import IO, Any, Optional

import numpy as np

from .. import _open
from .._array import Array
from .._display import human
from .._dtypes import NDArray
from .._errors import InvalidArgumentError, WrongKindError
from .._group import StoreGroup
from .._store import Store
from ._suggest import suggesting
from ._terminal import Terminal, visible, visible_line

_BLOCK = 1 << 22


def get(given: Any, terminal: Terminal) -> int:
    """Writes the elements of a node."""
    with _open.open(given.store, "r") as store:
        with suggesting(store, given.key):
            value = store[given.key]
        if isinstance(value, StoreGroup):
            raise WrongKindError(f"{given.key}: is a group; name an array in it, or see 'datastorage tree'")
        if given.region is not None and not isinstance(value, Array):
            raise InvalidArgumentError(f"{given.key}: has no dimensions to take --region from")
        selection = None if given.region is None else parse_region(given.region)
        if given.output is not None and given.output.endswith(".npy"):
            _save_npy(given.output, value, selection)
            return 0
        if isinstance(value, bytes) and not given.json:
            return _write_bytes(given, value)
        if given.output is None:
            _write(sys.stdout, given, store, value, selection)
            return 0
        with open(given.output, "w", encoding="utf-8") as file:
            _write(file, given, store, value, selection)
    return 0


def parse_region(text: str) -> tuple[Any, ...]:
    """The index that a text such as ``"2:4,:,0"`` means.

    Raises
    ------
    InvalidArgumentError
        It is none.
    """
    items: list[Any] = []
    for part in text.split(","):
        part = part.strip()
        try:
            if part == "...":
                items.append(Ellipsis)
            elif ":" in part:
                ends = [int(end) if end.strip() else None for end in part.split(":")]
                if len(ends) > 3:
                    raise ValueError
                items.append(slice(*ends))
            else:
                items.append(int(part))
        except ValueError:
            raise InvalidArgumentError(f"--region: {part!r} is no index, START:STOP or '...'") from None
    return tuple(items)


def _blocks(value: Any, selection: Optional[tuple[Any, ...]]) -> Iterator[NDArray]:
    """The selected elements, in blocks along the first dimension; of what has none, one block."""
    if selection is not None:
        yield np.asarray(value[selection])
    elif not isinstance(value, Array) or not value.shape:
        yield np.asarray(value)
    else:
        shape = value.shape
        rows = max(1, _BLOCK // max(1, math.prod(shape[1:]) * value.itemsize))
        for start in range(0, max(1, shape[0]), rows):
            yield value[start : start + rows]


def _save_npy(path: str, value: Any, selection: Optional[tuple[Any, ...]]) -> None:
    if isinstance(value, bytes):
        value = np.frombuffer(value, np.uint8)
    elif not isinstance(value, (Array, np.generic, int, float, complex, str, bool)):
        raise WrongKindError("JSON is no array; write it to another file than .npy")
    text = isinstance(value, str) or (isinstance(value, Array) and value.dtype_name == "str")
    if text or selection is not None or not isinstance(value, Array):
        block = np.asarray(value if selection is None else value[selection])
        # NumPy's file format keeps objects as pickles, which are not safe to load; text of one width is.
        np.save(path, block.astype(str) if text else block, allow_pickle=False)
        return
    if value.size == 0:
        np.save(path, value[...], allow_pickle=False)
        return
    out = np.lib.format.open_memmap(path, "w+", value.dtype, value.shape)
    row = 0
    for block in _blocks(value, None):
        out[row : row + len(block)] = block
        row += len(block)
    out.flush()


def _write_bytes(given: Any, value: bytes) -> int:
    if given.output is not None:
        with open(given.output, "wb") as file:
            file.write(value)
        return 0
    if sys.stdout.isatty():
        raise InvalidArgumentError(f"{given.key}: is {human(len(value))} of raw bytes; redirect them, or use -o FILE")
    sys.stdout.buffer.write(value)
    return 0


def _write(file: IO[str], given: Any, store: Store, value: Any, selection: Optional[tuple[Any, ...]]) -> None:
    if given.json:
        parts = [plain(block) for block in _blocks(value, selection)] if isinstance(value, Array) else [plain(value)]
        whole = [row for part in parts for row in part] if len(parts) > 1 else parts[0]
        file.write(json.dumps(whole) + "\n")
    elif isinstance(value, str):
        file.write((visible(value) if file.isatty() else value) + "\n")
    elif isinstance(value, Array):
        for block in _blocks(value, selection):
            _write_block(file, block)
    elif isinstance(value, (dict, list)) or value is None:
        text = json.dumps(value, indent=2, ensure_ascii=False)
        file.write((visible(text) if file.isatty() else text) + "\n")
    else:
        file.write(f"{value}\n")


def plain(value: Any) -> Any:
    """The value as JSON has it: what it has no number for is a text or None, bytes are a list of numbers."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return value


def _write_block(file: IO[str], block: NDArray) -> None:
    """A row a line, elements separated by tabs; an empty line between matrices."""
    if block.ndim <= 1:
        file.write("".join(f"{_element(item)}\n" for item in np.atleast_1d(block)))
    elif block.ndim == 2:
        file.write("".join("\t".join(map(_element, row)) + "\n" for row in block))
    else:
        for part in block:
            _write_block(file, part)
            if part.ndim == 2:
                file.write("\n")


def _element(item: Any) -> str:
    return visible_line(item) if isinstance(item, str) else str(item)
