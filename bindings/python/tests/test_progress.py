"""Progress of long calls, by a function, a tqdm bar and plain lines; cancelling by an exception."""

import builtins

import numpy as np
import pytest

import datastorage


@pytest.fixture
def store():
    with datastorage.open("part.zarr", chunk_elements=1000) as store:
        store["x"] = np.arange(20_000)
        yield store


def test_a_function_is_told(store):
    told = []
    store.flush(progress=lambda *report: told.append(report))
    size = store.compress(progress=lambda *report: told.append(report))
    assert size > 0 and told
    for stage, done, total in told:
        assert isinstance(stage, str) and 0 <= done <= (total or done)
    assert "compress" in {stage for stage, _, _ in told}
    count = len(told)
    store.verify()
    assert len(told) == count, "it ends with the call"


def test_every_long_call_tells():
    for uri, name, call in [
        ("zarr:part.zarr", "copy", lambda store, progress: store.copy("copy.zarr", progress=progress)),
        ("zarr:part.zarr", "to_bytes", lambda store, progress: store.to_bytes(progress=progress)),
        ("zarr:part.zarr", "flush", lambda store, progress: store.flush(progress=progress)),
        ("zarr:part.zarr", "close", lambda store, progress: store.close(progress=progress)),
        ("json:part", "verify", lambda store, progress: store.verify(progress=progress)),
    ]:
        with datastorage.open(uri, "w") as store:
            store["x"] = np.arange(20_000)
            store.flush()
            store["y"] = np.arange(20_000)
            told = []
            call(store, lambda *report, told=told: told.append(report))
            assert told, name


@pytest.mark.parametrize("error", [ValueError("stop"), KeyboardInterrupt()])
def test_an_exception_cancels_and_comes_out(store, error):
    def stop(*_):
        raise error

    with pytest.raises(type(error)) as caught:
        store.compress(progress=stop)
    assert caught.value is error
    assert store.compress() > 0, "the store goes on"


def test_a_callback_may_not_call_its_store(store):
    seen = []

    def call(*_):
        for function in (lambda: store.load("x"), lambda: store.flush(progress=call), store.close):
            with pytest.raises(OSError) as caught:
                function()
            seen.append(type(caught.value))

    store.to_bytes(progress=call)
    assert seen and set(seen) == {datastorage.BusyError}
    assert not store.closed


def test_the_default_of_a_store(capsys):
    told = []
    with datastorage.open("part.zarr", progress=lambda *report: told.append(report)) as store:
        store["x"] = np.arange(1000)
        store.compress()
    assert told


def test_a_bar_of_tqdm(store, capsys):
    store.compress(progress=True)
    assert "compress" in capsys.readouterr().err


def test_lines_without_tqdm(store, capsys, monkeypatch):
    real = builtins.__import__

    def without_tqdm(name, *arguments, **options):
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_tqdm)
    store.compress(progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("compress: ") and " of " in line for line in lines)
