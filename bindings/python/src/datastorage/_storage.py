"""`DataStorage`: the interface that every storage has, to be subclassed.

A subclass defines how data and metadata are kept; schemas are the base class's: the schema is metadata under
`_storage_schema`, and checks are the library's own, made against an empty store in memory, so that a store written in
Python refuses exactly what the others refuse. Nothing here writes a file.
"""

from __future__ import annotations

import abc
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar

from . import _json, _values
from ._errors import DataStorageError
from ._handle import Handle

T = TypeVar("T")
SCHEMA_KEY = "_storage_schema"


class DataStorage(abc.ABC):
    """Data and metadata under keys, behind one interface.

    Subclasses define the nine abstract methods and may replace the others. `datastorage.register` makes a subclass
    openable by URI, `convert_storage` copies between any two.
    """

    @abc.abstractmethod
    def save_data(self, data_key: str, data: Any) -> None:
        """Saves data under a key, replacing what is there.

        Parameters
        ----------
        data_key : str
            The key; ``"/"`` nests.
        data
            An array, list, dict, scalar or text.
        """

    @abc.abstractmethod
    def load_data(self, data_key: str) -> Any:
        """Loads the data under a key in its original form.

        Raises
        ------
        KeyError
            There is no such key.
        """

    @abc.abstractmethod
    def save_metadata(self, key: str, value: Any) -> None:
        """Saves a metadata value; ``"/"`` in the key nests, a dict merges into what is there."""

    @abc.abstractmethod
    def load_metadata(self, key: str) -> Any:
        """Loads a metadata value, or a section as a dict.

        Raises
        ------
        KeyError
            There is no such key.
        """

    @abc.abstractmethod
    def get_keys(self) -> list[str]:
        """The top-level keys, of arrays and groups."""

    @abc.abstractmethod
    def get_file_path(self, data_key: str) -> str:
        """The path of a key on disk; for a storage in memory a sentence that says so."""

    @abc.abstractmethod
    def close(self) -> None:
        """Lets go of what the storage holds. A second time does nothing."""

    @abc.abstractmethod
    def format(self) -> str:
        """The name of the format, such as ``"zarr"``."""

    @abc.abstractmethod
    def compress_store(self) -> int:
        """Compresses the storage into one file and gives its size in bytes; 0 where there is no such thing."""

    # ---- Schemas ----

    def set_schema(self, schema: dict[str, Any]) -> None:
        """Sets the schema, a dictionary of `SchemaBuilder.build`; it is kept as metadata.

        Raises
        ------
        SchemaError
            The dictionary is wrong; a `ValueError`.
        """
        with_checker(schema, lambda checker: None)
        self.save_metadata(SCHEMA_KEY, schema)

    def get_schema(self) -> dict[str, Any]:
        """The schema, ``{}`` when there is none."""
        try:
            schema: dict[str, Any] = self.load_metadata(SCHEMA_KEY)
        except KeyError:
            return {}
        return schema

    def get_group_for_array(self, array_name: str) -> Optional[str]:
        """The name of the schema's group that an array is in; None when it is in none."""
        schema = self.get_schema()
        if not schema:
            return None

        def group(checker: Handle) -> Optional[str]:
            try:
                return checker.group_for_array(array_name)
            except KeyError:
                return None

        return with_checker(schema, group)

    def validate_data_against_schema(self, data_key: str, data: Any) -> bool:
        """Whether data fits the schema; True without a schema and for a key that it does not name.

        The number of dimensions must be the schema's, and the type: its kind, and every value must keep its value.
        """
        schema = self.get_schema()
        if not schema:
            return True

        def fits(checker: Handle) -> bool:
            try:
                _values.save(checker, data_key, data)
            except DataStorageError:
                return False
            return True

        return with_checker(schema, fits)

    def flush_metadata(self) -> None:
        """Writes metadata that is kept in memory; nothing where none is."""

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


def with_checker(schema: dict[str, Any], use: Callable[[Handle], T]) -> T:
    """What `use` makes of an empty store in memory with a schema."""
    checker = Handle.open("memory:", {"nan": "allow"})
    try:
        checker.set_schema(_json.dumps(schema, "schema"))
        return use(checker)
    finally:
        checker.discard()
