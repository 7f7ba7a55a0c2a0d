"""What was probably meant by a key that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

from .._errors import NotFoundError
from .._store import Store


@contextmanager
def suggesting(store: Store, key: str, *, metadata: bool = False) -> Iterator[None]:
    """Within it, the error about a missing key names the nearest one that is there."""
    try:
        yield
    except NotFoundError as error:
        known = (
            store.metadata.paths() if metadata else [name for name, _ in store.handle.list_nodes("", recursive=True)]
        )
        near = nearest(key, known)
        if near is None:
            raise
        raise NotFoundError(f"{error}; did you mean '{near}'?") from None


def nearest(key: str, known: list[str]) -> Optional[str]:
    """The key whose whole, or whose last component, is most like the one given; None when none is."""
    whole = difflib.get_close_matches(key, known, 1, 0.75)
    if whole:
        return whole[0]
    name = key.rpartition("/")[2]
    ends = [candidate for candidate in known if candidate.rpartition("/")[2] == name]
    return ends[0] if ends else None
