"""What is measured: a case is one table, its rows are the ways to do the same, the first of them is the floor."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NATIVE = "native"


@dataclass(frozen=True)
class Row:
    """One way to store: which worker serves it, with what settings, and what to say of it."""

    name: str
    worker: str
    codec: str
    settings: dict[str, Any] = field(default_factory=dict)
    #: Of our own rows that exist only when the library takes their options.
    optional: bool = False
    #: What the result is when it is not one file.
    form: str = ""
    #: In E: the format of the parts, which rows may share; and the row that makes them, if it is not this one.
    parts: str = ""
    maker: "Row | None" = None


@dataclass(frozen=True)
class Case:
    """Rows that take turns, on the same input and medium."""

    workload: str
    title: str
    medium: str
    fsync: bool
    input: Path
    rows: list[Row]
    #: How many items a round stores at most; slow rows store fewer.
    count: int = 1
    threads: int = 1
    #: Boxes of workload D; empty elsewhere.
    offsets: list[list[int]] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    #: How many rounds, if it is not as many as usual.
    rounds: int = 0
    #: In E: whether every row merges all parts, however long that takes; for parts that are not alike.
    whole: bool = False

    @property
    def unit(self) -> str:
        return {"C": "ms a part", "D": "ms a box", "E": "ms a part"}.get(self.workload, "ms")


@dataclass
class Outcome:
    """What came out for a row of a case: nanoseconds an item for each metric, or why it is absent."""

    row: Row
    absent: str = ""
    items: int = 0
    times: dict[str, list[float]] = field(default_factory=dict)
    stored: float = 0.0
    #: By metric, bytes: the highest peak of resident memory, and what was resident when that round began.
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)
