"""Python values as JSON text, for metadata, attributes and JSON nodes.

NumPy scalars become numbers and arrays lists. What JSON has no form for is refused, by key: not-a-number and the
infinities, names that are no `str`, and every other type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._errors import NaNError, UnsupportedTypeError

_LEAVES = (str, bool, int, float, type(None))


def plain(value: Any, key: str) -> Any:
    """The value as `dict`, `list`, `str`, `bool`, `int`, `float` and None.

    Raises
    ------
    UnsupportedTypeError
        Something in it is of another type.
    """
    if isinstance(value, _LEAVES) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.generic):
        return _numpy(value.item(), value, key)
    if isinstance(value, np.ndarray):
        return _numpy(value.tolist(), value, key)
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                raise UnsupportedTypeError(f"{key}: a name is a str, not {type(name).__name__} ({name!r})")
        return {name: plain(item, f"{key}/{name}") for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, key) for item in value]
    raise UnsupportedTypeError(f"{key}: {type(value).__name__} is no JSON value")


def _numpy(converted: Any, value: Any, key: str) -> Any:
    if value.dtype.kind in "biufUTO":
        return converted if value.dtype.kind != "O" else plain(converted, key)
    raise UnsupportedTypeError(f"{key}: data type {value.dtype} is no JSON value")


def dumps(value: Any, key: str) -> bytes:
    """The value as JSON text.

    Raises
    ------
    NaNError
        It holds not-a-number or an infinity.
    UnsupportedTypeError
        It holds something that JSON has no form for.
    """
    converted = plain(value, key)
    try:
        return json.dumps(converted, allow_nan=False).encode()
    except ValueError:
        raise NaNError(f"{key}: value holds NaN or an infinity, JSON has neither") from None
    except RecursionError:
        raise UnsupportedTypeError(f"{key}: value is nested too deeply") from None
