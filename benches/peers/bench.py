"""Measures the library, its peers and the floor, and writes target/bench: report.json, tables.md and pictures.

    .venv/bench/bin/python benches/peers/bench.py [--full] [--only WORKLOADS] [--rounds N]

docs/benchmarks.md says what the workloads and rows are. Nothing is asserted but that every row reads back what it stored.
"""

import argparse
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from driver import inputs, plan_boxes, plan_large, plan_part, report, step_arrays  # noqa: E402
from driver.case import Case  # noqa: E402
from driver.run import Runner, say  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LIBRARY = TARGET / "release" / "libdatastorage.so"
PACKAGES = [
    "zarr", "zarrs", "tensorstore", "icechunk", "blosc2", "h5py", "hdf5plugin", "netCDF4", "tiledb", "adios2", "safetensors",
    "numpy", "zstandard", "pyarrow",
]  # fmt: skip


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The library beside its peers and the floor.")
    parser.add_argument("--full", action="store_true", help="every case, with inputs of full size")
    parser.add_argument("--only", default="CABDF", help="workloads, as letters (default: CABDF)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case (default: 5)")
    parser.add_argument("--rows", default="", help="only rows whose name contains this, and the floor")
    parser.add_argument("--encoder", type=Path, default=ROOT / "build/examples/cad/cad_encode")
    parser.add_argument("--disk", type=Path, default=TARGET / "bench" / "work", help="a directory on the disk to measure")
    parser.add_argument("--tmpfs", type=Path, default=Path("/dev/shm"))
    return parser.parse_args()


def versions() -> dict[str, str]:
    """Of what is installed; a package that is not, is absent."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def plan(arguments: argparse.Namespace, memory: Path) -> list[Case]:
    """Makes the inputs in memory and gives the cases in their order."""
    cases: list[Case] = []
    if "C" in arguments.only:
        sources = step_arrays.encode(arguments.encoder, LIBRARY, memory / "step")
        count = 200 if arguments.full else 40
        parts = inputs.make_parts(sources, count)
        raw = sum(array.nbytes for array in parts[0][0].values())
        say(f"{count} parts of {len(parts[0][0])} arrays and {raw} bytes, from {len(sources)} STEP files; "
            f"{max(0, count - len(sources))} are replicas with new values")  # fmt: skip
        cases += plan_part.cases(LIBRARY, inputs.store(memory / "parts", parts), count, arguments.full)
    return cases + plan_large_arrays(arguments, memory)


def plan_large_arrays(arguments: argparse.Namespace, memory: Path) -> list[Case]:
    """Those of the dense surface: A, B and D."""
    cases: list[Case] = []
    threads = os.cpu_count() or 1
    if "A" in arguments.only:
        values = inputs.surface(8192 if arguments.full else 1024)
        source = inputs.store(memory / "surface", [({"heights": values}, {})])
        title = f"{values.nbytes >> 20} MiB float32"
        cases += plan_large.cases(LIBRARY, "A", title, source, arguments.full, threads)
    if "B" in arguments.only:
        indices = inputs.triangles((128 if arguments.full else 32) << 18)
        source = inputs.store(memory / "triangles", [({"indices": indices}, {})])
        title = f"{indices.nbytes >> 20} MiB int32"
        cases += plan_large.cases(LIBRARY, "B", title, source, arguments.full, threads)
    if "D" in arguments.only:
        side, boxes = (512, 64) if arguments.full else (256, 32)
        source = inputs.store(memory / "distances", [({"distances": inputs.distances(side)}, {})])
        cases += plan_boxes.cases(LIBRARY, source, side, boxes, threads)
    return cases


def main() -> None:
    arguments = parse()
    out = TARGET / "bench"
    native = TARGET / "release" / "bench-native"
    for needed in (LIBRARY, native, arguments.encoder):
        if not needed.exists():
            raise SystemExit(f"peers: {needed} is missing; `make bench` builds it")
    media = {"tmpfs": arguments.tmpfs / f"datastorage-bench-{os.getpid()}", "disk": arguments.disk / str(os.getpid())}
    rows: list[report.Record] = []
    try:
        for place in media.values():
            place.mkdir(parents=True)
        runner = Runner(native, media, arguments.rounds, 2.5 if arguments.full else 0.5)
        tables = []
        for case in plan(arguments, media["tmpfs"]):
            case.rows[1:] = [row for row in case.rows[1:] if arguments.rows in row.name]
            outcomes = runner.run(case)
            rows += report.records(case, outcomes)
            tables.append(report.table(case, outcomes))
            print(tables[-1], flush=True)
    finally:
        for place in media.values():
            shutil.rmtree(place, ignore_errors=True)
    about = {
        "form": "full" if arguments.full else "short", "processors": os.cpu_count(), "system": platform.platform(),
        "python": platform.python_version(), "packages": versions(),
    }  # fmt: skip
    report.write_json(out / "report.json", about, rows)
    (out / "tables.md").write_text("\n".join(tables))
    say(f"wrote {out}")


if __name__ == "__main__":
    main()
