"""`Array`: an array of a store, of which is read what is asked for.

It holds the store and a key, no elements: shape and type are asked of the library each time, so that it is never stale.
Indexing reads a box and gives NumPy arrays that own their elements; assignment writes a box.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np

from . import _values
from ._attributes import Attributes
from ._dtypes import DTYPE_OF, OBJECT, STRING, DTypeLike, NDArray, dtype_name
from ._errors import DtypeMismatchError, InvalidArgumentError, ShapeMismatchError, WrongKindError
from ._handle import ARRAY, BYTES
from ._selection import Box, select
from ._texts import objects_of

if TYPE_CHECKING:
    from ._store import Store

# Rows that iteration reads at once, in bytes.
_BLOCK = 1 << 20


class Array:
    """An n-d array in a store, read and written by parts.

    Arrays come from a store, ``store["faces/areas"]`` or `Store.create`; the class is not called.

    Attributes
    ----------
    store : Store
        The store it is in.
    key : str
        Its key.
    """

    __slots__ = ("store", "key")

    def __init__(self, store: Store, key: str) -> None:
        self.store = store
        self.key = key

    # ---- What it is ----

    @property
    def name(self) -> str:
        """The last component of the key."""
        return self.key.rpartition("/")[2]

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self.store.handle.shape(self.key)

    def _number(self) -> int:
        info = self.store.handle.stat(self.key)
        if info.kind not in (ARRAY, BYTES):
            raise WrongKindError(f"{self.key}: is no array any more")
        return int(info.dtype)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements; object for strings, whose elements are `str`."""
        return DTYPE_OF[self._number()]

    @property
    def dtype_name(self) -> str:
        """The name of the type: NumPy's, ``"str"`` for strings."""
        return dtype_name(self._number())

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements in memory; of strings, eight a string, as NumPy counts references."""
        return self.size * self.dtype.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of an element in memory."""
        return self.dtype.itemsize

    @property
    def stored_bytes(self) -> int:
        """Bytes that the store keeps for it."""
        return self.store.handle.info(self.key).stored_bytes

    @property
    def nchunks(self) -> int:
        """The number of chunks it is stored in; 1 where there are none."""
        return self.store.handle.info(self.key).chunks

    @property
    def dims(self) -> tuple[str, ...]:
        """The names of the dimensions. Assign as many names to change them."""
        return tuple(self.store.handle.dimensions(self.key))

    @dims.setter
    def dims(self, names: Sequence[str]) -> None:
        self.store.handle.set_dimensions(self.key, list(names))

    @property
    def attrs(self) -> Attributes:
        """The attributes, a mapping of JSON values that is written through."""
        return Attributes(self.store, self.key)

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeError("len() of unsized object")
        return shape[0]

    def __repr__(self) -> str:
        try:
            shape, dtype = self.shape, self.dtype_name
        except Exception as error:
            return f"<datastorage.Array '{self.key}': {error}>"
        return f"<datastorage.Array '{self.key}' {shape} {dtype}>"

    # ---- Reading ----

    def __getitem__(self, selection: Any) -> Any:
        """Reads what is selected: a NumPy array, or a scalar when every dimension has an int.

        Ints, slices, ``...``, ``None``, lists or arrays of ints and masks, with NumPy's meaning. Steps other than 1,
        lists and masks read the smallest box around what they pick.

        Raises
        ------
        IndexError
            The selection leaves the array.
        CorruptError
            Stored bytes are not what was written.
        """
        number = self._number()
        if selection is Ellipsis or (isinstance(selection, slice) and selection == slice(None)):
            shape = self.shape
            if shape:
                return self._whole()
        else:
            shape = self.shape
        box = select(selection, shape, self.key)
        data = self._read(number, box)
        return data if box.plain and 0 not in box.picks else data[box.picks]

    def _whole(self) -> NDArray:
        value = _values.load(self.store.handle, self.key)
        return value if isinstance(value, np.ndarray) else np.asarray(value)

    def _read(self, number: int, box: Box) -> NDArray:
        if 0 in box.shape:
            return np.empty(box.shape, DTYPE_OF[number])
        return self.store.handle.load_region(self.key, number, box.offset, box.shape)

    def __array__(self, dtype: Optional[DTypeLike] = None, copy: Optional[bool] = None) -> NDArray:
        """All elements as a new NumPy array.

        Raises
        ------
        ValueError
            `copy` is False: the elements are in the store, reading them makes a copy.
        """
        if copy is False:
            raise ValueError(f"{self.key}: reading an array of a store makes a copy")
        data = self._whole()
        return data if dtype is None else data.astype(dtype, copy=False)

    def __iter__(self) -> Iterator[Any]:
        """The items along the first dimension; several are read at once."""
        length = len(self)
        row = max(1, self.nbytes // max(1, length))
        step = max(1, _BLOCK // row)
        for start in range(0, length, step):
            yield from self[start : start + step]

    def __dlpack__(self, **arguments: Any) -> Any:
        """All elements as a DLPack capsule, which owns them: for ``torch.from_dlpack`` and ``np.from_dlpack``.

        Raises
        ------
        DtypeMismatchError
            The elements are strings.
        """
        if self._number() == STRING:
            raise DtypeMismatchError(f"{self.key}: DLPack has no strings")
        given = {name: value for name, value in arguments.items() if value is not None}
        # What is loaded is a copy already, and nobody else's.
        given.pop("copy", None)
        return self._whole().__dlpack__(**given)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The CPU: ``(1, 0)``."""
        return (1, 0)

    # ---- Writing ----

    def __setitem__(self, selection: Any, value: Any) -> None:
        """Writes what is selected; `value` is broadcast to its shape.

        A selection of ints and slices of step 1 is one write of the library. Any other one reads the box around it,
        changes it and writes it back: a plain write by another thread in between, into the same box, is lost.

        Raises
        ------
        IndexError
            The selection leaves the array.
        DtypeMismatchError
            `value` would have to be converted with loss of its kind, such as floats into an array of ints.
        ShapeMismatchError
            `value` does not broadcast to the selection.
        """
        number = self._number()
        box = select(selection, self.shape, self.key)
        data = cast(value, DTYPE_OF[number], self.key)
        handle = self.store.handle
        if box.plain:
            block = _filled(data, box, self.key)
            if 0 not in box.shape:
                handle.save_region(self.key, box.offset, block)
        elif 0 not in box.shape:
            with handle.several():
                block = handle.load_region(self.key, number, box.offset, box.shape)
                try:
                    block[box.picks] = data
                except ValueError as error:
                    raise ShapeMismatchError(f"{self.key}: {error}") from None
                handle.save_region(self.key, box.offset, block)

    def append(self, value: Any, axis: int = 0) -> tuple[int, ...]:
        """Lengthens the array along a dimension; all of it appears at once.

        Parameters
        ----------
        value : array_like
            Of as many dimensions; the other lengths are the array's.
        axis : int
            The dimension that grows; negative ones count from the last.

        Returns
        -------
        tuple of int
            The new shape.

        Raises
        ------
        ShapeMismatchError
            `value` does not continue the array.
        InvalidArgumentError
            The array has no such dimension.
        DtypeMismatchError
            `value` is of another kind.
        """
        data = cast(value, self.dtype, self.key)
        ndim = self.ndim
        if not -ndim <= axis < ndim:
            raise InvalidArgumentError(f"{self.key}: array has {ndim} dimensions, axis is {axis}")
        self.store.handle.append(self.key, data, axis % ndim)
        return self.shape

    def resize(self, *shape: Union[int, Sequence[int]]) -> None:
        """Gives the array another shape of as many dimensions; new elements are the fill value.

        Raises
        ------
        ShapeMismatchError
            Another number of dimensions.
        """
        lengths = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        self.store.handle.resize(self.key, lengths_of(lengths, self.key))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Array, (self.store, self.key))


def lengths_of(shape: Any, key: str) -> tuple[int, ...]:
    """A shape as a tuple of ints that are not negative."""
    lengths = tuple(int(n) for n in ((shape,) if isinstance(shape, (int, np.integer)) else shape))
    if any(n < 0 for n in lengths):
        raise ShapeMismatchError(f"{key}: a length is not negative, the shape is {lengths}")
    return lengths


def cast(value: Any, dtype: np.dtype[Any], key: str) -> NDArray:
    """A value as an array of a dtype; NumPy arrays within their kind, Python's numbers where they keep their value."""
    array = np.asarray(value) if dtype != OBJECT or isinstance(value, np.ndarray) else np.asarray(value, object)
    if dtype == OBJECT:
        return objects_of(array, key)
    if array.dtype == dtype or (array.size == 0 and not isinstance(value, np.ndarray)):
        return array.astype(dtype, copy=False)
    if array.dtype.kind not in "biufc":
        raise DtypeMismatchError(f"{key}: array is {dtype.name}, data is {array.dtype}")
    if np.can_cast(array.dtype, dtype, "same_kind"):
        return array.astype(dtype)
    if not hasattr(value, "dtype") and array.dtype.kind in "iu" and dtype.kind in "iu":
        # Python's ints have no width: what fits is taken.
        info = np.iinfo(dtype)
        if info.min <= int(array.min()) and int(array.max()) <= info.max:
            return array.astype(dtype)
        wrong = int(array.max()) if int(array.max()) > info.max else int(array.min())
        raise DtypeMismatchError(f"{key}: array is {dtype.name}, data holds {wrong}")
    raise DtypeMismatchError(f"{key}: array is {dtype.name}, data is {array.dtype.name}")


def _filled(data: NDArray, box: Box, key: str) -> NDArray:
    """A value, broadcast to a plain box; leading dimensions of length 1 may be too many, as in NumPy."""
    kept = tuple(length for length, rest in zip(box.shape, box.picks) if isinstance(rest, slice))
    while data.ndim > len(kept) and data.shape[0] == 1:
        data = data[0]
    try:
        return np.broadcast_to(data, kept).reshape(box.shape)
    except ValueError as error:
        raise ShapeMismatchError(f"{key}: {error}") from None
