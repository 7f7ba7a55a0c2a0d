#!/usr/bin/env bash
# Shows that the parts of scripts/abi.sh can fail: each change is made in a copy, and the part must refuse it.
# XTASK names the program of `cargo xtask`, when it is built.
set -uo pipefail
cd "$(dirname "$0")/.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
if [ -z "${XTASK:-}" ]; then
  cargo build --quiet --locked --release --package xtask || exit 1
  XTASK="$PWD/${CARGO_TARGET_DIR:-target}/release/xtask"
fi
export XTASK
planted=0 missed=0

# refused NAME TEXT COMMAND...: the command fails, and says the text.
refused() {
  local name="$1" text="$2" said code
  shift 2
  said="$("$@" 2>&1)"
  code=$?
  planted=$((planted + 1))
  if [ $code = 0 ] || ! grep -qE -- "$text" <<<"$said"; then
    missed=$((missed + 1))
    printf 'planted: NOT REFUSED: %s: code %d, wanted "%s"\n%s\n' "$name" "$code" "$text" "$(tail -5 <<<"$said")" >&2
  else
    printf 'planted  refused: %s\n' "$name"
  fi
}
# changed FROM SED FILE: a copy of a directory with one file edited, which must differ then.
changed() {
  local from="$1" edit="$2" file="$3"
  rm -rf "$work/copy"
  cp -r "$from" "$work/copy"
  sed -i -E "$edit" "$work/copy/$file"
  if cmp -s "$from/$file" "$work/copy/$file"; then
    printf 'planted: "%s" changes nothing in %s/%s\n' "$edit" "$from" "$file" >&2
    missed=$((missed + 1))
  fi
}
interface() { # name, text, edit of datastorage.h
  changed include "$3" "${4:-datastorage.h}"
  refused "abidiff: $1" "$2" "$XTASK" abi --check "$work/copy"
}

# ---- the interface
interface "a function is removed" "Removed function" '/^DS_NODISCARD DS_API ds_status ds_flush\(/d'
interface "a parameter has another type" "parameter 3 of type" '/ ds_save_string\(/s/const char \*text/const uint8_t *text/'
interface "a parameter is narrower" "type size changed" '/ ds_open_bytes\(/s/size_t size/uint32_t size/'
interface "a parameter is gone" "parameter 2 .*was removed" '/ ds_compress\(/s/, uint64_t \*out_bytes//'
interface "a result has another type" "return type changed" '/ ds_has_feature\(/s/int32_t/int64_t/'
interface "a constant has another value" "DS_ERR_CLOSED' from value '-3' to '-24'" 's/^(#define DS_ERR_CLOSED) .*/\1 (-24)/'
interface "a constant is gone" "constant_DS_KIND_JSON" '/^#define DS_KIND_JSON /d'
interface "a value of an enum is another" "kDLBool" 's/kDLBool = 6U/kDLBool = 7U/' datastorage_dlpack.h
interface "a field has another type" "ds_info" 's/^    ds_dtype dtype;/    int64_t dtype;/'
interface "a field is gone" "ds_info" '/^    uint64_t stored_bytes;/d'
interface "two fields changed places" "ds_info" 's/^    uint64_t bytes;/    uint64_t chunks_;/;s/^    uint64_t chunks;/    uint64_t bytes;/'
interface "a field is put between others" "ds_info" 's/^    uint64_t ndim;/    uint64_t more;\n&/'
interface "a callback has another type" "ds_progress_fn" '/\(\*ds_progress_fn\)/s/uint64_t total/uint32_t total/'

# What may change, does: a new function, a new constant, a new field at the end of ds_info.
allowed() {
  changed include "$2" datastorage.h
  planted=$((planted + 1))
  if said="$("$XTASK" abi --check "$work/copy" 2>&1)" && grep -q "$3" <<<"$said"; then
    printf 'planted  allowed: %s\n' "$1"
  else
    missed=$((missed + 1))
    printf 'planted: REFUSED: %s\n%s\n' "$1" "$said" >&2
  fi
}
allowed "abidiff: a function is added" 's/^DS_API uint32_t ds_version\(void\);/&\nDS_API int32_t ds_more(int32_t number);/' "ds_more"
allowed "abidiff: a constant is added" 's/^#define DS_OK 0/&\n#define DS_MORE 77/' "DS_MORE"
allowed "abidiff: ds_info grows at its end" 's/^    uint64_t chunks;/&\n    uint64_t more;/' "abi:"

# ---- the symbols: libraries of empty functions
printf 'int printf(const char *, ...); __attribute__((visibility("hidden"))) int f(void) { return printf(""); }\n' >"$work/f.c"
library() { # name of the list, flags...
  local list="$1"
  shift
  awk '{ print "void " $1 "(void) {}" }' "$list" | "${CC:-cc}" -w -shared -fPIC -x c - "$work/f.c" -o "$work/lib.so" "$@"
}
symbols() {
  refused "symbols: $1" "$2" "$XTASK" symbols "$work/lib.so" --check
}
soname=-Wl,-soname,libdatastorage.so.1
library include/symbols.txt "$soname"
planted=$((planted + 1))
"$XTASK" symbols "$work/lib.so" --check >/dev/null || { missed=$((missed + 1)); echo "planted: REFUSED: the symbols as they are" >&2; }
grep -v '^ds_flush$' include/symbols.txt >"$work/list"
library "$work/list" "$soname"
symbols "a function is not exported" 'missing \["ds_flush"\]'
{ cat include/symbols.txt; echo ZSTD_compress; } >"$work/list"
library "$work/list" "$soname"
symbols "a function of zstd is exported" 'beyond it \["ZSTD_compress"\]'
library include/symbols.txt -Wl,-soname,libdatastorage.so.2
symbols "another name for the loader" "SONAME"
printf 'int foreign(void); __attribute__((visibility("hidden"))) int g(void) { return foreign(); }\n' >"$work/foreign.c"
library include/symbols.txt "$soname" "$work/foreign.c"
symbols "a function of nobody is wanted" "wants foreign, of nobody"
library include/symbols.txt "$soname" -Wl,--no-as-needed -lcrypt
symbols "a library beside the system's is wanted" "libcrypt"
library include/symbols.txt "$soname"
refused "symbols: a later glibc is wanted" "glibc 2.* at most is promised" "$XTASK" symbols "$work/lib.so" 2.1 --check

# ---- the headers
headers() { refused "headers: $1" "$2" tests/c/headers.sh "$3" "$work/copy"; }
changed include 's/^DS_API uint32_t ds_version\(void\);/DS_API uint32_t ds_version();/' datastorage.h
headers "a prototype without parameters" "strict-prototypes" --quick-c
changed include '/^#include <stdint.h>/d' datastorage.h
headers "a header that needs another one before it" "uint32_t|UINTPTR_MAX" --quick-c
changed include '/^#include "types.hpp"/d' datastorage/array.hpp
headers "the same in C++" "array.hpp" --quick
changed include '/^#endif$/{$d}' datastorage_dlpack.h
headers "an #if without its end" "unterminated" --quick-c

# ---- the comments
doxygen() { refused "doxygen: $1" "$2" scripts/doxygen.sh "$work/pages" "$work/copy"; }
changed include '/ ds_compress\(/s/out_bytes/out_size/' datastorage.h
doxygen "a parameter that is not on the page" "no parameter out_size"
changed include '/From the first element to the last/d' datastorage/array.hpp
doxygen "a member without a comment" "begin\(\).*is not documented"
changed include 's/^( *)\/\*\* Whether there is a node\. \*\//\1\/** Whether there is a node. @param nothing at all *\//' datastorage.hpp
doxygen "a comment on a parameter that is not there" "nothing"
changed bindings/python/src/datastorage '/"""Ends the connection\."""/d' _dataset/_tables.py
refused "docstrings: a function without one" "Sql.close" python3 scripts/docstrings.py "$work/copy"

# ---- unsafe
unsafe() { refused "unsafe: $1" "$2" "$XTASK" unsafe "$work/copy" --check; }
changed src '0,/SAFETY:/s/SAFETY:/On safety:/' ffi/buffer.rs
unsafe "a block without an invariant" "buffer.rs"
changed src 's/SAFETY: made by .*/SAFETY: fine/' ffi/buffer.rs
unsafe "an invariant of a word" "buffer.rs"
changed src '$a /// More.\npub fn more(pointer: *const u8) -> u8 {\n    // SAFETY: the caller says that it is good for a byte.\n    unsafe { *pointer }\n}' key.rs
unsafe "a block that the page does not list" "docs/unsafe.md is not what is generated"

# ---- dependencies
dependencies() {
  sed -E "$3" deny.toml >"$work/deny.toml"
  refused "dependencies: $1" "$2" "$XTASK" dependencies "$work/deny.toml" --check
}
dependencies "a licence that is not allowed" "blosc-src .*licence 'BSD-3-Clause'" '/"BSD-3-Clause"/d'
dependencies "a banned package" "rayon .*banned" 's/"reqwest"/"rayon"/'
dependencies "another registry" "comes from" 's/crates.io-index/another-index/'

printf 'planted: %d changes, %d not told\n' "$planted" "$missed"
[ "$missed" = 0 ]
