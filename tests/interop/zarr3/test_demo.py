"""A real STEP part, encoded by the CAD example, opened by xarray: the whole way of the data."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray
import zarr

from _ds import ROOT, Store

PARTS = Path("/usr/share/opencascade/data/step")


@pytest.fixture(scope="module", params=["linkrods", "screw"])
def encoded(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoded")
    encoder = os.fspath(ROOT / "build" / "examples" / "cad" / "cad_encode")
    subprocess.run([encoder, folder, PARTS / f"{request.param}.step"], check=True, stdin=subprocess.DEVNULL)
    return folder / f"{request.param}.zarr.data"


def datasets(path):
    """The dataset of each group by name; "" is the root."""
    store = zarr.storage.ZipStore(path, mode="r")
    root = zarr.open_consolidated(store, mode="r")
    names = [""] + [name for name, _ in root.groups()]
    return {n: xarray.open_zarr(store, group=n or None, consolidated=True, chunks=None).load() for n in names}


def test_the_library_and_xarray_see_the_same(encoded):
    found = datasets(encoded)
    with Store(encoded, mode="r") as store:
        keys = [key for key, kind in store.list(recursive=True) if kind == 2]
        assert len(keys) > 10
        for key in keys:
            group, _, name = key.rpartition("/")
            variable, value = found[group][name], store.load(key)
            assert variable.dims == tuple(store.dimensions(key))
            if value.dtype.kind == "O":
                assert variable.values.tolist() == value.tolist()
            else:
                assert variable.dtype == value.dtype
                np.testing.assert_array_equal(variable.values, value)
        assert store.verify() == []


def test_the_summary_lies_beside_it(encoded):
    [summary] = (encoded.parent / "files_summary").iterdir()
    document = json.loads(summary.read_text())
    assert summary.stem == encoded.name.removesuffix(".zarr.data")
    assert document["file_level"] and isinstance(document["categorical"], dict)
