"""The peak of resident memory of a stretch of work: VmHWM after the kernel was told to forget the earlier peak.

With other processes, the sum of theirs too.
"""

from collections.abc import Sequence
from pathlib import Path


def reset_peak(others: Sequence[int] = ()) -> int:
    """Resets VmHWM to what is resident now, and gives that in bytes."""
    for process in _all(others):
        Path(f"/proc/{process}/clear_refs").write_text("5")
    return sum(_field(process, "VmRSS:") for process in _all(others))


def peak(others: Sequence[int] = ()) -> int:
    """The peak since the reset, in bytes."""
    return sum(_field(process, "VmHWM:") for process in _all(others))


def _all(others: Sequence[int]) -> list[str]:
    return ["self", *map(str, others)]


def _field(process: str, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/{process}/status has no {name}")
