"""Merging on any executor: processes, threads, a cluster.

    from concurrent.futures import ProcessPoolExecutor
    from datastorage import executor

    with ProcessPoolExecutor() as pool:
        executor.merge(parts, "all.dataset", pool)

The merge is planned and published here; its tasks run on the executor, whose workers have to see the same files. Tasks may
run twice, so that one whose worker died runs again. `ray.util.multiprocessing.Pool` and `multiprocessing.Pool`, which
have `imap_unordered` in place of `submit`, will do too. For Dask there is `datastorage.dask`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, as_completed
from typing import Any, Callable, Union

from ._dataset._merge import Part, Plan, Summary, plan_merge, run_task
from ._errors import DataStorageError
from ._handle import PathLike
from ._progress import Bar, Progress

__all__ = ["merge"]


def merge(
    parts: Union[Part, Iterable[Part]],
    output: PathLike,
    executor: Any,
    *,
    retries: int = 3,
    progress: Progress = None,
    **options: Any,
) -> Summary:
    """Merges stores into a dataset, the tasks on an executor.

    Parameters
    ----------
    parts, output, **options
        As for `datastorage.merge`, and ``tasks``: into how many the merge is cut.
    executor : Executor or pool, or a function that makes one
        Anything with ``submit`` or ``imap_unordered``. A pool of processes is broken for good when one of them dies: of a
        function a new pool is asked then, and closed at the end; with a pool itself the error is raised, and the same
        call with another pool goes on where this one ended.
    retries : int
        How many times tasks that failed for another reason than the data run again.

    Returns
    -------
    Summary
        As `datastorage.merge`, and the dataset is the same, byte for byte.

    Raises
    ------
    DataStorageError
        As `datastorage.merge`; nothing is left then.
    """
    plan = plan_merge(parts, output, **options)
    left = set(range(plan.tasks))
    tell = _teller(progress, plan.tasks)
    make = executor if callable(executor) and not _is_pool(executor) else None
    pool = make() if make is not None else executor
    try:
        for attempt in range(retries + 1):
            try:
                for task in _run(pool, plan, sorted(left)):
                    left.discard(task)
                    tell("merge", plan.tasks - len(left), plan.tasks)
                break
            except DataStorageError:
                raise
            except Exception as error:
                if attempt == retries or (isinstance(error, BrokenExecutor) and make is None):
                    raise
                if make is not None:
                    _close(pool)
                    pool = make()
        return plan.finish()
    except DataStorageError:
        plan.abandon()
        raise
    finally:
        if make is not None:
            _close(pool)
        if isinstance(tell, Bar):
            tell.close()


def _is_pool(executor: Any) -> bool:
    return hasattr(executor, "submit") or hasattr(executor, "imap_unordered")


def _run(pool: Any, plan: Plan, tasks: list[int]) -> Iterator[int]:
    """The numbers of tasks as they end; none runs any more when this raises."""
    if not hasattr(pool, "submit"):
        yield from pool.imap_unordered(functools.partial(run_task, plan.path), tasks)
        return
    futures: list[Future[int]] = [pool.submit(run_task, plan.path, task) for task in tasks]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()
        for future in futures:
            if not future.cancelled():
                future.exception()


def _teller(progress: Progress, total: int) -> Callable[[str, int, int], Any]:
    if progress is True:
        return Bar()
    return progress if callable(progress) else lambda stage, done, total: None


def _close(pool: Any) -> None:
    if hasattr(pool, "shutdown"):
        pool.shutdown(wait=True)
    elif hasattr(pool, "terminate"):
        pool.terminate()
        pool.join()
