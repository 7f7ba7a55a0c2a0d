"""Progress of long calls: `progress=True` (a tqdm bar when tqdm is there, else lines on stderr) or a function.

The library calls back on the thread of the call. An exception that the function raises, KeyboardInterrupt included,
cancels the call and comes out of it. The callback that C holds is made once and never freed; `userdata` is a number
that stands for the function, so that a late call finds nothing instead of freed memory.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional, Union

from ._errors import CancelledError, check
from ._library import LIBRARY
from ._prototypes import DESTROY, PROGRESS

Report = Callable[[str, int, int], Any]
Progress = Union[bool, Report, None]

_numbers = itertools.count(1)
_running: dict[int, _Run] = {}


class _Run:
    """A function that is told, and the exception that it raised."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.error: Optional[BaseException] = None


def _tell(number: int, stage: bytes, done: int, total: int) -> int:
    run = _running.get(number)
    if run is None:
        return 0
    try:
        run.report(stage.decode(), done, total)
    except BaseException as error:
        run.error = error
        return 1
    return 0


_on_progress = PROGRESS(_tell)
_NO_DESTROY = DESTROY()
_NO_PROGRESS = PROGRESS()


@contextmanager
def shown(token: int, lock: threading.RLock, progress: Progress) -> Iterator[None]:
    """Within it, calls on a store tell their progress. Those of several threads on one store come one by one."""
    if not progress:
        yield
        return
    bar = Bar() if progress is True else None
    run = _Run(bar if bar is not None else progress)  # type: ignore[arg-type]
    number = next(_numbers)
    # A closed store is told first: in a forked child, the lock may belong to a thread that is not there.
    if not LIBRARY.ds_is_open(token):
        check(LIBRARY.ds_interrupt(token))
    with lock:
        _running[number] = run
        try:
            check(LIBRARY.ds_set_progress(token, _on_progress, number, _NO_DESTROY))
            yield
        except CancelledError:
            if run.error is not None:
                raise run.error from None
            raise
        finally:
            # The store may be closed by now, which took the callback with it.
            LIBRARY.ds_set_progress(token, _NO_PROGRESS, None, _NO_DESTROY)
            _running.pop(number, None)
            if bar is not None:
                bar.close()


@contextmanager
def watched(progress: Progress) -> Iterator[tuple[Any, int]]:
    """A callback and its userdata, for a call that takes them.

    Also when nobody is to be told: Python's signals are looked at in the callback, so that Ctrl-C ends the call.
    """
    bar = Bar() if progress is True else None
    run = _Run(bar if bar is not None else progress or _nothing)  # type: ignore[arg-type]
    number = next(_numbers)
    _running[number] = run
    try:
        yield _on_progress, number
    except CancelledError:
        if run.error is not None:
            raise run.error from None
        raise
    finally:
        _running.pop(number, None)
        if bar is not None:
            bar.close()


def _nothing(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


class Bar:
    """A tqdm bar for each stage; without tqdm, a line at each tenth of a stage on stderr."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: Any = None
        self._tenth = -1

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage, self._bar, self._tenth = stage, _tqdm(stage, total), -1
        if self._bar is not None:
            self._bar.total = total or None
            self._bar.update(done - self._bar.n)
            return
        tenth = done * 10 // total if total else -1
        if tenth > self._tenth:
            self._tenth = tenth
            print(f"{stage}: {done} of {total}", file=sys.stderr)

    def close(self) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _tqdm(stage: str, total: int) -> Any:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return None
    return tqdm(total=total or None, desc=stage)
