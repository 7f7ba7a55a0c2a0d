#!/usr/bin/env bash
# The slow extras of `make test-full`: C and C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer, the handle
# stress under ThreadSanitizer with the library instrumented too, and a second CAD kernel's word on five parts.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs="$(nproc)"

# with_sanitizer NAME PATTERN [cmake argument...]: builds the programs with it and runs the tests that match.
with_sanitizer() {
  local name="$1" pattern="$2"
  shift 2
  printf 'test-full: %s sanitizer\n' "$name"
  cmake -S . -B "build/$name" -DDATASTORAGE_SANITIZE="$name" -DDATASTORAGE_BUILD_CAD=OFF "$@" >/dev/null
  cmake --build "build/$name" --parallel "$jobs"
  ctest --test-dir "build/$name" --output-on-failure --parallel "$jobs" --tests-regex "$pattern"
}

with_sanitizer address '^(c|cpp|example)\.'
with_sanitizer undefined '^(c|cpp|example)\.'

# A race that starts in Rust is seen only when Rust is instrumented: a build of its own, below target/thread.
host="$(rustc -vV | sed -n 's/^host: //p')"
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" \
  with_sanitizer thread '^c\.stress' -DDATASTORAGE_CARGO_TARGET="$host" -DDATASTORAGE_CARGO_TARGET_DIR="$PWD/target/thread"

printf 'test-full: a second CAD kernel\n'
parts=(/usr/share/opencascade/data/step/{linkrods,screw}.step)
more="${DATASTORAGE_PARTS:-../shared/data/parts}"
for name in nist_mbe_pmi_11.stp caxif_head_back.stp foxtrot_cube_hole.step mfcad_3-3-3-3-3-23.step; do
  [ ! -f "$more/$name" ] || parts+=("$more/$name")
done
.venv/cad/bin/python examples/cad/check/cross_check.py build/examples/cad/cad_encode build/cross-check "${parts[@]}"
