#!/bin/sh
# Runs the C tests with the library and the tests under a sanitizer: tests/c/sanitize.sh address|thread [name ...]
#
# The library is instrumented too (a sanitizer that sees only the C side knows nothing of the handles), in a target
# directory of its own, target/<sanitizer>; the first build takes some minutes. The flags are unstable ones, hence
# RUSTC_BOOTSTRAP. The standard library itself is not instrumented: tsan.supp names what that makes the thread
# sanitizer believe.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sanitizer=$1
shift
triple=$(rustc -vV | sed -n 's/^host: //p')

RUSTC_BOOTSTRAP=1 \
RUSTFLAGS="-Zsanitizer=$sanitizer -Cunsafe-allow-abi-mismatch=sanitizer -Cforce-frame-pointers=yes" \
    cargo build --quiet --locked --release --lib --manifest-path "$root/Cargo.toml" \
    --target "$triple" --target-dir "$root/target/$sanitizer"

export LIB_DIR="$root/target/$sanitizer/$triple/release"
export CFLAGS="-fsanitize=$sanitizer -fno-omit-frame-pointer -DROUNDS=1000 ${CFLAGS:-}"
export TSAN_OPTIONS="suppressions=$here/tsan.supp exitcode=66 halt_on_error=0 die_after_fork=0 ${TSAN_OPTIONS:-}"
export ASAN_OPTIONS="detect_leaks=1 exitcode=66 ${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$here/lsan.supp print_suppressions=0"
exec "$here/run.sh" "$@"
