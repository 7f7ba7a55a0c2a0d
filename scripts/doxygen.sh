#!/usr/bin/env bash
# Runs Doxygen over the public headers; a warning is an error. Those of C are taken with their parameters and results, from
# docs/doxygen/parameters.txt; the wrapper of C++ has the same ones, and is held to a comment for every name.
#   scripts/doxygen.sh OUTPUT [INCLUDE]     pages in OUTPUT/c/html and OUTPUT/cpp/html
# XTASK names the program of `cargo xtask`, when it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
output="$1"
include="${2:-include}"
mkdir -p "$output/headers" "$output/c" "$output/cpp"
if [ -n "${XTASK:-}" ]; then
  "$XTASK" document "$include" "$output/headers"
else
  cargo xtask document "$include" "$output/headers"
fi
DOXYGEN_PARAMETERS=YES DOXYGEN_INPUT="$output/headers" DOXYGEN_OUTPUT="$output/c" doxygen docs/doxygen/Doxyfile
DOXYGEN_PARAMETERS=NO DOXYGEN_INPUT="$include" DOXYGEN_OUTPUT="$output/cpp" doxygen docs/doxygen/Doxyfile
printf 'doxygen: no warning, %d pages\n' "$(find "$output/c/html" "$output/cpp/html" -name '*.html' | wc -l)"
