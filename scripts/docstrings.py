"""Tells which public names of the Python package have no docstring; the exit code is 1 when one has none.

Public is what has no underscore before it, in any module: classes, functions, methods and properties; also in modules that
users do not import. Overloads need none, nor the methods of the two handles: each is the function of C that its name says.
    python3 scripts/docstrings.py [DIRECTORY]
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MIRRORS = {"Handle", "DatasetHandle"}


def undocumented(body: list[ast.stmt], place: str) -> Iterator[tuple[str, bool]]:
    """The public names of a body, and whether each has a docstring."""
    for node in body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or node.name.startswith("_"):
            continue
        names = {getattr(item, "attr", getattr(item, "id", "")) for item in node.decorator_list}
        if names & {"overload", "setter", "deleter"}:
            continue
        yield f"{place}{node.name}:{node.lineno}", ast.get_docstring(node) is not None
        if isinstance(node, ast.ClassDef) and node.name not in MIRRORS:
            yield from undocumented(node.body, f"{place}{node.name}.")


def main() -> int:
    """Looks at every module."""
    top = Path(sys.argv[1] if len(sys.argv) > 1 else "bindings/python/src/datastorage")
    names: list[tuple[str, bool]] = []
    for path in sorted(top.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        names.append((str(path), ast.get_docstring(tree) is not None))
        names += undocumented(tree.body, f"{path}: ")
    missing = [name for name, documented in names if not documented]
    for name in missing:
        print(f"docstrings: none of {name}", file=sys.stderr)
    print(f"docstrings: {len(names)} public names, {len(missing)} without")
    return 1 if missing or not names else 0


if __name__ == "__main__":
    sys.exit(main())
