"""Schema dictionaries as the library itself reads and writes them.

What comes out is complete: the doubled metadata section, every default, members in the order of the builder. What is
refused is refused with its place, as when a schema is set. Nothing here outlives a call.
"""

from __future__ import annotations

import json
from ctypes import byref, c_void_p
from typing import Any

from . import _json
from ._errors import check
from ._handle import encode_key, take
from ._library import LIBRARY


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """A dictionary of either form in the form that builders write.

    Raises
    ------
    SchemaError
        It is no schema.
    """
    text = _json.dumps(schema, "schema")
    return _built(LIBRARY.ds_schema_from_json, text, len(text))


def template(name: str) -> dict[str, Any]:
    """The dictionary of a template.

    Raises
    ------
    NotFoundError
        There is no such template.
    """
    return _built(LIBRARY.ds_schema_from_template, encode_key(name))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of dictionaries."""
    schema: dict[str, Any] = json.loads(LIBRARY.ds_schema_json_schema())
    return schema


def _built(make: Any, *arguments: Any) -> dict[str, Any]:
    builder, out = c_void_p(), c_void_p()
    check(make(*arguments, byref(builder)))
    try:
        check(LIBRARY.ds_schema_build(builder, byref(out)))
    finally:
        LIBRARY.ds_schema_free(builder)
    built: dict[str, Any] = json.loads(take(out))
    return built
