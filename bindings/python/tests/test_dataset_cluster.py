"""Merging on processes: the dataset is that of a local merge, byte for byte, also when workers are killed."""

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from _parts import nothing_written, part, parts

import datastorage
import datastorage.executor
from datastorage._dataset import _merge

OPTIONS = {"tasks": 12, "chunk_elements": 64}
SUFFIXES = (".dataset", ".infoset", ".attribset")


@pytest.fixture
def paths():
    return parts(24)


@pytest.fixture
def local(paths):
    datastorage.merge(paths, "local.dataset", **OPTIONS)
    return contents("local")


def contents(stem):
    return [read(stem + suffix) for suffix in SUFFIXES]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def same(stem, wanted):
    """Whether a dataset is another one, byte for byte."""
    return [one == other for one, other in zip(contents(stem), wanted)] == [True] * len(SUFFIXES)


def processes(count=3):
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def killed_once(plan, task, progress=None):
    """As `run_task`, but the first process that has the fourth task is killed in the middle of it."""
    if task == 3:
        try:
            os.close(os.open("killed", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass
        else:
            die = lambda *step: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
            _merge.run_task(plan, task, die)
            die()
    return _merge.run_task(plan, task)


def test_processes_and_threads(paths, local):
    with processes() as pool:
        datastorage.executor.merge(paths, "pool.dataset", pool, **OPTIONS)
    assert same("pool", local)
    told = []
    with ThreadPoolExecutor(3) as pool:
        datastorage.executor.merge(paths, "threads.dataset", pool, progress=lambda *s: told.append(s), **OPTIONS)
    assert same("threads", local)
    assert told and told[-1][1] == told[-1][2]


def test_a_pool_with_imap(paths, local):
    with get_context("spawn").Pool(2) as pool:
        datastorage.executor.merge(paths, "imap.dataset", pool, **OPTIONS)
    assert same("imap", local)


def test_a_process_that_is_killed(paths, local, monkeypatch):
    monkeypatch.setattr(datastorage.executor, "run_task", killed_once)
    datastorage.executor.merge(paths, "killed.dataset", processes, **OPTIONS)
    assert os.path.exists("killed") and same("killed", local)


def test_a_pool_that_broke_is_told_and_another_goes_on(paths, local, monkeypatch):
    monkeypatch.setattr(datastorage.executor, "run_task", killed_once)
    with processes() as pool, pytest.raises(Exception, match="terminated abruptly|pool"):
        datastorage.executor.merge(paths, "broken.dataset", pool, **OPTIONS)
    assert not os.path.exists("broken.dataset")
    with processes() as pool:
        datastorage.executor.merge(paths, "broken.dataset", pool, **OPTIONS)
    assert same("broken", local)


def test_what_is_wrong_with_a_part_comes_out(paths):
    with datastorage.open("parts/p999.zarr", mode="w", export=False) as store:
        store["face_areas"] = [1.0, 2.0]
        store.compress()
    bad = [*paths, "parts/p999.zarr.data"]
    with processes(2) as pool, pytest.raises(datastorage.DataStorageError, match="p999"):
        datastorage.executor.merge(bad, "bad.dataset", pool, **OPTIONS)
    assert nothing_written("bad.dataset")


def test_plans(paths, local):
    plan = datastorage.plan_merge(paths, "plan.dataset", **OPTIONS)
    assert plan.tasks > 1
    with pytest.raises(KeyError):
        plan.finish()
    with pytest.raises(ValueError):
        plan.run(plan.tasks)
    for task in range(plan.tasks):
        assert datastorage.run_task(plan.path, task) == plan.run(task) == task
    assert not os.path.exists("plan.dataset")
    assert plan.finish()["files"] == 24
    assert same("plan", local)
    abandoned = datastorage.plan_merge(paths, "abandoned.dataset")
    abandoned.abandon()
    assert nothing_written("abandoned.dataset")
    with pytest.raises(FileNotFoundError):
        abandoned.run(0)


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.mark.filterwarnings("ignore")
def test_dask(paths, local, client):
    import datastorage.dask

    told = []
    summary = datastorage.dask.merge(paths, "dask.dataset", client=client, progress=lambda *s: told.append(s), **OPTIONS)
    assert summary["files"] == 24 and same("dask", local)
    assert told[-1][1] == told[-1][2] == len(told)


@pytest.mark.filterwarnings("ignore")
def test_dask_with_a_worker_that_is_killed(paths, local, client, monkeypatch):
    import datastorage.dask

    pids = list(client.run(os.getpid).values())

    def kill_one(stage, done, total):
        if done == 2:
            os.kill(pids[0], signal.SIGKILL)
            time.sleep(0.2)

    datastorage.dask.merge(paths, "dask.dataset", client=client, progress=kill_one, **OPTIONS)
    assert same("dask", local)


@pytest.mark.filterwarnings("ignore")
def test_dask_with_a_bad_part(paths, client):
    import datastorage.dask

    with open(part("parts/p999.zarr", 5, 7), "r+b") as file:
        file.seek(-400, os.SEEK_END)
        file.write(b"\xff" * 300)
    with pytest.raises(datastorage.DataStorageError, match="p999"):
        datastorage.dask.merge([*paths, "parts/p999.zarr.data"], "bad.dataset", client=client, **OPTIONS)
    assert nothing_written("bad.dataset")
