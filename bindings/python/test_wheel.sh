#!/usr/bin/env bash
# Installs a wheel into an empty environment, with no Rust on the PATH and no variable set, and runs the example.
#   bindings/python/test_wheel.sh [WHEEL]   without one, builds one from the release build
# The source distribution is looked at too: cargo finds in it what it needs. Building it would take minutes.
# DATASTORAGE_PYTHON names the Python; the environment of the tests (.venv/python) builds the wheel.
set -euo pipefail
cd "$(dirname "$0")/../.."

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python="${DATASTORAGE_PYTHON:-.venv/python/bin/python}"
wheel="${1:-}"
if [ -z "$wheel" ]; then
  DATASTORAGE_BUILD_LIBRARY="${CARGO_TARGET_DIR:-$PWD/target}/release/libdatastorage.so" .venv/python/bin/python -m pip wheel --quiet \
    --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$work" bindings/python
  wheel="$(ls "$work"/*.whl)"
fi
# A source distribution has all that cargo asks for, and the licences.
(cd bindings/python && "$OLDPWD/.venv/python/bin/python" -c \
  'import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])' "$work" >/dev/null)
tar -xzf "$work"/datastorage-*.tar.gz -C "$work"
(cd "$work"/datastorage-*/rust && cargo metadata --locked --offline --format-version 1 >/dev/null)
cmp THIRD_PARTY.md "$work"/datastorage-*/rust/THIRD_PARTY.md
unzip -p "$wheel" datastorage/THIRD_PARTY.md | cmp - THIRD_PARTY.md
"$python" -m venv "$work/empty"
"$work/empty/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
env -i PATH="$work/empty/bin:/usr/bin:/bin" HOME="$work" "$work/empty/bin/python" - "$work/empty" <<'PYTHON'
import os, shutil, sys
import datastorage
from datastorage import _library
assert shutil.which("cargo") is None and "DATASTORAGE_LIBRARY" not in os.environ
assert _library.LIBRARY_PATH.startswith(sys.argv[1]), _library.LIBRARY_PATH
PYTHON
env -i PATH="$work/empty/bin:/usr/bin:/bin" HOME="$work" "$work/empty/bin/python" bindings/python/examples/part.py >"$work/out"
grep -q '\[2.3 4.1\]' "$work/out"
# The command and the files of its report are in the wheel.
env -i PATH="$work/empty/bin" HOME="$work" python -c \
  'import datastorage, sys; datastorage.open(sys.argv[1] + "/part.zarr")["uv_points"] = [[[0.0, 0.0, 1.0]] * 2] * 2' "$work"
env -i PATH="$work/empty/bin" HOME="$work" datastorage report "$work/part.zarr" -o - | grep -q 'id="scene-data"'
printf 'wheel: %s runs the example on %s\n' "$(basename "$wheel")" "$("$python" --version)"
