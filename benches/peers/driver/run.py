"""Runs a case: a process a row, rounds in which the rows take turns, medians of what they took.

A round of a row is: an empty directory, write, count the bytes, read, remove. The page cache is warm when it reads. The
first round warms up, compares what is read with the input, and finds how many items a row stores within the time of
a round. On disk, what is dirty is written out before the clock starts.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from driver.case import NATIVE, Case, Outcome, Row
from driver.child import Child, RowError

CHECKED = 2
CHECKED_BOXES = 4
#: DS_ERR_INVALID_ARGUMENT and DS_ERR_UNSUPPORTED: what a library answers that lacks an option.
REFUSED = ("status -1:", "status -21:")


class Runner:
    """Where to work and how long."""

    def __init__(self, native: Path, media: dict[str, Path], rounds: int, seconds: float) -> None:
        self.native, self.media, self.rounds, self.seconds = native, media, rounds, seconds
        self.worker = Path(__file__).resolve().parents[1] / "rows" / "worker.py"

    def run(self, case: Case) -> list[Outcome]:
        say(f"{case.workload}, {case.title}, {case.medium}, {'fsync' if case.fsync else 'no fsync'}")
        outcomes = [Outcome(row) for row in case.rows]
        children: dict[str, Child] = {}
        try:
            for outcome in outcomes:
                self.attempt(outcome, self.start, case, outcome, children)
            for number in range(self.rounds):
                for outcome in outcomes:
                    if not outcome.absent:
                        self.attempt(outcome, self.round, case, outcome, children[outcome.row.name], number)
        finally:
            for child in children.values():
                child.close()
        return outcomes

    def attempt(self, outcome: Outcome, work: Callable[..., None], *arguments: Any) -> None:
        """Does a piece of work; a row that fails is absent from then on, with the reason."""
        try:
            work(*arguments)
        except RowError as error:
            refused = outcome.row.optional and any(status in str(error) for status in REFUSED)
            outcome.absent = "the library does not take its options" if refused else str(error)
            outcome.times.clear()
            say(f"  absent: {outcome.row.name}: {error}")

    def child(self, case: Case, row: Row, do: str = "open") -> Child:
        """The process of a row, which has the input open."""
        command = [os.fspath(self.native)] if row.worker == NATIVE else [sys.executable, os.fspath(self.worker), row.worker]
        threads = row.settings.get("threads", case.threads)
        child = Child(command, threads)
        settings = {"threads": threads, "sync": case.fsync, **row.settings}
        try:
            child.ask(do, input=os.fspath(case.input), row=settings)
        except RowError:
            child.close()
            raise
        return child

    def start(self, case: Case, outcome: Outcome, children: dict[str, Child]) -> None:
        row = outcome.row
        child = children[row.name] = self.child(case, row)
        directory = self.fresh(case, row)
        some = min(case.count, CHECKED)
        child.ask("write", directory=directory, first=0, count=some)
        if case.offsets:
            child.ask("check_boxes", directory=directory, offsets=case.offsets[:CHECKED_BOXES], shape=case.shape)
            outcome.stored = stored_bytes(directory)
            return
        child.ask("check", directory=directory, first=0, count=some)
        passed = child.ask("write", directory=self.fresh(case, row), first=0, count=some)["ns"] / some
        outcome.items = max(1, min(case.count, int(self.seconds * 1e9 / passed)))
        shutil.rmtree(directory)

    def round(self, case: Case, outcome: Outcome, child: Child, number: int) -> None:
        row = outcome.row
        if case.offsets:
            answer = child.ask("boxes", directory=self.place(case, row), offsets=case.offsets, shape=case.shape)
            self.note(outcome, "read", answer, len(case.offsets))
            return
        items = outcome.items
        first = number * items % max(1, case.count - items + 1)
        directory = self.fresh(case, row)
        if case.medium != "tmpfs":
            os.sync()
        self.note(outcome, "write", child.ask("write", directory=directory, first=first, count=items), items)
        outcome.stored = stored_bytes(directory) / items
        self.note(outcome, "read", child.ask("read", directory=directory, first=first, count=items), items)
        shutil.rmtree(directory)

    @staticmethod
    def note(outcome: Outcome, metric: str, answer: Mapping[str, Any], items: int) -> None:
        outcome.times.setdefault(metric, []).append(answer["ns"] / items)
        outcome.memory[metric] = max(outcome.memory.get(metric, (0, 0)), (answer["peak"], answer["before"]))

    def place(self, case: Case, row: Row) -> str:
        name = "".join(c if c.isalnum() else "_" for c in row.name)
        return os.fspath(self.media[case.medium] / name)

    def fresh(self, case: Case, row: Row) -> str:
        place = self.place(case, row)
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        return place


def stored_bytes(directory: str) -> int:
    return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())


def say(text: str) -> None:
    print(f"peers: {text}", file=sys.stderr, flush=True)
