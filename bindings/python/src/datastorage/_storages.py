"""The storages of the specification: `OptStorage`, `MemoryStorage`, `JsonStorageHandler`.

Each is a `Store` behind the interface of `DataStorage`; the store itself is the attribute `store`. `OptStorage`
writes the encodings that the specification documents (zstd 12, delta filters, strings as msgpack2): the profile
"hoops". `datastorage.open` writes the library's default, whose strings more readers know.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Optional

import numpy as np

from . import _json, _metadata, _values
from ._dtypes import is_text
from ._errors import SchemaError
from ._handle import Handle, PathLike
from ._storage import DataStorage
from ._store import Store


class NativeStorage(DataStorage):
    """A storage that is a store of the library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def store(self) -> Store:
        """The same data as a mapping."""
        return self._store

    def save_data(self, data_key: str, data: Any) -> None:
        """Saves data under a key, replacing what is there; see `Store.save`."""
        _values.save(self.store.handle, data_key, data)

    def load_data(self, data_key: str) -> Any:
        """Loads the data under a key in its original form; see `Store.load`."""
        return _values.load(self.store.handle, data_key)

    def save_metadata(self, key: str, value: Any) -> None:
        """Saves a metadata value; ``"/"`` in the key nests, a dict merges into what is there."""
        _metadata.save(self.store, key, value)

    def load_metadata(self, key: str) -> Any:
        """Loads a metadata value, or a section as a dict; KeyError when there is none."""
        return self.store.handle.load_metadata(key)

    def get_keys(self) -> list[str]:
        """The top-level keys, of arrays and groups, sorted."""
        return [key for key, _ in self.store.handle.list_nodes()]

    def get_file_path(self, data_key: str) -> str:
        """The path of a key on disk, of the store for ``""``; for a storage in memory a sentence that says so."""
        return self.store.handle.path(data_key)

    def close(self) -> None:
        """Commits what was saved and closes. A second time does nothing."""
        self.store.close()

    def format(self) -> str:
        """``"zarr"``, ``"memory"`` or ``"json"``."""
        return self.store.handle.format()

    def compress_store(self) -> int:
        """Writes the store into one file and gives its size in bytes; 0 for memory and JSON."""
        return self.store.handle.compress()

    def set_schema(self, schema: dict[str, Any]) -> None:
        """Sets the schema, a dictionary of `SchemaBuilder.build`; what is saved already is checked against it."""
        self.store.handle.set_schema(_json.dumps(schema, "schema"))

    def get_schema(self) -> dict[str, Any]:
        """The schema, ``{}`` when there is none."""
        return self.store.handle.schema()

    def get_group_for_array(self, array_name: str) -> Optional[str]:
        """The name of the schema's group that an array is in; None when it is in none."""
        return self.store.group_for_array(array_name)

    def validate_data_against_schema(self, data_key: str, data: Any) -> bool:
        """Whether data fits the schema; True without a schema and for a key that it does not name."""
        prepared = _values.prepare(data, data_key)
        if not isinstance(prepared, np.ndarray) or is_text(prepared.dtype):
            # ds_validate takes no strings, groups and bytes: an empty store with the schema does.
            return super().validate_data_against_schema(data_key, data)
        try:
            self.store.handle.validate(data_key, prepared)
        except SchemaError:
            return False
        return True

    def flush_metadata(self) -> None:
        """Makes everything saved so far durable, metadata included."""
        self.store.handle.flush()

    def __repr__(self) -> str:
        return f"<datastorage.{type(self).__name__} {self.store.uri!r}>"

    def _repr_html_(self) -> str:
        return self.store._repr_html_()


class OptStorage(NativeStorage):
    """A Zarr store: a directory while it is written, one file once it is compressed.

    Parameters
    ----------
    store_path : str or path
        The directory. When it is absent and ``store_path + compress_extension`` is there, that file opens, read-only.
    compress_extension : str
        What the name of the file adds.

    Raises
    ------
    BusyError
        Another writer has the store open; an `OSError`.
    """

    def __init__(self, store_path: PathLike, compress_extension: str = ".data") -> None:
        path = os.fspath(store_path)
        options = {"profile": "hoops", "compress_extension": compress_extension}
        super().__init__(Store(Handle.open(f"zarr:{path}", options), f"zarr:{path}", options))
        self.store_path = path
        self.compress_extension = compress_extension


class MemoryStorage(NativeStorage):
    """A store in memory, gone when it is closed."""

    def __init__(self) -> None:
        super().__init__(Store(Handle.open("memory:", {}), "memory:", {}))


class JsonStorageHandler(NativeStorage):
    """A directory of JSON files, one a key, each written when its save returns.

    Each save writes the metadata file too; to write many keys, use the attribute `store`, which writes them at once
    when it is flushed or closed. As the specification has it, `close` ends nothing: it lets go of the directory, and a
    later call opens it again.

    Parameters
    ----------
    json_dir_path : str or path
        The directory; it is made when it is absent.
    """

    def __init__(self, json_dir_path: PathLike) -> None:
        self.json_dir_path = os.fspath(json_dir_path)
        self._reopening = threading.Lock()
        super().__init__(self._opened())

    def _opened(self) -> Store:
        uri, options = f"json:{self.json_dir_path}", {"sync": "none"}
        return Store(Handle.open(uri, options), uri, options)

    @property
    def store(self) -> Store:
        """The same data as a mapping; opened again when it was closed."""
        with self._reopening:
            if self._store.closed:
                self._store = self._opened()
            return self._store

    def save_data(self, data_key: str, data: Any) -> None:
        """Saves data under a key, replacing what is there, and writes its file; see `Store.save`."""
        super().save_data(data_key, data)
        self.flush_metadata()

    def save_metadata(self, key: str, value: Any) -> None:
        """Saves a metadata value and writes the metadata file."""
        super().save_metadata(key, value)
        self.flush_metadata()

    def set_schema(self, schema: dict[str, Any]) -> None:
        """Sets the schema and writes the metadata file; what is saved already is checked against it."""
        super().set_schema(schema)
        self.flush_metadata()

    def close(self) -> None:
        """Lets go of the directory, until the next call. A second time does nothing."""
        self._store.close()
