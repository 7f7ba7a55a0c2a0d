"""The process of one row, and the pipe to it. A command that fails raises `RowError` with what the row said."""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Mapping
from typing import Any

#: How long a row may take for one command before it is given up.
PATIENCE = 300.0
THREAD_VARIABLES = [f"{library}_NUM_THREADS" for library in ("OMP", "RAYON", "NUMEXPR", "OPENBLAS")] + ["BLOSC_NTHREADS"]


class RowError(Exception):
    """What a row cannot do, in one line."""


class Child:
    """One long-lived process that answers one command at a time."""

    def __init__(self, command: list[str], threads: int) -> None:
        environment = dict(os.environ, TQDM_DISABLE="1", **dict.fromkeys(THREAD_VARIABLES, str(threads)))
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self.selector = selectors.DefaultSelector()
        assert self.process.stdout is not None and self.process.stdin is not None
        self.input, self.output = self.process.stdin, self.process.stdout
        os.set_blocking(self.output.fileno(), False)
        self.selector.register(self.output, selectors.EVENT_READ)
        self.pending = b""

    def ask(self, do: str, **arguments: Any) -> Mapping[str, Any]:
        """Sends a command and waits for its answer."""
        line = json.dumps({"do": do, **arguments}) + "\n"
        try:
            self.input.write(line.encode())
            self.input.flush()
        except BrokenPipeError:
            raise RowError("the process has ended") from None
        answer: Mapping[str, Any] = json.loads(self.read_line())
        if "error" in answer:
            raise RowError(" ".join(answer["error"].split())[:200])
        return answer

    def read_line(self) -> bytes:
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.pending:
            if not self.selector.select(max(0.0, end - time.monotonic())):
                self.process.kill()
                raise RowError(f"no answer within {PATIENCE:.0f} s")
            piece = self.output.read(1 << 16)
            if not piece:
                raise RowError(f"the process ended with status {self.process.wait()}")
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return line

    def close(self) -> None:
        self.selector.close()
        self.input.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
