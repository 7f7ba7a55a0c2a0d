#!/bin/sh
# The header compiles alone, first, and twice, in every language it promises.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include "datastorage.h"\n' > "$work/once"
printf '#include "datastorage.h"\n#include "datastorage.h"\n' > "$work/twice"
flags="-Wall -Wextra -pedantic -Werror -Wconversion -fsyntax-only -I$root/include"
for times in once twice; do
    for std in c99 c11 c17; do
        # shellcheck disable=SC2086
        ${CC:-cc} -x c -std=$std -Wstrict-prototypes $flags "$work/$times"
    done
    for std in c++11 c++17 c++20; do
        # shellcheck disable=SC2086
        ${CXX:-c++} -x c++ -std=$std $flags "$work/$times"
    done
done
echo "ok   headers"
