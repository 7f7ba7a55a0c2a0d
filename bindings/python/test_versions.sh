#!/usr/bin/env bash
# Runs the suite on every Python that is given, each in an environment of its own under .venv/:
#   bindings/python/test_versions.sh ~/.pyenv/versions/3.{9,10,11,12,13}.*/bin/python
# The packages are the newest that each Python takes, so that the oldest NumPy 2 is among them.
set -euo pipefail
cd "$(dirname "$0")/../.."

export DATASTORAGE_LIBRARY="${DATASTORAGE_LIBRARY:-$PWD/target/release/libdatastorage.so}"
export PYTHONPATH="$PWD/bindings/python/src"
for python in "$@"; do
  version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
  environment=".venv/py$version"
  if [ ! -e "$environment/ready" ]; then
    "$python" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check numpy pytest hypothesis tqdm \
      xarray dask zarr jsonschema
    touch "$environment/ready"
  fi
  printf 'python %s, numpy %s: ' "$version" "$("$environment/bin/python" -c 'import numpy; print(numpy.__version__)')"
  "$environment/bin/python" -m pytest -c bindings/python/pyproject.toml bindings/python/tests | tail -1
done
