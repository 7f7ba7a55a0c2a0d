#!/usr/bin/env bash
# The demo: encodes real STEP files with OpenCASCADE into build/demo, lists one archive and opens one in xarray, merges all
# of them into one dataset and asks it which files have large cylinders.
#   DEMO_SMALL=1        only files up to 100 kB
#   DATASTORAGE_PARTS   a directory of further STEP files (default: ../shared/data/parts, where it exists)
set -euo pipefail
cd "$(dirname "$0")/.."

output=build/demo
limit=()
[ -z "${DEMO_SMALL:-}" ] || limit=(-size -100k)

mapfile -t parts < <(
  for directory in /usr/share/opencascade/data/step "${DATASTORAGE_PARTS:-../shared/data/parts}"; do
    [ -d "$directory" ] || continue
    find -L "$directory" -maxdepth 1 -type f \( -iname '*.step' -o -iname '*.stp' \) "${limit[@]}" | LC_ALL=C sort
  done
)
[ ${#parts[@]} -gt 0 ] || { echo "demo: no STEP file was found" >&2; exit 1; }

rm -rf "$output"
mkdir -p "$output"
printf 'demo: encoding %d STEP files into %s\n\n' "${#parts[@]}" "$output"
build/examples/cad/cad_encode "$output" "${parts[@]}"

.venv/zarr3/bin/python scripts/show_archive.py "$output/$(basename "${parts[0]%.*}").zarr.data"

PYTHONPATH=bindings/python/src DATASTORAGE_LIBRARY="${CARGO_TARGET_DIR:-$PWD/target}/release/libdatastorage.so" \
  .venv/zarr3/bin/python scripts/show_dataset.py "$output"
