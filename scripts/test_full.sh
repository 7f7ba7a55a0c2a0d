#!/usr/bin/env bash
# The slow extras of `make test-full`: the C tests with everything under AddressSanitizer and ThreadSanitizer, the C++
# tests and examples under AddressSanitizer and UndefinedBehaviorSanitizer, all pairs of headers, the C# tests on CoreCLR, the report of the
# Python package in Chromium, and a second CAD kernel's word on some parts.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs="$(nproc)"

# The library is instrumented too: a race or a bad access that starts in Rust is seen.
printf 'test-full: C tests, address sanitizer\n'
tests/c/asan.sh
printf 'test-full: C tests, thread sanitizer\n'
tests/c/tsan.sh

for name in address undefined; do
  printf 'test-full: C++ tests and examples, %s sanitizer\n' "$name"
  cmake -S . -B "build/$name" -DDATASTORAGE_SANITIZE="$name" -DDATASTORAGE_BUILD_CAD=OFF >/dev/null
  cmake --build "build/$name" --parallel "$jobs"
  ctest --test-dir "build/$name" --output-on-failure --parallel "$jobs" --tests-regex '^example\.|^cpp\.test'
done

printf 'test-full: the headers in every pair, by every compiler and in every version\n'
scripts/abi.sh --full headers

printf 'test-full: C# tests on CoreCLR\n'
scripts/csharp_coreclr.sh

printf 'test-full: the report in Chromium\n'
scripts/python.sh tests_browser

printf 'test-full: a second CAD kernel\n'
parts=(/usr/share/opencascade/data/step/{linkrods,screw}.step)
more="${DATASTORAGE_PARTS:-../shared/data/parts}"
for name in nist_mbe_pmi_11.stp caxif_head_back.stp foxtrot_cube_hole.step mfcad_3-3-3-3-3-23.step; do
  [ ! -f "$more/$name" ] || parts+=("$more/$name")
done
.venv/cad/bin/python examples/cad/check/cross_check.py build/examples/cad/cad_encode build/cross-check "${parts[@]}"
