#!/usr/bin/env bash
# Installs what a bare Debian with Rust lacks: system packages and private Python environments under .venv/.
# Run again, it only looks: what is there is kept. Needs root or sudo only when a package is missing.
#   scripts/setup.sh --demo   what `make demo` needs (the default)
#   scripts/setup.sh --test   what `make test` needs too
#   scripts/setup.sh --full   what `make test-full` needs too
#   scripts/setup.sh --bench  what `make bench` needs: the libraries that it compares with
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

level="${1:---demo}"
packages=(ca-certificates cmake g++ make pkg-config unzip libocct-data-exchange-dev libtbb-dev occt-misc)
csharp=(mono-mcs mono-runtime libmono-system-numerics4.0-cil)
environments=(zarr3)
case "$level" in
  --demo) ;;
  --test) packages+=(abigail-tools doxygen valgrind libzstd-dev "${csharp[@]}") environments+=(zarr2 python) ;;
  --full) packages+=(abigail-tools doxygen clang tcc valgrind libzstd-dev "${csharp[@]}" libgl1 libglu1-mesa chromium) environments+=(zarr2 python cad coreclr) ;;
  --bench) environments=(bench) ;;
  *) fail "unknown argument '$level'; known are --demo, --test, --full and --bench" ;;
esac

usable_python() { "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=python3
if ! usable_python "$python"; then
  packages+=(python3 python3-venv)
  python=/usr/bin/python3
fi

install_packages() {
  command -v dpkg-query >/dev/null || fail "no Debian here; install by hand what corresponds to: ${packages[*]}"
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "neither root nor sudo; have installed: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# An environment is kept while its requirements and its Python are the same; the stamp is written last.
make_environment() {
  local name="$1" requirements="tests/interop/requirements-$1.txt" directory=".venv/$1" stamp
  case "$name" in
    bench) requirements=benches/peers/requirements.txt ;;
    python) requirements=bindings/python/tests/requirements.txt ;;
  esac
  stamp="$("$python" --version) $(sha256sum "$requirements" | cut -d' ' -f1)"
  [ "$(cat "$directory/stamp" 2>/dev/null)" = "$stamp" ] && return 0
  say "making $directory"
  rm -rf "$directory"
  "$python" -m venv "$directory"
  "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$requirements"
  printf '%s' "$stamp" >"$directory/stamp"
}

install_rust_parts() {
  command -v cargo >/dev/null || fail "cargo is missing; install Rust 1.91 or later with rustup"
  case "$level" in --demo | --bench) return 0 ;; esac
  local component
  for component in rustfmt clippy; do
    cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
    say "adding the Rust component $component"
    rustup component add "$component"
  done
  # The thread sanitizer needs the standard library instrumented.
  if [ "$level" = --full ] && [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    say "adding the Rust component rust-src"
    rustup component add rust-src
  fi
}

install_packages
install_rust_parts
usable_python "$python" || fail "$python is no Python 3.11 or later with the module venv"
for name in "${environments[@]}"; do
  make_environment "$name"
done
say "everything for ${level#--} is there"
