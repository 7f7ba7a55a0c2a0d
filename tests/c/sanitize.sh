#!/bin/sh
# Runs the C tests with the library and the tests under a sanitizer: tests/c/sanitize.sh address|thread [name ...]
#
# TRUST=1   the library as `make trust` has it, with its assertions on and deliberate defects to be planted; the harness
#           asks for it. See run.sh for SOURCE and ARGS.
#
# The library is instrumented too (a sanitizer that sees only the C side knows nothing of the handles), in a target
# directory of its own, target/<sanitizer>; the first build takes some minutes. The flags are unstable ones, hence
# RUSTC_BOOTSTRAP. The thread sanitizer also needs the standard library instrumented, or it does not see a contended
# std Mutex or RwLock and calls whatever such a lock guards a race: that takes the component rust-src.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sanitizer=$1
shift
triple=$(rustc -vV | sed -n 's/^host: //p')

build_std=
if [ "$sanitizer" = thread ]; then
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
        echo "sanitize.sh: the thread sanitizer needs the standard library's source (rustup component add rust-src)" >&2
        exit 3
    fi
    build_std=-Zbuild-std=std,panic_unwind
fi

profile=release
features=
if [ -n "${TRUST:-}" ]; then
    profile=checked
    features="--features trust"
fi

# gcc takes a constant array in a function for one that goes out of scope (zstd_opt.c); the cc crate instruments C too.
CFLAGS=-fno-sanitize-address-use-after-scope \
RUSTC_BOOTSTRAP=1 \
RUSTFLAGS="-Zsanitizer=$sanitizer -Cunsafe-allow-abi-mismatch=sanitizer -Cforce-frame-pointers=yes" \
    cargo build $build_std --quiet --locked --profile "$profile" $features --lib --manifest-path "$root/Cargo.toml" \
    --target "$triple" --target-dir "$root/target/$sanitizer"

export LIB_DIR="$root/target/$sanitizer/$triple/$profile"
# Both sides use the runtime of the Rust compiler; gcc's lacks entry points that LLVM calls.
short=$(printf %.1s "$sanitizer")san
runtime=$(rustc --print target-libdir)/librustc-stable_rt.$short.a
export LDFLAGS="-Wl,--whole-archive $runtime -Wl,--no-whole-archive -rdynamic -lm -ldl -lrt -lresolv -lstdc++"
export CFLAGS="-fsanitize=$sanitizer -fno-omit-frame-pointer -DROUNDS=1000 ${CFLAGS:-}"
export TSAN_OPTIONS="exitcode=66 halt_on_error=0 die_after_fork=0 ${TSAN_OPTIONS:-}"
export ASAN_OPTIONS="detect_leaks=1 exitcode=66 ${ASAN_OPTIONS:-}"
exec "$here/run.sh" "$@"
