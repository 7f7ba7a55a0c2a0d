"""What the library writes with the profiles portable and fast, read by TensorStore: every numeric array, as a directory."""

import numpy as np
import pytest
import tensorstore

from _cases import ARRAYS, same
from _ds import Store


@pytest.fixture(scope="module", params=[(p, s) for p in ("portable", "fast") for s in "./"], ids="".join)
def written(request, tmp_path_factory):
    profile, separator = request.param
    path = tmp_path_factory.mktemp("tensorstore") / "part.zarr"
    with Store(path, profile=profile, chunk_elements=64, dimension_separator=separator) as store:
        for key, array in ARRAYS.items():
            store.save(key, array)
    return path


def opened(path, key):
    spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": f"{path}/{key}/"}}
    return tensorstore.open(spec, open=True, read=True).result()


@pytest.mark.parametrize("key", ARRAYS)
def test_tensorstore_reads_bit_equal(written, key):
    same(opened(written, key).read().result(), ARRAYS[key])


def test_tensorstore_reads_a_region(written):
    region = opened(written, "ragged/f8")[5:30, 2:9].read().result()
    same(np.ascontiguousarray(region), ARRAYS["ragged/f8"][5:30, 2:9])
