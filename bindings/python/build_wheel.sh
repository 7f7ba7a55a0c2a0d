#!/usr/bin/env bash
# Builds a wheel for Linux with glibc 2.17 or later (tag manylinux_2_17_x86_64) into dist/: cargo-zigbuild links against the
# old glibc, whatever this machine has. Both tools come from PyPI, into .venv/wheel. Needs Rust, and the network once.
set -euo pipefail
cd "$(dirname "$0")/../.."

glibc=2.17
machine="$(uname -m)"
triple="$machine-unknown-linux-gnu"
environment=.venv/wheel
if [ ! -x "$environment/bin/cargo-zigbuild" ]; then
  python3 -m venv "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    cargo-zigbuild==0.24.0 ziglang==0.17.0 setuptools==82.0.1
fi
PATH="$PWD/$environment/bin:$PATH" cargo zigbuild --locked --release --lib --target "$triple.$glibc"
library="${CARGO_TARGET_DIR:-$PWD/target}/$triple/release/libdatastorage.so"

# What it exports, and that it wants this glibc at most, and no C++ runtime.
cargo xtask symbols "$library" "$glibc" --check
DATASTORAGE_BUILD_LIBRARY="$library" DATASTORAGE_WHEEL_PLATFORM="manylinux_${glibc/./_}_$machine" \
  "$environment/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --wheel-dir dist bindings/python
ls dist/datastorage-*"$machine".whl
