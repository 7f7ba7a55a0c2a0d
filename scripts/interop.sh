#!/usr/bin/env bash
# Runs the interop tests against the release build: those in common/ with zarr-python 2 and with 3, the others once.
# Arguments go to pytest, such as -k sharding.
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
  local environment="$1"
  shift
  printf 'interop: %s: %s\n' "$environment" "$*"
  ".venv/$environment/bin/python" -m pytest -q -p no:cacheprovider "$@"
}

tests=tests/interop
run zarr3 "$tests/common" "$tests/zarr3" "$tests/store" "$@"
run zarr2 "$tests/common" "$tests/zarr2" "$@"
