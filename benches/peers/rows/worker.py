"""A process that serves one row in Python: a command a line of JSON in, an answer out. See native/src/serve.rs.

    python rows/worker.py MODULE

imports rows.MODULE, which has a class `Row`. What the library prints goes to standard error.
"""

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rows import memory  # noqa: E402
from rows.base import Item, Peer, box_slices, load_items, sync_file  # noqa: E402
from rows.merging import Merging  # noqa: E402
from rows.parts import Parts  # noqa: E402

Command = dict[str, Any]


class Server:
    """The row of this process, once it is open."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.peer = Peer({})
        self.items: list[Item] = []
        self.merging: Merging | None = None

    def answer(self, command: Command) -> Command:
        answer: Command = getattr(self, "do_" + command["do"])(command)
        return answer

    def do_open(self, command: Command) -> Command:
        self.items = load_items(command["input"])
        self.peer = importlib.import_module(f"rows.{self.module}").Row(command["row"])
        return {"items": len(self.items)}

    def do_open_parts(self, command: Command) -> Command:
        parts = Parts(command["input"])
        self.peer = importlib.import_module(f"rows.{self.module}").Row(command["row"])
        self.merging = Merging(self.peer, parts)
        return {"items": parts.count}

    def opened(self) -> Merging:
        if self.merging is None:
            raise ValueError("no parts are open")
        return self.merging

    def do_prepare(self, command: Command) -> Command:
        self.opened().prepare(command)
        return {}

    def do_merge(self, command: Command) -> Command:
        merging = self.opened()
        return timed(lambda: merging.merge(command), self.peer.processes())

    def do_check_merged(self, command: Command) -> Command:
        self.opened().check(command)
        return {}

    def places(self, command: Command) -> list[tuple[str, Item]]:
        first = command.get("first", 0)
        numbers = range(first, min(first + command.get("count", 1), len(self.items)))
        return [(f"{command['directory']}/part_{i}", self.items[i]) for i in numbers]

    def do_write(self, command: Command) -> Command:
        peer = self.peer
        syncs = peer.sync and peer.one_file

        def work() -> None:
            for path, item in self.places(command):
                peer.write(path, item)
                if syncs:
                    sync_file(path + peer.ending)

        return timed(work)

    def do_read(self, command: Command) -> Command:
        def work() -> None:
            for path, item in self.places(command):
                self.peer.read(path, item)

        return timed(work)

    def do_check(self, command: Command) -> Command:
        for path, item in self.places(command):
            got = self.peer.read(path, item)
            if len(got) != len(item.arrays):
                raise ValueError(f"{path}: {len(got)} arrays instead of {len(item.arrays)}")
            for (key, array), back in zip(item.arrays.items(), got, strict=True):
                require_equal(f"{path}: {key}", array, back)
        return {}

    def do_boxes(self, command: Command) -> Command:
        box = self.peer.open_boxes(self.places(command)[0][0], self.items[0])
        shape = command["shape"]

        def work() -> None:
            for offset in command["offsets"]:
                box(offset, shape)

        answer = timed(work)
        self.peer.close_boxes()
        return answer

    def do_check_boxes(self, command: Command) -> Command:
        box = self.peer.open_boxes(self.places(command)[0][0], self.items[0])
        for offset in command["offsets"]:
            wanted = self.items[0].single[box_slices(offset, command["shape"])]
            require_equal(f"the box at {offset}", wanted, box(offset, command["shape"]))
        self.peer.close_boxes()
        return {}


def require_equal(what: str, wanted: NDArray[Any], got: NDArray[Any]) -> None:
    got = np.asarray(got)
    if got.dtype != wanted.dtype or got.size != wanted.size or got.tobytes() != wanted.tobytes():
        raise ValueError(f"{what} reads back different")


def timed(work: Callable[[], None], processes: Sequence[int] = ()) -> Command:
    """The time of a piece of work, and the peak of memory, that of other processes of the row added."""
    gc.collect()
    before = memory.reset_peak(processes)
    begin = time.perf_counter_ns()
    work()
    passed = time.perf_counter_ns() - begin
    return {"ns": passed, "peak": memory.peak(processes), "before": before}


def main() -> None:
    """Serves until standard input ends. The driver's pipe is kept apart from what libraries print."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = Server(sys.argv[1])
    for line in sys.stdin:
        try:
            answer = server.answer(json.loads(line))
        except Exception as error:  # noqa: BLE001 - whatever a library raises is the driver's to report
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
