"""What a store is as a whole: format, place, sizes, counts. For `info` and for reports."""

from __future__ import annotations

import os
from typing import Any, Optional

from ._layout import Layout, Layouts
from ._nodes import nodes_of
from ._store import Store


def summary_of(store: Store) -> dict[str, Any]:
    """What a store is, as names and values for people and JSON; None where there is nothing to say."""
    nodes = nodes_of(store)
    values = [node for node in nodes if node.kind != "group"]
    raw, stored = sum(node.nbytes or 0 for node in values), sum(node.stored_bytes for node in values)
    path = store.path() if store.format != "memory" and store.uri != "bytes:" else None
    schema = store.schema
    with Layouts(store) as layouts:
        formats = (layouts.of(node.key) for node in values)
        layout: Optional[Layout] = next((found for found in formats if found is not None), None)
    is_file = path is not None and os.path.isfile(path)
    return {
        "path": path,
        "format": store.format + (f" v{layout.zarr_format}" if layout else ""),
        "container": "archive" if is_file else "directory" if path is not None else "memory",
        "arrays": sum(node.kind == "array" for node in nodes),
        "values": len(values),
        "groups": len(nodes) - len(values),
        "nbytes": raw,
        "stored_bytes": stored,
        "file_bytes": os.path.getsize(path) if path is not None and is_file else None,
        "ratio": round(raw / stored, 2) if stored else None,
        "metadata_fields": len([name for name in store.metadata.paths() if not name.startswith("file_sizes_KB")]),
        "schema": schema.get("domain") or None,
        "unreadable": sum(node.error is not None for node in nodes) or None,
    }
