"""datastorage: typed n-d arrays, text, nested groups, metadata and schemas in Zarr, JSON or memory.

    import datastorage, numpy as np

    with datastorage.open("part.zarr") as store:
        store["faces/areas"] = np.array([1.5, 2.3, 4.1], np.float32)
        store.metadata["processing/duration"] = 12.5
        print(store["faces/areas"][1:])
        store.compress()  # writes part.zarr.data

`open` gives a `Store`, a mapping. The classes `OptStorage`, `MemoryStorage` and `JsonStorageHandler` give the same
through `save_data` and `load_data`; `SchemaBuilder` makes schemas. `merge` makes a dataset of many stores, which
`DatasetExplorer` and `DatasetLoader` open. Every error is a `DataStorageError` and also the
built-in exception that fits. The work is done by libdatastorage, a native library, outside the GIL.
"""

from __future__ import annotations

from ._array import Array
from ._attributes import Attributes
from ._convert import convert_storage
from ._dataset._explorer import DatasetExplorer, DatasetInfo, Membership
from ._dataset._graphs import Graph, GraphSpec
from ._dataset._items import Item, Items
from ._dataset._loader import DatasetLoader, SplitSizes
from ._dataset._merge import DatasetMerger, Plan, Summary, merge, plan_merge, run_task
from ._errors import (
    AbiError,
    AlreadyExistsError,
    BufferTooSmallError,
    BusyError,
    CancelledError,
    ClosedError,
    CodecError,
    CorruptError,
    DataStorageError,
    DtypeMismatchError,
    EmptyStoreError,
    InternalError,
    InvalidArgumentError,
    InvalidHandleError,
    JsonError,
    NaNError,
    NoMemoryError,
    NotFoundError,
    PermissionDeniedError,
    ReadOnlyError,
    SchemaError,
    ShapeMismatchError,
    StorageIOError,
    StoreNotFoundError,
    UnsupportedError,
    UnsupportedTypeError,
    Utf8Error,
    WrongKindError,
)
from ._group import StoreGroup
from ._handle import NodeInfo
from ._library import LIBRARY as _LIBRARY
from ._metadata import Metadata
from ._open import configure, open, open_bytes, register
from ._schema_builder import (
    SchemaBuilder,
    create_cad_schema,
    create_custom_schema,
    create_manufacturing_schema,
    create_sensor_schema,
)
from ._schema_group import Group
from ._storage import DataStorage
from ._storages import JsonStorageHandler, MemoryStorage, OptStorage
from ._store import Store

for _public in list(globals().values()):
    # Tracebacks and reprs name what users import, not the module that defines it.
    if isinstance(_public, type) and _public.__module__.startswith("datastorage._"):
        _public.__module__ = "datastorage"

__version__: str = _LIBRARY.ds_version_string().decode()

__all__ = [
    "AbiError",
    "AlreadyExistsError",
    "Array",
    "Attributes",
    "BufferTooSmallError",
    "BusyError",
    "CancelledError",
    "ClosedError",
    "CodecError",
    "CorruptError",
    "DataStorage",
    "DataStorageError",
    "DatasetExplorer",
    "DatasetInfo",
    "DatasetLoader",
    "DatasetMerger",
    "DtypeMismatchError",
    "EmptyStoreError",
    "Graph",
    "GraphSpec",
    "Group",
    "InternalError",
    "InvalidArgumentError",
    "InvalidHandleError",
    "Item",
    "Items",
    "JsonError",
    "JsonStorageHandler",
    "Membership",
    "MemoryStorage",
    "Metadata",
    "NaNError",
    "NoMemoryError",
    "NodeInfo",
    "NotFoundError",
    "OptStorage",
    "PermissionDeniedError",
    "Plan",
    "ReadOnlyError",
    "SchemaBuilder",
    "SchemaError",
    "ShapeMismatchError",
    "SplitSizes",
    "StorageIOError",
    "Store",
    "StoreGroup",
    "StoreNotFoundError",
    "Summary",
    "UnsupportedError",
    "UnsupportedTypeError",
    "Utf8Error",
    "WrongKindError",
    "configure",
    "convert_storage",
    "create_cad_schema",
    "create_custom_schema",
    "create_manufacturing_schema",
    "create_sensor_schema",
    "merge",
    "open",
    "open_bytes",
    "plan_merge",
    "register",
    "run_task",
]
