"""`make trust-peers`: the same kills and the same altered bytes for this library and for what else stores arrays from Python.

Prints a table and writes `target/trust/peers.json`. It measures; it does not fail when a peer loses something.

    run.py [--kills 10] [--mutations 300] [--seed 1] [--only NAME,...]
"""

import argparse
import json
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from contenders import CONTENDERS, ROOT, Contender

CHILD = Path(__file__).with_name("child.py")
#: A read that takes longer on the clock is given up, and the process killed.
PATIENCE = 20.0


class Reader:
    """A process that reads; it is started again when it dies."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.process: subprocess.Popen[str] | None = None

    def ask(self, path: Path, last: int) -> tuple[str, str, float]:
        """What was answered: a word, its text, and the seconds of processor time."""
        if self.process is None or self.process.poll() is not None:
            self.process = start("read", self.contender, subprocess.PIPE)
            answer(self.process, 60)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path}\t{last}\n")
        self.process.stdin.flush()
        line = answer(self.process, PATIENCE)
        if line is None:
            alive = self.process.poll() is None
            self.stop()
            return ("hang", "", PATIENCE) if alive else ("crash", "", 0.0)
        seconds, word, text = line.rstrip("\n").split("\t", 2)
        return word, text, float(seconds)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def start(what: str, contender: Contender, stdin: int, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), what, contender.name, *more]
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def answer(process: subprocess.Popen[str], patience: float) -> str | None:
    """The next line of a process; None when it ends or takes too long."""
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], patience)[0]:
        return None
    return process.stdout.readline() or None


def kills(contender: Contender, count: int, seed: int) -> Counter[str]:
    """Kills a writer at random; what the next process finds."""
    found: Counter[str] = Counter()
    reader = Reader(contender)
    for trial in range(count):
        chance = random.Random(f"{seed} {contender.name} {trial}")
        with tempfile.TemporaryDirectory(dir=place()) as directory:
            path = Path(directory) / "store"
            writer = start("write", contender, subprocess.DEVNULL, str(path))
            # The first version is there before the clock starts.
            answer(writer, 60)
            time.sleep(chance.uniform(0.02, 0.4))
            writer.send_signal(signal.SIGKILL)
            assert writer.stdout is not None
            rest = writer.stdout.read().split()
            writer.wait()
            last = int(rest[-1]) if rest else 0
            word, text, _ = reader.ask(path, last)
            found["commits"] += last + 1
            found[verdict_of_kill(word, text, last)] += 1
    reader.stop()
    return found


def verdict_of_kill(word: str, text: str, last: int) -> str:
    if word != "versions":
        return "unreadable" if word == "error" else word
    versions = [int(version) for version in text.split()]
    if -1 in versions:
        return "torn"
    if min(versions) < last:
        return "lost"
    return "whole" if len(set(versions)) == 1 else "two versions"


def mutations(contender: Contender, count: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """Alters bytes of a store, and deletes files of it; what is read of it then."""
    altered: Counter[str] = Counter()
    deleted: Counter[str] = Counter()
    reader = Reader(contender)
    with tempfile.TemporaryDirectory(dir=place()) as directory:
        good, bad = Path(directory) / "good", Path(directory) / "bad"
        good.mkdir()
        writer = start("write", contender, subprocess.DEVNULL, str(good / "store"))
        answer(writer, 60)
        writer.kill()
        writer.wait()
        # It may have been killed in the next commit: what counts is one that nobody disturbed.
        shutil.rmtree(good)
        good.mkdir()
        write_once(contender, good / "store")
        files = sorted(path.relative_to(good) for path in good.rglob("*") if path.is_file())
        for trial in range(count):
            chance = random.Random(f"{seed} {contender.name} {trial}")
            for found, change in ((altered, alter), (deleted, delete)):
                if found is deleted and (trial >= len(files) or len(files) < 3):
                    continue
                shutil.rmtree(bad, ignore_errors=True)
                shutil.copytree(good, bad)
                change(bad, files, trial, chance)
                word, text, seconds = reader.ask(bad / "store", 0)
                right = word == "versions" and set(text.split()) == {"0"}
                found["equal" if right else "silent" if word == "versions" else word] += 1
                found["over 1 s"] += seconds > 1
    reader.stop()
    return altered, deleted


def write_once(contender: Contender, path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import contenders as c; "
        "one = next(x for x in c.CONTENDERS if x.name == sys.argv[2]); c.commit(one, one.peer(), sys.argv[3], 0)"
    )
    command = [sys.executable, "-c", code, str(CHILD.parent), contender.name, str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def alter(directory: Path, files: list[Path], trial: int, chance: random.Random) -> None:
    """One of: a bit flipped, bytes overwritten, a tail cut off; in a file chosen by its size."""
    sizes = [(directory / file).stat().st_size for file in files]
    path = directory / chance.choices(files, [size + 1 for size in sizes])[0]
    data = bytearray(path.read_bytes())
    if not data:
        data += b"x"
    elif trial % 3 == 0:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif trial % 3 == 1:
        at = chance.randrange(len(data))
        data[at : at + 16] = chance.randbytes(len(data[at : at + 16]))
    else:
        del data[chance.randrange(len(data)) :]
    path.write_bytes(data)


def delete(directory: Path, files: list[Path], trial: int, _: random.Random) -> None:
    (directory / files[trial]).unlink()


def place() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--mutations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    only = [name for name in arguments.only.split(";") if name]
    rows: list[dict[str, Any]] = []
    print(f"{'':<24} | {arguments.kills} kills: whole, two versions, torn, lost, unreadable | {arguments.mutations} alterations:"
          " error, equal, silent, crash, hang | files deleted: error, silent")  # fmt: skip
    for contender in CONTENDERS:
        if only and contender.name not in only:
            continue
        killed = kills(contender, arguments.kills, arguments.seed)
        altered, deleted = mutations(contender, arguments.mutations, arguments.seed)
        rows.append({"name": contender.name, "kills": killed, "altered": altered, "deleted": deleted})
        first = "  ".join(f"{killed[word]:>4}" for word in ("whole", "two versions", "torn", "lost", "unreadable"))
        second = "  ".join(f"{altered[word]:>4}" for word in ("error", "equal", "silent", "crash", "hang"))
        third = "  ".join(f"{deleted[word]:>4}" for word in ("error", "silent"))
        print(f"{contender.name:<24} | {first}  ({killed['commits']} commits) | {second} | {third}", flush=True)
    target = ROOT / "target" / "trust" / "peers.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"seed": arguments.seed, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
