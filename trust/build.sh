#!/bin/sh
# Builds what `make trust` runs: the harness, and the fuzzers (one program with coverage for libFuzzer).
#
#   trust/build.sh           the harness, and on Linux with a C++ compiler the fuzzers
#   trust/build.sh --full    also the fuzzers with everything instrumented and under AddressSanitizer, in target/fuzz
#
# The fuzzers share the compiled dependencies with the harness: only the packages of this workspace are built once more.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
target=${CARGO_TARGET_DIR:-target}

"$cargo" build --profile checked --locked --package trust

if [ "$(uname -s)" != Linux ] || ! command -v "${CXX:-c++}" >/dev/null; then
  echo "trust: no fuzzing here: libFuzzer wants Linux and a C++ compiler" >&2
  exit 0
fi
RUSTC_WORKSPACE_WRAPPER="$PWD/fuzz/sancov.sh" \
  "$cargo" build --profile checked --locked --package datastorage-fuzz --bin fuzz_any

[ "${1:-}" = --full ] || exit 0
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$target/fuzz" \
  RUSTFLAGS="-Zsanitizer=address -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares" \
  "$cargo" build --profile checked --locked --target "$host" --package datastorage-fuzz --bin fuzz_any
