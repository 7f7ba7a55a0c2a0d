"""What stores, groups and arrays show."""

import re

import numpy as np
import pytest

import datastorage
from datastorage._display import MAX_TEXT_NODES, human


def test_the_tree():
    with datastorage.open("part.zarr") as store:
        store["faces/areas"] = np.zeros(1000, np.float32)
        store["faces/normals"] = np.zeros((1000, 3), np.float32)
        store["graph/inner/deep"] = "text"
        store["n"] = 3
        store["raw"] = b"abc"
        lines = repr(store).splitlines()
        assert lines[0] == "<datastorage.Store 'part.zarr' (zarr), 8 nodes>"
        assert [re.match(r"[│├└─ ]*[\w/]+", line).group() for line in lines[1:]] == [
            "├── faces/",
            "│   ├── areas",
            "│   └── normals",
            "├── graph/",
            "│   └── inner/",
            "│       └── deep",
            "├── n",
            "└── raw",
        ]
        assert "(1000,) float32" in lines[2] and "4.0 kB -> " in lines[2] and lines[2].endswith("x)")
        assert repr(store["faces"]).splitlines()[0] == "<datastorage.StoreGroup 'part.zarr /faces' (zarr), 2 nodes>"
        page = store._repr_html_()
        assert page.count("<tr>") == 9 and "(1000, 3) float32" in page and "<script" not in page


def test_names_are_escaped():
    with datastorage.open("memory:") as store:
        store["<b>&"] = 1
        assert "&lt;b&gt;&amp;" in store._repr_html_() and "<b>&" not in store._repr_html_()


def test_many_nodes_are_counted():
    with datastorage.open("memory:") as store:
        assert repr(store) == "<datastorage.Store 'memory:' (memory), 0 nodes>"
        store["x"] = 1
        assert repr(store).startswith("<datastorage.Store 'memory:' (memory), 1 node>")
        for n in range(MAX_TEXT_NODES + 9):
            store[f"k{n}"] = n
        assert repr(store).splitlines()[-1] == "... 10 more" and len(repr(store).splitlines()) == MAX_TEXT_NODES + 2


@pytest.mark.parametrize(
    "count, text",
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12.3 kB"), (123_456, "123 kB"), (999_600, "1.0 MB"),
     (5_000_000_000, "5.0 GB"), (7_000_000_000_000_000, "7000 TB")],
)  # fmt: skip
def test_sizes_for_people(count, text):
    assert human(count) == text
