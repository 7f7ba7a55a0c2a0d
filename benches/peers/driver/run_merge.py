"""Runs a case of workload E: every row has its parts in its own format, then the rows take turns in merging them.

Parts are made before, by as many rows at once as there are processors; that is not timed. A round of a row is: an empty
directory, merge, count the bytes, remove. A row that takes long merges fewer parts, as many as fit into the time of a
round; its time is that of a part. The first merge of so many parts warms up, and what it wrote is read back and compared
as a whole.
"""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.case import Case, Outcome
from driver.child import Child
from driver.run import Runner, say, stored_bytes

#: How many parts the first merges have, which say how long one takes.
FEW = 8
OPEN = "open_parts"
#: Rows that merge all parts whatever that takes.
WHOLE = ("floor", "datastorage")


@dataclass
class Place:
    """Where the parts of one format are, and how many; rows of one format share them."""

    directory: str
    maker: Child
    ready: int = 0

    def prepare(self, count: int) -> None:
        if count > self.ready:
            self.maker.ask("prepare", directory=self.directory, first=self.ready, count=count - self.ready)
            self.ready = count


class MergeRunner(Runner):
    """Where to work and how long."""

    def run_merges(self, case: Case) -> list[Outcome]:
        say(f"{case.workload}, {case.title}, {case.medium}, {'fsync' if case.fsync else 'no fsync'}")
        outcomes = [Outcome(row) for row in case.rows]
        children: dict[str, Child] = {}
        places: dict[str, Place] = {}
        try:
            for outcome in outcomes:
                self.attempt(outcome, self.open, case, outcome, children, places)
            self.prepare(outcomes, places, FEW)
            for outcome in self.present(outcomes):
                self.attempt(outcome, self.estimate, case, outcome, children[outcome.row.name], places)
            self.prepare(outcomes, places)
            for outcome in self.present(outcomes):
                self.attempt(outcome, self.verify, case, outcome, children[outcome.row.name], places)
            for _ in range(case.rounds or self.rounds):
                for outcome in self.present(outcomes):
                    self.attempt(outcome, self.merge_round, case, outcome, children[outcome.row.name], places)
        finally:
            for child in {*children.values(), *(place.maker for place in places.values())}:
                child.close()
            for place in places.values():
                shutil.rmtree(place.directory, ignore_errors=True)
        return outcomes

    @staticmethod
    def present(outcomes: list[Outcome]) -> list[Outcome]:
        return [outcome for outcome in outcomes if not outcome.absent]

    def open(self, case: Case, outcome: Outcome, children: dict[str, Child], places: dict[str, Place]) -> None:
        """Starts the row, and what makes its parts: itself, or the row that it names."""
        row = outcome.row
        child = children[row.name] = self.child(case, row, OPEN)
        if row.parts in places:
            return
        maker = self.child(case, row.maker, OPEN) if row.maker else child
        directory = self.media[case.medium] / ("parts_" + "".join(c if c.isalnum() else "_" for c in row.parts))
        directory.mkdir()
        places[row.parts] = Place(os.fspath(directory), maker)

    def prepare(self, outcomes: list[Outcome], places: dict[str, Place], few: int = 0) -> None:
        """Makes `few` parts of each format, or as many as its rows merge."""
        present = self.present(outcomes)
        wanted = {o.row.parts: max(few or p.items for p in present if p.row.parts == o.row.parts) for o in present}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made = {name: pool.submit(places[name].prepare, count) for name, count in wanted.items()}
        for outcome in present:
            self.attempt(outcome, made[outcome.row.parts].result)

    def merge(
        self, case: Case, outcome: Outcome, child: Child, places: dict[str, Place], count: int
    ) -> tuple[str, Mapping[str, Any]]:
        output = self.fresh(case, outcome.row) + "/merged"
        if case.medium != "tmpfs":
            os.sync()
        answer = child.ask("merge", directory=places[outcome.row.parts].directory, output=output, count=count)
        return output, answer

    def estimate(self, case: Case, outcome: Outcome, child: Child, places: dict[str, Place]) -> None:
        few = min(FEW, case.count)
        self.merge(case, outcome, child, places, few)
        output, answer = self.merge(case, outcome, child, places, few)
        whole = case.whole or outcome.row.name.startswith(WHOLE)
        fitting = case.count if whole else int(self.seconds * 1e9 * few / answer["ns"])
        outcome.items = max(few, min(case.count, fitting))
        if outcome.items == few:
            child.ask("check_merged", output=output, count=few)

    def verify(self, case: Case, outcome: Outcome, child: Child, places: dict[str, Place]) -> None:
        if outcome.items == min(FEW, case.count):
            return
        output, _ = self.merge(case, outcome, child, places, outcome.items)
        child.ask("check_merged", output=output, count=outcome.items)

    def merge_round(self, case: Case, outcome: Outcome, child: Child, places: dict[str, Place]) -> None:
        output, answer = self.merge(case, outcome, child, places, outcome.items)
        self.note(outcome, "merge", answer, outcome.items)
        directory = Path(output).parent
        outcome.stored = stored_bytes(os.fspath(directory)) / outcome.items
        shutil.rmtree(directory)
