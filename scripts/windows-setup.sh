#!/bin/sh
# Installs what cross-building for Windows and running it under Wine takes, where it is missing. Safe to repeat.
set -eu

target=x86_64-pc-windows-gnu

sysroot=$(rustc --print sysroot)
if [ ! -d "$sysroot/lib/rustlib/$target" ]; then
    rustup target add "$target"
fi

packages=
command -v x86_64-w64-mingw32-g++-posix >/dev/null || packages="$packages g++-mingw-w64-x86-64-posix"
command -v wine >/dev/null || packages="$packages wine"
[ -x /usr/lib/wine/wine64 ] || packages="$packages wine64"
if [ -n "$packages" ]; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends $packages
fi
