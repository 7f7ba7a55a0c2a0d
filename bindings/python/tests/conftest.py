"""Stores of each kind for the tests. Every test works in a directory of its own."""

import pytest

import datastorage

KINDS = ["zarr", "zarr3", "json", "memory"]


def opened(kind, name="store", **options):
    """A new or existing store of a kind in the working directory."""
    if kind == "memory":
        return datastorage.open("memory:", **options)
    if kind == "json":
        return datastorage.open(f"json:{name}", **options)
    if kind == "zarr3" and options.get("mode") != "r":
        options["zarr_format"] = 3
    return datastorage.open(f"{name}.zarr", **options)


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def store(kind):
    with opened(kind) as store:
        yield store
