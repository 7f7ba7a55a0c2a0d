"""Merging on a Dask cluster.

    from distributed import Client
    import datastorage.dask

    with Client() as client:
        datastorage.dask.merge(parts, "all.dataset", client=client)

The merge is planned and published here, its tasks run on the cluster, whose workers have to see the same files. A task
whose worker died runs again on another one; what it wrote is written over. dask and distributed are needed here alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Union

from ._dataset._merge import Part, Summary, plan_merge, run_task
from ._dataset._tables import required
from ._errors import DataStorageError
from ._handle import PathLike
from ._progress import Bar, Progress

__all__ = ["merge"]


def merge(
    parts: Union[Part, Iterable[Part]],
    output: PathLike,
    *,
    client: Any = None,
    retries: int = 3,
    progress: Progress = None,
    **options: Any,
) -> Summary:
    """Merges stores into a dataset, the tasks on a Dask cluster.

    Parameters
    ----------
    parts, output, **options
        As for `datastorage.merge`, and ``tasks``: into how many the merge is cut.
    client : distributed.Client, optional
        The cluster; the current one without it.
    retries : int
        How many times a task that failed runs again, on any worker.
    progress : bool or callable, optional
        As for `datastorage.open`; tasks are what is counted.

    Returns
    -------
    Summary
        As `datastorage.merge`, and the dataset is the same, byte for byte.

    Raises
    ------
    DataStorageError
        As `datastorage.merge`; nothing is left then. Any other error (a cluster that went away) leaves the work
        directory, and the same call goes on where this one ended.
    """
    distributed = required("distributed", "a merge on a cluster")
    client = distributed.get_client() if client is None else client
    plan = plan_merge(parts, output, **options)
    tell: Any = Bar() if progress is True else progress
    futures = client.map(
        run_task, [plan.path] * plan.tasks, range(plan.tasks), key="datastorage-merge", pure=False, retries=retries
    )
    try:
        for done, future in enumerate(distributed.as_completed(futures), start=1):
            future.result()
            if tell:
                tell("merge", done, plan.tasks)
    except BaseException as error:
        client.cancel(futures)
        if isinstance(error, DataStorageError):
            # What is running cannot be stopped; it must not write into what is removed.
            distributed.wait([future for future in futures if not future.cancelled()])
            plan.abandon()
        raise
    finally:
        if isinstance(tell, Bar):
            tell.close()
    try:
        return plan.finish()
    except DataStorageError:
        plan.abandon()
        raise
