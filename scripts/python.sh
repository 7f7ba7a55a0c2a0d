#!/usr/bin/env bash
# Tests the Python package against the release build: types, the suite, and a wheel in an empty environment.
# Arguments go to pytest, such as -k fork; the other two are left out then.
set -euo pipefail
cd "$(dirname "$0")/.."

python="$PWD/.venv/python/bin/python"
target="${CARGO_TARGET_DIR:-$PWD/target}"
export DATASTORAGE_LIBRARY="${DATASTORAGE_LIBRARY:-$target/release/libdatastorage.so}"
export PYTHONPATH="$PWD/bindings/python/src"
(cd bindings/python && "$python" -m pytest "$@")
[ $# -eq 0 ] || exit 0
(cd bindings/python && "$python" -m mypy)
unset DATASTORAGE_LIBRARY PYTHONPATH
bindings/python/test_wheel.sh
