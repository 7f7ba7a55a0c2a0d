#!/bin/sh
# The compiler with coverage for libFuzzer, for RUSTC_WORKSPACE_WRAPPER: only the packages of this workspace are
# instrumented (and built once more), what they depend on is shared with the build without coverage.
# Questions to the compiler, build scripts and procedural macros are left as they are. Of the library no shared one is
# made: it would take the name of the one without coverage.
case " $* " in
  *" --crate-name ___ "* | *" --crate-name build_script_"* | *" --crate-type proc-macro "*) exec "$@" ;;
esac
before=
for argument; do
  shift
  case "$before $argument" in
    "--crate-type cdylib") ;;
    "--crate-type "*) set -- "$@" --crate-type "$argument" ;;
    *" --crate-type") ;;
    *) set -- "$@" "$argument" ;;
  esac
  before=$argument
done
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares
