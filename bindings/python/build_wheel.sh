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

# The newest glibc and C++ runtime that the library asks for.
newest="$(objdump -T "$library" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -1)"
if [ "$(printf '%s\n' "GLIBC_$glibc" "$newest" | sort -V | tail -1)" != "GLIBC_$glibc" ]; then
  printf 'wheel: %s needs %s, wanted at most GLIBC_%s\n' "$library" "$newest" "$glibc" >&2
  exit 1
fi
if objdump -p "$library" | grep NEEDED | grep -vqE 'libc\.so|libm\.so|libdl\.so|libpthread\.so|librt\.so|ld-linux'; then
  printf 'wheel: %s needs more than glibc:\n%s\n' "$library" "$(objdump -p "$library" | grep NEEDED)" >&2
  exit 1
fi
DATASTORAGE_BUILD_LIBRARY="$library" DATASTORAGE_WHEEL_PLATFORM="manylinux_${glibc/./_}_$machine" \
  "$environment/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --wheel-dir dist bindings/python
ls dist/datastorage-*"$machine".whl
