#!/bin/sh
# Runs a Windows program under Wine: windows-run.sh PROGRAM [ARGUMENT...]. The DLLs are looked for in $DS_WINDOWS_DIR (what
# `make windows-shim` made), where Wine also keeps its prefix.
set -eu

dir=${DS_WINDOWS_DIR:-build/windows}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
WINEPREFIX=$dir/wine
WINEDEBUG=${WINEDEBUG:--all}
WINEPATH=$dir
# No menus, no browser, no .NET.
WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
export WINEPREFIX WINEDEBUG WINEPATH WINEDLLOVERRIDES
exec wine "$@"
