"""`Group`: arrays of a schema that share a primary dimension, such as `faces` along `face`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Optional

from . import _json
from ._errors import AlreadyExistsError, SchemaError

# What a schema may name, beside NumPy's other names of the same types.
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128", "str",
)  # fmt: skip
_SYNONYMS = {"string": "str"}


def known_dtype(name: str, dtype: Any) -> str:
    """The name of a data type as a schema writes it.

    Raises
    ------
    SchemaError
        It is none.
    """
    text = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", None) or str(dtype)
    text = _SYNONYMS.get(text, text)
    if text not in DTYPES:
        raise SchemaError(f"{name}: wanted a data type such as float32 or str, found {text!r}")
    return text


class Group:
    """Arrays of a schema that share a primary dimension; made by `SchemaBuilder.create_group`.

    Parameters
    ----------
    name : str
        The name of the group.
    primary_dimension : str
        The dimension along which parts are concatenated.
    description : str, optional
        For people.
    special_processing : str, optional
        How merging treats the group, such as ``"matrix_flattening"``.
    """

    def __init__(
        self,
        name: str,
        primary_dimension: str,
        description: Optional[str] = None,
        special_processing: Optional[str] = None,
    ) -> None:
        self.name = name
        # None only in a dictionary that was read and leaves it open.
        self.primary_dimension: Optional[str] = primary_dimension
        self.description = description
        self.special_processing = special_processing
        self._arrays: dict[str, dict[str, Any]] = {}
        # Members of a dictionary that was read which this class does not define; they are written back.
        self._extra: dict[str, Any] = {}

    def create_array(
        self,
        name: str,
        dimensions: Sequence[str],
        dtype: str = "float32",
        description: Optional[str] = None,
        **validation_rules: Any,
    ) -> None:
        """Adds an array.

        Parameters
        ----------
        name : str
            The name of the array.
        dimensions : sequence of str
            The names of its dimensions, such as ``["face", "coordinate"]``; empty for a scalar.
        dtype : str
            The type of its elements.
        description : str, optional
            For people.
        **validation_rules
            ``min_value``, ``max_value``, ``values``, ``labels``.

        Raises
        ------
        AlreadyExistsError
            The group has an array of that name; a `ValueError`.
        SchemaError
            The type is unknown, or a dimension is no text; a `ValueError`.
        """
        if name in self._arrays:
            raise AlreadyExistsError(f"{name}: the group has this array already")
        if isinstance(dimensions, str) or not all(isinstance(dim, str) and dim for dim in dimensions):
            raise SchemaError(f"{name}: dimensions are a list of names, found {dimensions!r}")
        entry: dict[str, Any] = {"dims": list(dimensions), "dtype": known_dtype(name, dtype)}
        entry["description"] = description or ""
        if "dims" in validation_rules:
            raise SchemaError(f"{name}: dims: is set by the call, not by a rule")
        entry.update(_json.plain(validation_rules, name))
        self._arrays[name] = entry

    def get_array(self, name: str) -> Optional[dict[str, Any]]:
        """The entry of an array, None when there is none."""
        entry = self._arrays.get(name)
        return None if entry is None else copy.deepcopy(entry)

    def get_arrays(self) -> dict[str, dict[str, Any]]:
        """The entries of all arrays by name."""
        return copy.deepcopy(self._arrays)

    def list_arrays(self) -> list[str]:
        """The names of the arrays, in the order of definition."""
        return list(self._arrays)

    def remove_array(self, name: str) -> bool:
        """Removes an array; whether there was one."""
        return self._arrays.pop(name, None) is not None

    def to_dict(self) -> dict[str, Any]:
        """The group as the schema dictionary has it."""
        entry: dict[str, Any] = {}
        if self.primary_dimension is not None:
            entry["primary_dimension"] = self.primary_dimension
        entry.update(arrays=self.get_arrays(), description=self.description or "")
        if self.special_processing is not None:
            entry["special_processing"] = self.special_processing
        return {**entry, **self._extra}

    @classmethod
    def _from_dict(cls, name: str, entry: dict[str, Any]) -> Group:
        group = cls(name, "", entry.pop("description"), entry.pop("special_processing", None))
        group.primary_dimension = entry.pop("primary_dimension", None)
        group._arrays, group._extra = entry.pop("arrays"), entry
        return group

    def __repr__(self) -> str:
        return f"<datastorage.Group {self.name!r} along {self.primary_dimension!r}: {', '.join(self._arrays)}>"
