#!/usr/bin/env bash
# The matrix of the public headers: each compiles alone, twice, and before and after each other one, and so does a program
# over each, by every compiler that is there, in every language version that it promises, without one warning.
#   tests/c/headers.sh [--quick | --full] [INCLUDE]
# Without --full, the headers of C++ are taken alone in C++17 by the first compiler, else all of them in one source, in order
# and backwards; the whole takes minutes. Those of C are always taken whole. CC and CXX name one compiler instead of all
# that are known. --quick is each header alone, with one compiler and one version of each language; --quick-c, those of C.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
full=0 quick=0
case "${1:-}" in
  --full) full=1; shift ;;
  --quick) quick=1; shift ;;
  --quick-c) quick=2; shift ;;
esac
include=$(cd "${1:-$root/include}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The header of C is for both languages; C89 is more than it promises.
c_headers=(datastorage.h datastorage_dlpack.h)
c_standards=(c89 c99 c11 c17 c2x)
old_cpp_standards=(c++11 c++14)
cpp_headers=("${c_headers[@]}")
for header in "$include"/*.hpp "$include"/datastorage/*.hpp; do
  cpp_headers+=("${header#"$include/"}")
done
cpp_standards=(c++17 c++20 c++23)
c_programs=("$root"/examples/c/part.c "$root"/tests/c/test_dlpack.c "$root"/tests/c/test_schema.c "$root"/tests/c/test_dataset.c)
cpp_programs=("$root"/examples/cpp/part.cpp "$root"/tests/cpp/test_{arrays,dataset,regions,schema,store,views}.cpp)

if [ $quick != 0 ]; then
  c_standards=(c99) old_cpp_standards=() cpp_standards=(c++17) c_programs=() cpp_programs=() CC="${CC:-cc}" CXX="${CXX:-c++}"
  [ $quick = 1 ] || cpp_standards=()
fi

common="-Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-qual -Wcast-align -Wdouble-promotion"
c_flags="$common -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wredundant-decls"
cpp_flags="$common -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wzero-as-null-pointer-constant"
# A program is a test: it casts as it likes, and takes what its system has.
program_flags="-Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -D_POSIX_C_SOURCE=200809L"

there() { for one in "$@"; do ! command -v "$one" >/dev/null || printf '%s\n' "$one"; done; }
mapfile -t c_compilers < <(if [ -n "${CC:-}" ]; then echo "$CC"; else there gcc clang tcc x86_64-w64-mingw32-gcc; fi)
mapfile -t cpp_compilers < <(if [ -n "${CXX:-}" ]; then echo "$CXX"; else there g++ clang++ x86_64-w64-mingw32-g++; fi)
[ ${#c_compilers[@]} -gt 0 ] && [ ${#cpp_compilers[@]} -gt 0 ] || { echo "headers: no compiler" >&2; exit 1; }

# A source that includes these, in this order.
source_of() {
  local name="$work/test_${*//\//_}" header
  name="${name// /+}"
  for header in "$@"; do printf '#include <%s>\n' "$header"; done >"$name"
  printf 'int datastorage_header_test(void);\nint datastorage_header_test(void) { return 0; }\n' >>"$name"
  printf '%s' "$name"
}

# One line a compilation: row, then the command; tcc has one language, its own warnings, and replaces what -o names, a device too.
add() { # row language compiler standard flags source
  if [ "$3" = tcc ]; then
    printf '%s\t%s\n' "$1" "tcc -c -Wall -Werror -I$include -x $2 $6 -o $6.o"
  else
    printf '%s\t%s\n' "$1" "$3 -std=$4 -fsyntax-only $5 -I$include -x $2 $6"
  fi
}
knows() { [ "$1" = tcc ] || "$1" "-std=$3" -x "$2" -fsyntax-only /dev/null 2>/dev/null; }
headers() { # language compiler standard flags pairs header...
  local language="$1" compiler="$2" standard="$3" flags="$4" pairs="$5" one other
  shift 5
  for one in "$@"; do
    add "$compiler $standard alone" "$language" "$compiler" "$standard" "$flags" "$(source_of "$one")"
    [ $quick = 0 ] || continue
    add "$compiler $standard twice" "$language" "$compiler" "$standard" "$flags" "$(source_of "$one" "$one")"
    [ "$pairs" = 1 ] || continue
    for other in "$@"; do
      [ "$one" = "$other" ] || add "$compiler $standard pairs" "$language" "$compiler" "$standard" "$flags" "$(source_of "$one" "$other")"
    done
  done
}

{
  for compiler in "${c_compilers[@]}"; do
    for standard in "${c_standards[@]}"; do
      [ "$compiler" != tcc ] || [ "$standard" = c99 ] || continue
      knows "$compiler" c "$standard" || continue
      headers c "$compiler" "$standard" "$c_flags" 1 "${c_headers[@]}"
      [ "$standard" != c89 ] && [[ $compiler != *mingw* ]] && [ "$compiler" != tcc ] || continue
      for program in "${c_programs[@]}"; do
        add "$compiler $standard programs" c "$compiler" "$standard" "$program_flags -Wstrict-prototypes" "$program"
      done
    done
  done
  first="${cpp_compilers[0]}"
  for compiler in "${cpp_compilers[@]}"; do
    for standard in "${old_cpp_standards[@]}"; do
      headers c++ "$compiler" "$standard" "$cpp_flags" 1 "${c_headers[@]}"
    done
    for standard in "${cpp_standards[@]}"; do
      name="$standard"
      knows "$compiler" c++ "$name" || name=c++2b
      knows "$compiler" c++ "$name" || continue
      if [ $full = 1 ] || { [ "$compiler" = "$first" ] && [ "$standard" = c++17 ]; }; then
        headers c++ "$compiler" "$name" "$cpp_flags" $full "${cpp_headers[@]}"
        [[ $compiler != *mingw* ]] || continue
        for program in "${cpp_programs[@]}"; do
          add "$compiler $name programs" c++ "$compiler" "$name" "$program_flags" "$program"
        done
      else
        for order in "${cpp_headers[*]}" "$(printf '%s\n' "${cpp_headers[@]}" | tac | tr '\n' ' ')"; do
          read -ra ordered <<<"$order"
          add "$compiler $name all" c++ "$compiler" "$name" "$cpp_flags" "$(source_of "${ordered[@]}")"
        done
      fi
    done
  done
} >"$work/jobs"

# Prints the row of a failure and what the compiler said.
export work
one() {
  local row="${1%%$'\t'*}" command="${1#*$'\t'}" said
  if said=$(eval "$command" 2>&1); then
    printf 'ok\t%s\n' "$row"
  else
    printf 'FAIL\t%s\n' "$row"
    { printf 'headers: %s\n' "$command"; printf '%s\n' "$said" | head -20; } >>"$work/failures"
  fi
}
export -f one
: >"$work/failures"
tr '\n' '\0' <"$work/jobs" | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" bash -c 'one "$1"' - >"$work/done"
awk -F'\t' '{ all[$2]++; if ($1 != "ok") bad[$2]++ } END { for (row in all) printf "%s %d %d\n", row, all[row], bad[row] }' "$work/done" | sort |
  while read -r compiler standard what count bad; do
    printf 'headers  %-24s %-6s %-9s %4d compiled, %d failed\n' "$compiler" "$standard" "$what" "$count" "$bad"
  done
[ "$(wc -l <"$work/done")" = "$(wc -l <"$work/jobs")" ] || { echo "headers: compilations are missing" >&2; exit 1; }
if [ -s "$work/failures" ]; then
  head -60 "$work/failures" >&2
  exit 1
fi
printf 'headers  %d compilations, 0 failed\n' "$(wc -l <"$work/done")"
