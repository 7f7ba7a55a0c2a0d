"""`StoreGroup`: a group of a store as a mapping of names to arrays, values and groups.

What `group[name]` gives: an `Array`, which reads on demand, for an array with dimensions; a `StoreGroup` for a group;
the value itself for what is small by nature: scalars, text, bytes, JSON. `load` gives the value of anything. A name
may be a path ("faces/areas"). Iteration is over the children's names, sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _display, _values
from ._array import Array, lengths_of
from ._attributes import Attributes
from ._dtypes import DTypeLike, dtype_number
from ._errors import InvalidArgumentError, NotFoundError, WrongKindError
from ._handle import ARRAY, GROUP, NodeInfo

if TYPE_CHECKING:
    from ._store import Store


class StoreGroup(MutableMapping[str, Any]):
    """A group in a store. Groups come from a store, ``store["graph"]``; the class is not called.

    Attributes
    ----------
    store : Store
        The store it is in.
    key : str
        Its key; ``""`` is the root.
    """

    key: str

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self.key = key

    @property
    def store(self) -> Store:
        """The store it is in."""
        return self._store

    def _key(self, name: str) -> str:
        if not isinstance(name, str):
            raise TypeError(f"a key is a str, not {type(name).__name__}")
        return f"{self.key}/{name}" if self.key else name

    # ---- The mapping ----

    def __getitem__(self, name: str) -> Any:
        """An `Array`, a `StoreGroup`, or the value of a scalar, a text, bytes or JSON.

        Its type is open to type checkers; `array` and `group` say which is meant.

        Raises
        ------
        NotFoundError
            There is no such key; a `KeyError`.
        """
        key = self._key(name)
        if not key:
            raise NotFoundError("key is empty")
        info = self.store.handle.stat(key)
        if info.kind == GROUP:
            return StoreGroup(self.store, key)
        if info.kind == ARRAY and info.ndim > 0:
            return Array(self.store, key)
        return _values.load(self.store.handle, key)

    def __setitem__(self, name: str, value: Any) -> None:
        """Saves a value, replacing what is there: arrays, scalars, text, bytes, lists, mappings, None."""
        self.save(name, value)

    def __delitem__(self, name: str) -> None:
        self.store.handle.delete(self._key(name))

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not name:
            return False
        try:
            return self.store.handle.exists(self._key(name))
        except InvalidArgumentError:
            return False

    def __iter__(self) -> Iterator[str]:
        start = len(self.key) + 1 if self.key else 0
        return iter([key[start:] for key, _ in self.store.handle.list_nodes(self.key)])

    def __len__(self) -> int:
        return int(self.store.handle.stat(self.key).elements)

    def __bool__(self) -> bool:
        # An empty store is a store: `if store` asks whether there is one.
        return True

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def pop(self, name: str, *default: Any) -> Any:
        """Removes a node and gives its value."""
        if len(default) > 1:
            raise TypeError(f"pop takes at most 2 arguments, {len(default) + 1} given")
        try:
            value = self.load(name)
        except NotFoundError:
            if default:
                return default[0]
            raise
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Removes the last child and gives its name and value."""
        names = list(self)
        if not names:
            raise KeyError("popitem(): the group is empty")
        return names[-1], self.pop(names[-1])

    # ---- Values ----

    def save(self, name: str, value: Any) -> None:
        """Saves a value under a key, replacing what is there.

        Parameters
        ----------
        name : str
            The key, ``"/"`` nests.
        value
            An array (any strides or byte order; objects are all `str`), a scalar, `str`, `bytes`, None, a list or
            tuple, a mapping, anything with ``__array__`` or ``__dlpack__``, an `Array` or a `StoreGroup`.

        Raises
        ------
        UnsupportedTypeError
            No store can hold it.
        SchemaError, NaNError, ReadOnlyError, InvalidArgumentError
            As the store is set up; nothing is changed.
        """
        if isinstance(value, StoreGroup):
            value = value.asdict()
        _values.save(self.store.handle, self._key(name), value)

    def load(self, name: str) -> Any:
        """Loads the value under a key: a NumPy array, a scalar, `str`, `bytes`, JSON, or a `dict` for a group.

        Raises
        ------
        NotFoundError
            There is no such key; a `KeyError`.
        """
        return _values.load(self.store.handle, self._key(name))

    def asdict(self) -> dict[str, Any]:
        """Everything in the group as nested dicts of values; reads all of it."""
        loaded: dict[str, Any] = _values.load(self.store.handle, self.key)
        return loaded

    def create(
        self,
        name: str,
        shape: Union[int, Sequence[int]],
        dtype: DTypeLike,
        *,
        chunks: Optional[Sequence[int]] = None,
        fill_value: Any = 0,
        dims: Optional[Sequence[str]] = None,
        attributes: Optional[dict[str, Any]] = None,
        **options: Any,
    ) -> Array:
        """Makes an array without elements, to be written by parts; it may be larger than memory.

        Parameters
        ----------
        name : str
            The key; nothing may be there.
        shape : int or sequence of int
            The length of each dimension; 0 for one that is appended to.
        dtype : dtype_like
            The type of the elements; `str` for strings.
        chunks : sequence of int, optional
            The shape of a chunk.
        fill_value : scalar or None
            What elements read as until they are written. None makes it an error to read a chunk before.
        dims : sequence of str, optional
            The names of the dimensions.
        attributes : dict, optional
            The attributes.
        **options
            ``codec``, ``profile``, ``shards``.

        Raises
        ------
        AlreadyExistsError
            There is something under the key.
        SchemaError
            The schema wants another type or other dimensions.
        """
        key = self._key(name)
        given: dict[str, Any] = dict(options)
        if fill_value is None or fill_value != 0:
            given["fill_value"] = _fill(fill_value)
        if chunks is not None:
            given["chunks"] = list(lengths_of(chunks, key))
        if dims is not None:
            given["dims"] = list(dims)
        if attributes is not None:
            given["attributes"] = attributes
        self.store.handle.create(key, dtype_number(dtype, key), lengths_of(shape, key), given)
        return Array(self.store, key)

    def create_group(self, name: str) -> StoreGroup:
        """Makes an empty group, and those on the way; gives the one that is there."""
        key = self._key(name)
        self.store.handle.create_group(key)
        return StoreGroup(self.store, key)

    def group(self, name: str) -> StoreGroup:
        """The group under a key.

        Raises
        ------
        WrongKindError
            It is no group.
        """
        node = self[name]
        if not isinstance(node, StoreGroup):
            raise WrongKindError(f"{self._key(name)}: is no group")
        return node

    def array(self, name: str) -> Array:
        """The array under a key, also of a scalar, as an `Array`.

        Raises
        ------
        WrongKindError
            It is no array.
        """
        key = self._key(name)
        info = self.store.handle.stat(key)
        if info.kind != ARRAY:
            raise WrongKindError(f"{key}: is no array")
        return Array(self.store, key)

    def rename(self, old: str, new: str) -> None:
        """Moves a node and all below it; both keys are relative to this group."""
        self.store.handle.rename(self._key(old), self._key(new))

    def walk(self) -> Iterator[tuple[str, NodeInfo]]:
        """Every node below, with its key relative to this group and what it is; sorted."""
        start = len(self.key) + 1 if self.key else 0
        for key, _ in self.store.handle.list_nodes(self.key, recursive=True):
            yield key[start:], self.store.handle.info(key)

    def info(self, name: str = "") -> NodeInfo:
        """What a node is, without its elements; of this group when no name is given."""
        return self.store.handle.info(self._key(name) if name else self.key)

    @property
    def attrs(self) -> Attributes:
        """The attributes of this group, a mapping of JSON values that is written through."""
        return Attributes(self.store, self.key)

    # ---- Display ----

    def __repr__(self) -> str:
        return _display.text(self)

    def _repr_html_(self) -> str:
        return _display.html(self)


def _fill(value: Any) -> Any:
    """A fill value as the options of ds_create take it."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value
