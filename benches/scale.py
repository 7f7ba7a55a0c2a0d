"""What merging costs from a hundred to a hundred thousand parts: time, peak memory, bytes; and the same by tasks.

    python benches/scale.py PARTS WORK [--counts 100,1000,10000,100000] [--codec zstd:3]

PARTS is a directory of archives (`cad_encode` makes them of STEP files). More parts than there are files are hard links to
them under other names: a merge reads each of them, from the page cache where the machine has room for the files. Each
merge runs in a process of its own, whose peak resident memory is told. Nothing is asserted but the number of rows.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import datastorage
from datastorage import executor

CHILD = """
import json, resource, sys, time
import datastorage
parts, target, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
start = time.perf_counter()
summary = datastorage.merge([parts], target, **options)
seconds = time.perf_counter() - start
start = time.perf_counter()
with datastorage.DatasetExplorer(target) as explorer:
    codes = explorer.get_file_list("faces", "file.num_faces > 30")
    asked = time.perf_counter() - start
    start = time.perf_counter()
    found = explorer.get_file_list("faces", "face_areas > 5000")
    asked_rows = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak, "summary": dict(summary), "files": len(codes),
                  "asked_ms": asked * 1e3, "asked_rows_ms": asked_rows * 1e3}))
"""


def link(sources: list[Path], folder: Path, count: int) -> None:
    """Makes a directory of so many parts."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(count):
        os.link(sources[number % len(sources)], folder / f"part_{number:07}.zarr.data")


def merge(folder: Path, target: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Merges in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(folder), str(target), json.dumps(options)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def by_tasks(folder: Path, target: Path, options: dict[str, Any]) -> float:
    """The same by the tasks of a plan, on as many processes as there are processors."""
    workers = os.cpu_count() or 1
    start = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        executor.merge([folder], target, pool, tasks=4 * workers, threads=1, **options)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="What merging costs as parts become more.")
    parser.add_argument("parts", type=Path, help="a directory of encoded parts")
    parser.add_argument("work", type=Path, help="a directory to work in, on the file system of the parts")
    parser.add_argument("--counts", default="100,1000,10000,100000")
    parser.add_argument("--codec", default="zstd:3")
    arguments = parser.parse_args()
    sources = sorted(arguments.parts.glob("*.zarr.data"))
    options = {"mode": "w", "codec": arguments.codec, "sync": "none", "missing": "fill"}
    columns = ("parts", "s", "ms a part", "peak MB", "plan s", "tables s", "elements GB", "parts GB", "dataset GB")
    print("| " + " | ".join(columns) + " | by tasks s | query files ms | query rows ms |")
    print("|---" * (len(columns) + 3) + "|")
    for count in map(int, arguments.counts.split(",")):
        folder, target = arguments.work / "parts", arguments.work / "all.dataset"
        link(sources, folder, count)
        result = merge(folder, target, options)
        summary = result["summary"]
        assert summary["files"] == count
        durations, sizes = summary["durations_s"], summary["sizes_bytes"]
        tasks = by_tasks(folder, arguments.work / "tasks.dataset", options)
        same = (arguments.work / "tasks.dataset").stat().st_size == target.stat().st_size
        assert same, "the two datasets differ"
        seconds = result["seconds"]
        giga = [sizes[name] / 1e9 for name in ("elements", "parts", "dataset")]
        print(
            f"| {count} | {seconds:.2f} | {1e3 * seconds / count:.3f} | {result['peak_mb']:.0f} | {durations['plan']:.2f}"
            f" | {durations['tables']:.2f} | {giga[0]:.3f} | {giga[1]:.3f} | {giga[2]:.3f} | {tasks:.2f}"
            f" | {result['asked_ms']:.1f} | {result['asked_rows_ms']:.1f} |",
            flush=True,
        )
    shutil.rmtree(arguments.work)


if __name__ == "__main__":
    print(f"datastorage {datastorage.__version__}, {os.cpu_count()} processors\n")
    main()
