#!/usr/bin/env bash
# The interface and the inventories: what `make abi` checks, one row a part, with what was counted and the seconds.
#   scripts/abi.sh [--quick | --full] [PART...]
#     abidiff       the C interface is that of the last release, or of abi/datastorage.abi, but for what is new
#     symbols       the library exports the committed list, under its name, and wants nothing but the system's libraries
#     headers       the public headers compile by every compiler, in every language version (--full: in every pair;
#                   --quick: by one, in one)
#     doxygen       every name, parameter and result of the headers is documented
#     rustdoc       every public name of the crate too, and every link leads somewhere
#     docstrings    every public name of the Python package
#     csharp        every public member of the C# binding
#     unsafe        every use of `unsafe` names its invariant, as docs/unsafe.md lists them
#     dependencies  licences, sources, pins and the oldest Rust, as deny.toml and Cargo.toml say; THIRD_PARTY.md
#     planted       each of these fails when it should (scripts/abi_planted.sh)
# Without PART, all. A part whose program is not there is an error: scripts/setup.sh --test installs them.
# DATASTORAGE_LIBRARY   the library (target/release/libdatastorage.so, which must be built)
# DATASTORAGE_PROFILE   the profile that rustdoc and xtask share with other builds (release)
set -uo pipefail
cd "$(dirname "$0")/.."
full=()
case "${1:-}" in --quick | --full) full=("$1"); shift ;; esac
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(abidiff symbols headers doxygen rustdoc docstrings csharp unsafe dependencies planted)

profile="${DATASTORAGE_PROFILE:-release}"
target="${CARGO_TARGET_DIR:-target}"
library="${DATASTORAGE_LIBRARY:-$target/release/libdatastorage.so}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cargo build --quiet --locked --profile "$profile" --package xtask || exit 1
export XTASK="$PWD/$target/$profile/xtask"
[[ $target != /* ]] || XTASK="$target/$profile/xtask"

abidiff_() { "$XTASK" abi --check; }
symbols_() { "$XTASK" symbols "$library" --check; }
headers_() { tests/c/headers.sh "${full[@]}"; }
unsafe_() { "$XTASK" unsafe --check; }
dependencies_() { "$XTASK" dependencies --check; }
docstrings_() { python3 scripts/docstrings.py; }
planted_() { scripts/abi_planted.sh; }
doxygen_() { scripts/doxygen.sh "$work" include; }
rustdoc_() {
  RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --profile "$profile" --workspace --no-deps --document-private-items &&
    echo "rustdoc: no warning"
}
csharp_() {
  mcs -nologo -unsafe -langversion:7.2 -warn:4 -warnaserror -r:System.Core -r:System.Numerics -target:library \
    "-doc:$work/DataStorage.xml" "-out:$work/DataStorage.dll" $(find bindings/csharp/src -name '*.cs') &&
    printf 'csharp: %d public members\n' "$(grep -c '<member name=' "$work/DataStorage.xml")"
}

failed=0
for part in "${parts[@]}"; do
  if ! declare -F "${part}_" >/dev/null; then
    printf 'abi: no part %s\n' "$part" >&2
    exit 2
  fi
  begin="$EPOCHREALTIME"
  "${part}_" >"$work/said" 2>&1
  code=$?
  seconds="$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')"
  if [ $code = 0 ]; then
    sed '$d' "$work/said"
    printf 'abi  %-13s ok    %6s s  %s\n' "$part" "$seconds" "$(tail -1 "$work/said")"
  else
    failed=1
    tail -60 "$work/said" >&2
    printf 'abi  %-13s FAIL  %6s s\n' "$part" "$seconds"
  fi
done
exit $failed
