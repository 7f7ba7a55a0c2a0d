"""Measures the library, its peers and the floor; writes report.json, tables.md, summary.md and pictures into target/bench.

    .venv/bench/bin/python benches/peers/bench.py [--full] [--only WORKLOADS] [--rounds N]

docs/benchmarks.md says what the workloads and rows are. Nothing is asserted but that every row reads back what it stored.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from driver import about, calls, chart, inputs, merge_inputs, report, step_arrays, summary  # noqa: E402
from driver import plan_boxes, plan_large, plan_merge, plan_part  # noqa: E402
from driver.case import Case, Outcome  # noqa: E402
from driver.run import Runner, say  # noqa: E402
from driver.run_merge import MergeRunner  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LIBRARY = TARGET / "release" / "libdatastorage.so"
PARTS = Path(os.environ.get("DATASTORAGE_PARTS", ROOT.parent / "shared" / "data" / "parts"))
NATIVE = TARGET / "release" / "bench-native"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The library beside its peers and the floor.")
    parser.add_argument("--full", action="store_true", help="every case, with inputs of full size")
    parser.add_argument("--only", default="CABDEF", help="workloads, as letters (default: CABDEF)")
    parser.add_argument("--rounds", type=int, default=0, help="rounds of each case (default: 5, with --full 7)")
    parser.add_argument("--rows", default="", help="only rows whose name contains this, and the floor")
    parser.add_argument("--encoder", type=Path, default=ROOT / "build/examples/cad/cad_encode")
    parser.add_argument("--parts", type=Path, default=PARTS, help="STEP files that E merges as they are")
    parser.add_argument("--disk", type=Path, default=TARGET / "bench" / "work", help="a directory on the disk to measure")
    parser.add_argument("--tmpfs", type=Path, default=Path("/dev/shm"))
    return parser.parse_args()


class Session:
    """One run: where it works, and what came out so far."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments, self.out = arguments, TARGET / "bench"
        name = f"datastorage-bench-{os.getpid()}"
        self.media = {"tmpfs": arguments.tmpfs / name, "disk": arguments.disk / name}
        self.rounds = arguments.rounds or (7 if arguments.full else 5)
        self.runner = Runner(NATIVE, self.media, self.rounds, 2.0 if arguments.full else 0.5)
        self.records: list[report.Record] = []
        self.tables: list[str] = []

    def run(self) -> None:
        for picture in self.out.glob("*.svg"):
            picture.unlink()
        for place in self.media.values():
            place.mkdir(parents=True)
        try:
            for letter in dict.fromkeys(self.arguments.only):
                self.workload(letter)
                self.write()  # each time: a run that is cut short keeps what it has
        finally:
            for place in self.media.values():
                shutil.rmtree(place, ignore_errors=True)
        say(f"wrote report.json, tables.md, summary.md and pictures into {self.out}")

    def workload(self, letter: str) -> None:
        """Makes the input of a workload, measures its cases, and lets the input go."""
        place = self.media["tmpfs"] / f"input_{letter}"
        place.mkdir()
        if letter == "F":
            source, _ = self.parts(place, 1)
            figures = calls.measure(NATIVE, LIBRARY, source, place, self.rounds)
            self.add(figures, calls.table(figures))
        elif letter == "E":
            self.merges(place)
        else:
            for case in self.cases(letter, place):
                case.rows[1:] = [row for row in case.rows[1:] if self.arguments.rows in row.name]
                self.note(case, self.runner.run(case))
        shutil.rmtree(place)

    def merges(self, place: Path) -> None:
        """Workload E: synthetic parts, real ones where they are, and in the long form thousands."""
        full, threads = self.arguments.full, os.cpu_count() or 1
        runner = MergeRunner(NATIVE, self.media, self.arguments.rounds or 5, 5.0 if full else 0.5)
        files = step_arrays.find_files()
        sources = step_arrays.encode(self.arguments.encoder, LIBRARY, place / "step", files)
        def source(name: str, parts: merge_inputs.Parts) -> Path:
            say(f"{name}: {parts.count} parts of {len(parts.columns)} arrays and {parts.raw / parts.count:.0f} bytes")
            return merge_inputs.store(place / name.replace(" ", "_"), parts)

        parts = source("synthetic", merge_inputs.synthetic(sources, 200))
        plans = plan_merge.cases(LIBRARY, parts, "200 parts", 200, full, threads)
        if self.arguments.parts.is_dir():
            given = step_arrays.find_files(self.arguments.parts)
            real = merge_inputs.real(step_arrays.encode(self.arguments.encoder, LIBRARY, place / "given", given))
            plans += plan_merge.real(LIBRARY, source("real", real), real.count, full, threads)
        else:
            say(f"no STEP files in {self.arguments.parts}: real parts are left out")
        for count in (1000, 5000, 20000) if full else ():
            parts = source(f"synthetic {count}", merge_inputs.synthetic(sources, count))
            plans += plan_merge.large(LIBRARY, parts, count, threads)
        for case in plans:
            case.rows[1:] = [row for row in case.rows[1:] if self.arguments.rows in row.name]
            self.note(case, runner.run_merges(case))

    def note(self, case: Case, outcomes: list[Outcome]) -> None:
        records = report.records(case, outcomes)
        chart.write(self.out, case, records)
        self.add(records, report.table(case, outcomes))

    def cases(self, letter: str, place: Path) -> list[Case]:
        full, threads = self.arguments.full, os.cpu_count() or 1
        if letter == "C":
            source, count = self.parts(place, 200 if full else 40)
            return plan_part.cases(LIBRARY, source, count, full)
        if letter == "D":
            side, boxes = (512, 64) if full else (256, 32)
            source = inputs.store(place / "distances", [({"distances": inputs.distances(side)}, {})])
            return plan_boxes.cases(LIBRARY, source, side, boxes, threads)
        values: NDArray[Any]
        if letter == "A":
            values, name = inputs.surface(8192 if full else 1024), "heights"
        elif letter == "B":
            values, name = inputs.triangles((128 if full else 32) << 18), "indices"
        else:
            raise SystemExit(f"peers: there is no workload {letter}")
        source = inputs.store(place / name, [({name: values}, {})])
        return plan_large.cases(LIBRARY, letter, f"{values.nbytes >> 20} MiB {values.dtype}", source, full, threads)

    def parts(self, place: Path, count: int) -> tuple[Path, int]:
        sources = step_arrays.encode(self.arguments.encoder, LIBRARY, place / "step", step_arrays.find_files())
        parts = inputs.make_parts(sources, count)
        raw = sum(array.nbytes for array in parts[0][0].values())
        replicas = max(0, count - len(sources))
        say(f"{count} parts of {len(parts[0][0])} arrays and {raw} bytes, windows of the arrays of {len(sources)} STEP "
            f"files; {replicas} of them are replicas with new values")  # fmt: skip
        return inputs.store(place / "parts", parts), count

    def add(self, records: list[report.Record], table: str) -> None:
        self.records += records
        self.tables.append(table)
        print(table, flush=True)

    def write(self) -> None:
        report.write_json(self.out / "report.json", about.describe(self.arguments.full), self.records)
        (self.out / "tables.md").write_text("\n".join(self.tables))
        (self.out / "summary.md").write_text(summary.write(self.records))


def main() -> None:
    arguments = parse()
    for needed in (LIBRARY, NATIVE, arguments.encoder):
        if not needed.exists():
            raise SystemExit(f"peers: {needed} is missing; `make bench` builds it")
    Session(arguments).run()


if __name__ == "__main__":
    main()
