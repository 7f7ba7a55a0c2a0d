"""Training from a dataset: splits, items, graphs and batches of them."""

import os
import pickle
import warnings

import numpy as np
import pytest
from _parts import in_order, parts

import datastorage
from datastorage import DatasetLoader, GraphSpec, merge

try:
    import torch
except ImportError:
    torch = None


@pytest.fixture
def paths():
    return parts(40)


@pytest.fixture
def loader(paths):
    merge(paths, "all.dataset", chunk_elements=64)
    with DatasetLoader("all.dataset") as loader:
        yield loader


def test_a_split_is_of_all_files_and_always_the_same(loader):
    sizes = loader.split("face_types", "faces", 0.5, 0.25, 0.25, random_state=3)
    assert sum(sizes) == 40 and abs(sizes.train - 20) <= 2
    subsets = [loader.codes(name) for name in sizes._fields]
    assert np.array_equal(np.sort(np.concatenate(subsets)), np.arange(40))
    assert [len(codes) for codes in subsets] == list(sizes)
    again = loader.split("face_types", "faces", 0.5, 0.25, 0.25, random_state=3, save=False)
    assert again == sizes and all(np.array_equal(loader.codes(n), c) for n, c in zip(sizes._fields, subsets))
    with DatasetLoader("all.dataset") as other:
        assert np.array_equal(other.codes("train"), subsets[0])
        assert len(other.get_dataset("test")) == sizes.test
    loader.split("face_types", "faces", 0.5, 0.25, 0.25, random_state=4, save=False)
    assert not np.array_equal(loader.codes("train"), subsets[0])
    for wrong in ((2.0, 0.0, 0.0), (0.5, -0.1, 0.6)):
        with pytest.raises(ValueError):
            loader.split("face_types", "faces", *wrong)
    with pytest.raises(KeyError):
        loader.get_dataset("nothing")


def test_items_are_the_parts(paths, loader):
    items = loader.get_dataset()
    assert len(items) == 40
    for item, path in zip(items, in_order(paths)):
        with datastorage.open(path, "r") as part:
            assert path.endswith(f"/{item.name}.zarr.data")
            for name in ("face_types", "face_areas", "face_centroids", "face_names"):
                assert np.array_equal(item.groups["faces"][name], part.load(name))
            assert np.array_equal(item.groups["graph"]["edges_source"], part.load("graph/edges_source"))
            assert item.groups["graph"]["num_nodes"] == part.load("graph/num_nodes")
            faces = len(item.groups["faces"]["face_types"])
            assert np.array_equal(item.groups["faceface"]["d2"].reshape(faces, faces, 4), part.load("faceface/d2"))
    assert np.array_equal(items[7].groups["faces"]["face_areas"], list(items)[7].groups["faces"]["face_areas"])
    assert items[-1].code == 39 and [item.code for item in items[3:6]] == [3, 4, 5]
    with pytest.raises(IndexError):
        items[40]


@pytest.mark.parametrize("budget", [1, 1000, 1 << 20])
def test_the_budget_changes_only_how_much_is_read_at_once(loader, budget):
    items = loader.get_dataset(arrays={"faces": ["face_areas"]})
    few = datastorage.Items(loader, [0, 1, 2, 9, 30, 31], {"faces": ["face_areas"]})
    whole = loader.store.load("faces/face_areas")
    read = np.concatenate([item.groups["faces"]["face_areas"] for item in items.iterate(budget=budget)])
    assert np.array_equal(read, whole)
    assert [item.code for item in few.iterate(budget=budget)] == [0, 1, 2, 9, 30, 31]
    shuffled = [item.code for item in few.iterate(budget=budget, shuffle=True, seed=1)]
    assert sorted(shuffled) == [0, 1, 2, 9, 30, 31]
    assert shuffled == [item.code for item in few.iterate(budget=budget, shuffle=True, seed=1)]
    with pytest.raises(ValueError, match="40 files"):
        datastorage.Items(loader, [40])


def test_items_go_to_other_processes(loader):
    items = pickle.loads(pickle.dumps(loader.get_dataset(arrays=["faces"])[:3]))
    assert [item.code for item in items] == [0, 1, 2]
    items.explorer.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_reads_on(loader):
    """As the worker processes of a DataLoader do."""
    items = loader.get_dataset(arrays=["faces"])
    wanted = items[5].groups["faces"]["face_areas"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            same = np.array_equal(items[5].groups["faces"]["face_areas"], wanted)
            status = 0 if same and len(list(items)) == 40 else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(items[5].groups["faces"]["face_areas"], wanted)


SPEC = {"nodes": ["faces/face_areas", "faces/face_centroids"], "edges": ["graph/edge_lengths"]}


def test_batches_are_the_graphs_of_files(loader):
    items = list(loader.get_dataset())
    for size in (1, 7, 100):
        batches = list(loader.graphs(**SPEC, target="faces/face_types", batch_size=size))
        assert sum(batch.num_graphs for batch in batches) == 40 and batches[0].num_graphs == min(size, 40)
        assert np.concatenate([batch.codes for batch in batches]).tolist() == list(range(40))
        for batch in batches:
            assert batch.x.shape == (len(batch.batch), 4) and batch.x.dtype == np.float32
            assert batch.edge_index.dtype == np.int64 and batch.edge_index.shape == (2, len(batch.edge_attr))
            for place, code in enumerate(batch.codes):
                faces, graph = items[code].groups["faces"], items[code].groups["graph"]
                first, last = batch.ptr[place], batch.ptr[place + 1]
                assert np.array_equal(batch.x[first:last, 0], faces["face_areas"])
                assert np.array_equal(batch.x[first:last, 1:], faces["face_centroids"])
                assert np.array_equal(batch.y[first:last], faces["face_types"])
                assert (batch.batch[first:last] == place).all()
                mine = (batch.edge_index[0] >= first) & (batch.edge_index[0] < last)
                ends = batch.edge_index[:, mine] - first
                wanted = np.stack([graph["edges_source"], graph["edges_destination"]])
                assert np.array_equal(ends, np.concatenate([wanted, wanted[::-1]], 1))
                assert np.array_equal(batch.edge_attr[mine, 0], np.tile(graph["edge_lengths"], 2))


def test_graphs_of_a_subset_with_a_target_a_file(loader):
    loader.split("face_types", "faces", 0.5, 0.25, 0.25)
    spec = {**SPEC, "undirected": False, "target": "graph/num_nodes"}
    batches = list(loader.graphs("test", **spec, batch_size=4, shuffle=True, seed=5))
    codes = np.concatenate([batch.codes for batch in batches])
    assert sorted(codes) == loader.codes("test").tolist()
    for batch in batches:
        assert batch.y.tolist() == np.diff(batch.ptr).tolist()
        assert batch.edge_index.shape[1] == len(batch.x)


def test_graphs_that_cannot_be(loader):
    for wrong, text in (
        ({"nodes": []}, "nodes"),
        ({"nodes": ["face_areas"]}, "group/array"),
        ({"nodes": ["faces/nothing"]}, "nothing"),
        ({"nodes": ["faces/face_areas", "faceface/d2"]}, "rows"),
        ({"nodes": ["faces/face_areas"], "edges": ["faceface/d2"]}, "edges"),
        ({"nodes": ["faces/face_areas"], "batch_size": 0}, "batch_size"),
    ):
        with pytest.raises((ValueError, KeyError), match=text):
            list(loader.graphs(**wrong))


@pytest.mark.skipif(torch is not None, reason="torch is installed")
def test_without_torch_it_is_said(loader):
    with pytest.raises(datastorage.UnsupportedError, match="torch, which is not installed"):
        loader.to_torch()
    with pytest.raises(datastorage.UnsupportedError, match="torch"):
        loader.to_torch(graphs=GraphSpec(**SPEC))


@pytest.mark.skipif(torch is None, reason="torch is not installed")
def test_torch(loader):
    data = loader.to_torch(arrays={"faces": ["face_areas"]})
    assert len(data) == 40 and np.array_equal(data[3]["faces"]["face_areas"], loader.get_dataset()[3].groups["faces"]["face_areas"])
    batches = list(loader.to_torch(graphs=GraphSpec(**SPEC), batch_size=8))
    assert len(batches) == 5 and batches[0]["edge_index"].dtype == torch.int64
