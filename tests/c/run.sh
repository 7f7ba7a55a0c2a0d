#!/bin/sh
# Compiles the C tests against the built library and runs them, each in a fresh directory.
#
#   tests/c/run.sh [name ...]      without names: all of tests/c/test_*.c
#
# LIB_DIR   where libdatastorage.so is (default target/release)
# CC        the compiler (default cc)
# CFLAGS    more flags to compile with, LDFLAGS to link with
# SOURCE    where the programs are (default: here), and ARGS what they are given after their directory
# WRAP      what to run each test under, such as "valgrind --error-exitcode=9 -q"
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lib_dir=${LIB_DIR:-$root/target/release}
source=${SOURCE:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Programs ask for the SONAME.
ln -s "$(cd "$lib_dir" && pwd)/libdatastorage.so" "$work/libdatastorage.so"
ln -s libdatastorage.so "$work/libdatastorage.so.1"

[ $# -gt 0 ] || set -- $(cd "$here" && ls test_*.c | sed 's/\.c$//')
failed=
for name in "$@"; do
    # shellcheck disable=SC2086
    ${CC:-cc} -std=c99 -Wall -Wextra -pedantic -Werror -Wconversion -Wstrict-prototypes -D_POSIX_C_SOURCE=200809L \
        -O1 -g ${CFLAGS:-} -I"$root/include" -I"$here" -c "$source/$name.c" -o "$work/$name.o"
    # shellcheck disable=SC2086
    ${CC:-cc} "$work/$name.o" -o "$work/$name" -L"$work" -ldatastorage -Wl,-rpath,"$work" -lpthread ${LDFLAGS:-}
    mkdir "$work/$name.d"
    # shellcheck disable=SC2086
    if ${WRAP:-} "$work/$name" "$work/$name.d" ${ARGS:-}; then
        echo "ok   $name"
    else
        echo "FAIL $name"
        failed="$failed $name"
    fi
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
