"""Python functions as predicates: `lambda ds: ds["face_types"] == 3` becomes the text ``face_types == 3``.

The function is called with an object whose arrays are only names; comparing them, and ``&``, ``|``, ``~``, build text.
What has no text (NumPy functions, arithmetic, comparing two arrays) is told by `NoText`, and the function is then
called with elements.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Callable

import numpy as np

from .._errors import NotFoundError

_WORDS = {"and", "or", "not", "in", "is", "like", "null", "true", "false", "file"}


class NoText(Exception):
    """What was asked cannot be said in the language of predicates."""


class Condition:
    """A predicate; what comparing gives."""

    __array_ufunc__ = None
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __and__(self, other: Any) -> Condition:
        return Condition(f"({self.text} and {_condition(other)})")

    def __or__(self, other: Any) -> Condition:
        return Condition(f"({self.text} or {_condition(other)})")

    def __invert__(self) -> Condition:
        return Condition(f"not ({self.text})")

    def __bool__(self) -> bool:
        raise NoText("the truth of an array is not one; use & and |")


class Name:
    """An array, or a component of its rows."""

    __array_ufunc__ = None
    __slots__ = ("_text", "_picked")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str, picked: bool = False) -> None:
        self._text = text
        self._picked = picked

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compared("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compared("!=", other)

    def __lt__(self, other: object) -> Condition:
        return self._compared("<", other)

    def __le__(self, other: object) -> Condition:
        return self._compared("<=", other)

    def __gt__(self, other: object) -> Condition:
        return self._compared(">", other)

    def __ge__(self, other: object) -> Condition:
        return self._compared(">=", other)

    def isin(self, values: Iterable[Any]) -> Condition:
        """Whether an element is one of these."""
        texts = [literal(value) for value in values]
        if not texts:
            raise NoText("an empty list has no text")
        return Condition(f"{self._text} in [{', '.join(texts)}]")

    def __getitem__(self, index: Any) -> Name:
        # `points[:, 2]` is the component of every row.
        if not isinstance(index, tuple) or not index or index[0] != slice(None) or self._picked:
            raise NoText("rows cannot be picked in a predicate")
        if not all(isinstance(at, (int, np.integer)) and not isinstance(at, bool) and at >= 0 for at in index[1:]):
            raise NoText("only one component by its numbers has text")
        numbers = ", ".join(str(int(at)) for at in index[1:])
        return Name(f"{self._text}[{numbers}]", picked=True) if numbers else self

    def __bool__(self) -> bool:
        raise NoText("the truth of an array is not one")

    def _compared(self, operator: str, other: object) -> Condition:
        return Condition(f"{self._text} {operator} {literal(other)}")


class Names:
    """The group that a function is called with: its arrays by name, as items or attributes."""

    def __init__(self, group: str, arrays: Iterable[str]) -> None:
        self._group = group
        self._arrays = set(arrays)

    def __getitem__(self, name: str) -> Name:
        if name not in self._arrays:
            raise NotFoundError(f"{self._group}/{name}: no such array")
        return Name(quoted(name))

    def __getattr__(self, name: str) -> Name:
        if name.startswith("_") or name not in self._arrays:
            raise AttributeError(name)
        return Name(quoted(name))


def quoted(name: str) -> str:
    """A name as predicates write it."""
    if name.isascii() and name.isidentifier() and name.lower() not in _WORDS:
        return name
    return _marked(name, "`")


def _marked(text: str, mark: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    return f"{mark}{escaped}{mark}"


def literal(value: Any) -> str:
    """A value as predicates write it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str) and "\0" not in value:
        return _marked(value, "'")
    raise NoText(f"{type(value).__name__} has no text")


def _condition(other: Any) -> str:
    if not isinstance(other, Condition):
        raise NoText(f"{type(other).__name__} is no condition")
    return other.text


def text_of(function: Callable[[Any], Any], group: str, arrays: Iterable[str]) -> str:
    """The predicate that a function says.

    Raises
    ------
    NoText
        It says more than a predicate can, or fails with names in place of elements.
    """
    try:
        condition = function(Names(group, arrays))
    except NotFoundError:
        raise
    except Exception as error:
        raise NoText(str(error)) from error
    if not isinstance(condition, Condition):
        raise NoText(f"{type(condition).__name__} is no condition")
    return condition.text
