"""Where metadata belongs by its name: the rules of the library, for a schema that is in no store yet.

The first rule that speaks decides: a field of that name; what the library itself writes; a field named as the last
component; a pattern, on the whole key, with "_" for "/", on the last and on the first component, file-level patterns
first. A test holds this against the library.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Optional

FILE_LEVEL, CATEGORICAL = "file_level", "categorical"


def scope_by_name(sections: dict[str, Any], key: str) -> Optional[str]:
    """``"file_level"`` or ``"categorical"``; None when the type of the value decides."""
    last = key.rpartition("/")[2]
    return _defined(sections, key) or _own(key) or _defined(sections, last) or _by_pattern(sections, key)


def _defined(sections: dict[str, Any], name: str) -> Optional[str]:
    for scope in (FILE_LEVEL, CATEGORICAL):
        if name in sections[scope]:
            return scope
    return None


def _own(key: str) -> Optional[str]:
    first = key.partition("/")[0]
    if first == "file_sizes_KB" or first.startswith("_"):
        return FILE_LEVEL
    return CATEGORICAL if first == "descriptions" else None


def _by_pattern(sections: dict[str, Any], key: str) -> Optional[str]:
    rules = sections["routing_rules"]
    forms = [key]
    if "/" in key:
        forms += [key.replace("/", "_"), key.rpartition("/")[2], key.partition("/")[0]]
    for form in forms:
        for scope, patterns in ((FILE_LEVEL, "file_level_patterns"), (CATEGORICAL, "categorical_patterns")):
            if any(_matches(pattern, form) for pattern in rules[patterns]):
                return scope
    return None


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` matches a whole text; case does not count, and no other character is special."""
    literal = "*".join(re.sub(r"([\[?])", r"[\1]", part) for part in pattern.lower().split("*"))
    return fnmatch.fnmatchcase(text.lower(), literal)
