"""The two processes of a trial: one that commits until it is killed, one that reads what it is asked for."""

import os
import sys
import time
from typing import Any

import numpy as np

from contenders import CONTENDERS, DTYPES, Contender, commit, item, newest


#: Where answers go; what a library prints goes elsewhere.
OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def write(contender: Contender, path: str) -> None:
    """Commits version after version, and says each number when its commit has returned."""
    peer = contender.peer()
    for version in range(1_000_000):
        commit(contender, peer, path, version)
        print(version, file=OUT, flush=True)


def read(contender: Contender) -> None:
    """Answers lines `path<TAB>last acknowledged or expected version`, one line each."""
    peer = contender.peer()
    print("ready", file=OUT, flush=True)
    for line in sys.stdin:
        path, last = line.rstrip("\n").split("\t")
        started = time.process_time()
        answer = answer_of(peer, path, int(last))
        print(f"{time.process_time() - started:.3f}\t{answer}", file=OUT, flush=True)


def answer_of(peer: Any, path: str, last: int) -> str:
    """`versions` of the arrays, or `error`."""
    try:
        found = [np.asarray(array).reshape(-1) for array in peer.read(path, item(last))]
    except Exception as error:  # noqa: BLE001 - whatever a library raises is its answer
        return "error\t" + " ".join(str(error).split())[:200]
    if len(found) != len(DTYPES):
        return "error\tarrays are missing"
    # A kill may come between the commit and the word of it.
    return "versions\t" + " ".join(str(newest(array, key, last + 1)) for key, array in zip(DTYPES, found, strict=True))


if __name__ == "__main__":
    chosen = next(contender for contender in CONTENDERS if contender.name == sys.argv[2])
    if sys.argv[1] == "write":
        write(chosen, sys.argv[3])
    else:
        read(chosen)
