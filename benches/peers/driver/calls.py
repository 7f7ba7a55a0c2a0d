"""Workload F: single calls of the library, and the size of its file. It has no peers: nobody else has this boundary."""

import shutil
import subprocess
from pathlib import Path
from statistics import median
from typing import Any

from driver.child import Child
from driver.report import number, row_text

Record = dict[str, Any]
TITLE = "F, calls through the C ABI, 1 thread"
COMMON = {"codec": "", "fsync": False, "medium": "tmpfs", "threads": 1}


def measure(native: Path, library: Path, source: Path, work: Path, rounds: int) -> list[Record]:
    """A record for each figure: medians of rounds, each of many calls."""
    options = {"export": False, "sync": "none"}
    settings = {"kind": "ours", "library": str(library), "options": options, "pack": True, "threads": 1}
    child = Child([str(native)], 1)
    try:
        child.ask("open", input=str(source), row=settings)
        answers = [child.ask("figures", directory=str(work))["figures"] for _ in range(rounds)]
    finally:
        child.close()
    records = []
    for name in answers[0]:
        values = [answer[name] for answer in answers]
        records.append({
            "workload": "F", "variant": "calls", "peer": "datastorage, native", "metric": name, "unit": "ns",
            "median": median(values), "min": min(values), "max": max(values), "ratio": None, "rounds": rounds,
            **COMMON,
        })  # fmt: skip
    records.append(library_size(library, work))
    return records


def library_size(library: Path, work: Path) -> Record:
    """The bytes of the shared library without debugging information and without symbols that nobody links to."""
    copy = work / "stripped.so"
    shutil.copyfile(library, copy)
    subprocess.run(["strip", "--strip-unneeded", copy], check=True)
    size = copy.stat().st_size
    copy.unlink()
    return {
        "workload": "F", "variant": "size", "peer": "datastorage, native", "metric": "libdatastorage.so, stripped",
        "unit": "bytes", "median": size, "min": size, "max": size, "ratio": None, **COMMON,
    }  # fmt: skip


def table(records: list[Record]) -> str:
    head = ["", "median", "lowest - highest", "unit"]
    lines = [f"### {TITLE}", "", row_text(head), row_text(["---", "---:", "---:", "---"])]
    for r in records:
        lines.append(row_text([r["metric"], number(r["median"]), f"{number(r['min'])} - {number(r['max'])}", r["unit"]]))
    return "\n".join(lines) + "\n"
