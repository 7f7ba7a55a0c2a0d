"""`convert_storage`: any storage into any other.

Between two stores of the library it is one call of the library. With a storage written in Python it goes key by key, by
the methods of the interface alone.
"""

from __future__ import annotations

from typing import Any, Union

from ._errors import EmptyStoreError, NotFoundError
from ._storage import SCHEMA_KEY, DataStorage
from ._storages import NativeStorage
from ._store import Store

Storage = Union[DataStorage, Store]


def convert_storage(source_handler: Storage, dest_handler: Storage, verbose: bool = False) -> None:
    """Copies all data and metadata, and the schema, of one storage into another, of any kind.

    Parameters
    ----------
    source_handler, dest_handler : DataStorage or Store
        Open storages.
    verbose : bool
        Prints a line a key.

    Raises
    ------
    EmptyStoreError
        The source has no data keys; a `RuntimeError` and a `KeyError`.
    """
    source, destination = _storage(source_handler), _storage(dest_handler)
    keys = source.get_keys()
    if not keys:
        raise EmptyStoreError("there are no data keys to convert")
    if isinstance(source, NativeStorage) and isinstance(destination, NativeStorage):
        source.store.copy(destination.store)
        if verbose:
            for key in keys:
                print(f"{key}: copied")
        return
    if not destination.get_schema():
        schema = source.get_schema()
        if schema:
            destination.set_schema(schema)
    for key in keys:
        destination.save_data(key, source.load_data(key))
        if verbose:
            print(f"{key}: copied")
    for key, value in _metadata(source).items():
        destination.save_metadata(key, value)


def _storage(storage: Storage) -> DataStorage:
    return NativeStorage(storage) if isinstance(storage, Store) else storage


def _metadata(source: DataStorage) -> dict[str, Any]:
    """The metadata that is the user's: neither the schema nor sizes, which the destination keeps itself."""
    try:
        document = source.load_metadata("")
    except (KeyError, NotFoundError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: value for key, value in document.items() if key != SCHEMA_KEY and key != "file_sizes_KB"}
