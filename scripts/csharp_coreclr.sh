#!/usr/bin/env bash
# The C# tests once more on .NET's own runtime: CoreCLR 3.1, which PyPI has as dotnetcore2. The sources are compiled by mcs
# against the assemblies of that runtime, for no SDK can be had from the registries in use. Arguments are groups of tests.
# Not here: .NET 5 and later, whose System.Half no test here reaches.
set -euo pipefail
cd "$(dirname "$0")/.."

root="$(.venv/coreclr/bin/python -c 'import dotnetcore2, os; print(os.path.dirname(dotnetcore2.__file__))')/bin"
framework="$(echo "$root"/shared/Microsoft.NETCore.App/*)"
chmod +x "$root/dotnet" # a wheel keeps no mode
out="$PWD/build/coreclr"
mkdir -p "$out/work"

references=()
for name in Private.CoreLib Runtime Runtime.Extensions Runtime.InteropServices Runtime.Numerics Linq Collections Console \
  Text.RegularExpressions IO.FileSystem Threading Threading.Thread; do
  references+=("-r:$framework/System.$name.dll")
done
compile=(mcs -nologo -unsafe -langversion:7.2 -nowarn:1702 -nostdlib -noconfig "${references[@]}")
"${compile[@]}" -target:library "-out:$out/DataStorage.dll" bindings/csharp/src/*.cs bindings/csharp/src/Native/*.cs
"${compile[@]}" "-r:$out/DataStorage.dll" -target:exe "-out:$out/tests.dll" bindings/csharp/tests/*.cs
printf '%s' '{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"},
  "configProperties": {"System.Globalization.Invariant": true}}}' >"$out/tests.runtimeconfig.json"

export DATASTORAGE_HEADER="$PWD/include/datastorage.h"
export LD_LIBRARY_PATH="$PWD/build/lib"
cd "$out/work"
"$root/dotnet" ../tests.dll "$@"
