"""Merging and exploring: what comes out of a dataset is what zarr-python reads from its parts."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
import zarr
from _parts import KINDS, in_order, part, parts, schema
from _plugin import ENGINE, installed_in

import datastorage
from datastorage import DatasetExplorer, DatasetInfo, DatasetMerger, merge


@pytest.fixture(scope="module", autouse=True)
def _installed(tmp_path_factory):
    with installed_in(tmp_path_factory.mktemp("installed")):
        yield


@pytest.fixture
def paths():
    return parts()


@pytest.fixture
def explorer(paths):
    merge(paths, "all.dataset")
    with DatasetExplorer("all.dataset") as explorer:
        yield explorer


def of_zarr(path):
    """The arrays of a part as zarr-python reads its archive."""
    store = zarr.storage.LocalStore(path) if os.path.isdir(path) else zarr.storage.ZipStore(path, mode="r")
    root = zarr.open_group(store, mode="r", zarr_format=2)
    found = {}

    def visit(group, prefix):
        for name, array in group.arrays():
            found[prefix + name] = array[...]
        for name, below in group.groups():
            visit(below, prefix + name + "/")

    visit(root, "")
    store.close()
    return found


KEYS = {
    "faces": {"face_types": "face_types", "face_areas": "face_areas", "face_centroids": "face_centroids"},
    "graph": {"edges_source": "graph/edges_source", "edge_lengths": "graph/edge_lengths"},
}


def test_arrays_are_those_that_zarr_reads_from_the_parts(paths, explorer):
    read = [of_zarr(path) for path in in_order(paths)]
    for group, arrays in KEYS.items():
        for name, key in arrays.items():
            wanted = np.concatenate([arrays_of[key] for arrays_of in read])
            found = explorer.store.load(f"{group}/{name}")
            assert found.dtype == wanted.dtype and np.array_equal(found, wanted), key
    names = np.concatenate([arrays_of["face_names"] for arrays_of in read]).astype(object)
    assert np.array_equal(explorer.store.load("faces/face_names"), names)
    pairs = np.concatenate([arrays_of["faceface/d2"].reshape(-1, 4) for arrays_of in read])
    assert np.array_equal(explorer.store.load("faceface/d2"), pairs)
    counts = np.array([int(arrays_of["graph/num_nodes"]) for arrays_of in read], np.int32)
    assert np.array_equal(explorer.store.load("graph/num_nodes"), counts)
    lengths = [len(arrays_of["face_types"]) for arrays_of in read]
    codes = np.repeat(np.arange(len(paths), dtype=np.int32), lengths)
    assert np.array_equal(explorer.store.load("faces/file_id_code_faces"), codes)
    assert np.array_equal(explorer.store.load("faceface/file_id_code_faceface"), np.repeat(np.arange(6), np.square(lengths)))
    assert explorer.store.schema == schema().build()


@pytest.mark.parametrize("layout", ["archive", "directory"])
def test_zarr_reads_the_dataset_itself(paths, layout):
    merge(paths, "all.dataset", layout=layout)
    found = of_zarr("all.dataset")
    with DatasetExplorer("all.dataset") as explorer:
        wanted = explorer.store.load_all()
    assert set(found) == set(wanted)
    for key, value in wanted.items():
        assert np.array_equal(found[key], np.asarray(value, found[key].dtype)), key


def test_matrices_of_three_and_of_two_faces_are_thirteen_rows():
    merge([part("a.zarr", 3, 1), part("b.zarr", 2, 2)], "all.dataset")
    with DatasetExplorer("all.dataset") as explorer:
        assert explorer.store.array("faceface/d2").shape == (13, 4)
        assert explorer.catalog.rows("faceface") == 13
        assert explorer.file_dataset(1, "faceface")["d2"].shape == (4, 4)


def test_xarray_opens_each_group_lazily(explorer):
    wanted = {"faces": "face", "graph": "graph_edge"}
    for group, dimension in wanted.items():
        with xr.open_dataset("all.dataset", engine=ENGINE, group=group) as data:
            assert dimension in data.dims
            for name, entry in explorer.catalog.arrays(group).items():
                assert data[name].dims == entry.dims
                assert not data[name].variable._in_memory
                assert np.array_equal(data[name].values, explorer.store.load(f"{group}/{name}"))
            assert data["file_id_code_" + group].dtype == np.int32
    with xr.open_dataset("all.dataset", engine=ENGINE, group="faces") as data:
        assert data["face_types"].dtype == np.int32 and data["face_areas"].dtype == np.float32
        assert (data["face_types"].values == 0).any()
    # By its name alone, too.
    with xr.open_dataset("all.dataset", group="faces", chunks={}) as data:
        assert float(data["face_areas"].sum()) == pytest.approx(explorer.store.load("faces/face_areas").sum(), rel=1e-5)


def test_what_a_dataset_keeps_for_itself_is_hidden(explorer):
    tree = xr.open_datatree("all.dataset", engine=ENGINE)
    assert set(tree.children) == {"faces", "graph", "faceface"}
    tree.close()
    asked = xr.open_datatree("all.dataset", engine=ENGINE, group="_dataset")
    assert "offsets" in asked.children
    asked.close()
    assert explorer.available_groups() == [group for group in explorer.available_groups() if group[0] != "_"]


def test_groups_arrays_and_files(explorer):
    assert set(explorer.available_groups()) == {"faces", "graph", "faceface"}
    assert set(explorer.available_arrays("faces")) == {"face_types", "face_areas", "face_centroids", "face_names"}
    data = explorer.get_group_data("faces")
    assert isinstance(data, xr.Dataset) and data["face_areas"].dims == ("face",)
    assert explorer.get_array_data("faces", "face_types").dtype == np.int32
    assert explorer.get_array_data("faces", "file_id_code_faces").dtype == np.int32
    one = explorer.file_dataset(2, "faces")
    assert one.sizes["face"] == 4 and (one["file_id_code_faces"].values == 2).all()
    assert explorer.file_dataset(2, "graph")["num_nodes"].values.tolist() == [4]
    assert explorer.decode_file_id_code(2) == "p002" and explorer.file_id_code("p002") == 2
    assert explorer.file_count == 6
    contents = explorer.table_of_contents()
    assert "faces" in contents["groups"]
    for call in (
        lambda: explorer.available_arrays("nodes"),
        lambda: explorer.get_array_data("faces", "nothing"),
        lambda: explorer.file_dataset(6, "faces"),
        lambda: explorer.decode_file_id_code(6),
        lambda: explorer.file_id_code("p999"),
        lambda: explorer.get_parquet_info_by_code(6),
    ):
        with pytest.raises(KeyError):
            call()


def test_the_table_of_contents_is_printed(explorer, capsys):
    explorer.print_table_of_contents()
    text = capsys.readouterr().out
    assert "6 files" in text and "faces: 23 rows along face" in text and "face_centroids: float32 (face, xyz) 23 x 3" in text
    assert "faces (23)" in repr(explorer)


PREDICATES = [
    ("face_types == 1", lambda ds: ds["face_types"] == 1),
    ("face_areas > 10.5 and face_types != 0", lambda ds: (ds["face_areas"] > 10.5) & (ds["face_types"] != 0)),
    ("not (face_types in [0, 2]) or face_areas <= 1", lambda ds: ~ds["face_types"].isin([0, 2]) | (ds["face_areas"] <= 1)),
    ("face_centroids[2] >= 5", lambda ds: ds["face_centroids"][:, 2] >= 5),
    ("face_areas < -1", lambda ds: ds["face_areas"] < -1),
]


@pytest.mark.parametrize("text, function", PREDICATES)
def test_predicates_functions_and_numpy_say_the_same(explorer, text, function):
    data = xr.open_dataset("all.dataset", engine=ENGINE, group="faces").load()
    mask = np.asarray(function(data))
    codes = np.unique(data["file_id_code_faces"].values[mask])
    rows = np.nonzero(mask)[0]
    data.close()
    # Wrapped, a function has no text: it is called with elements.
    for where in (text, function, lambda ds: np.logical_and(np.asarray(function(ds)), True)):
        assert np.array_equal(explorer.get_file_list("faces", where), codes)
        assert np.array_equal(explorer.get_rows("faces", where), rows)
    assert explorer.get_file_list("faces", text).dtype == np.int64


def test_functions_are_said_as_predicates_where_they_can_be():
    from datastorage._dataset._predicate import NoText, text_of

    def said(function):
        return text_of(function, "faces", ["face_types", "face areas", "in", "points"])

    assert said(lambda ds: ds["face_types"] == 3) == "face_types == 3"
    assert said(lambda ds: ds.face_types == np.int32(3)) == "face_types == 3"
    assert said(lambda ds: 3 < ds["face_types"]) == "face_types > 3"
    assert said(lambda ds: ds["face areas"] >= 1.5) == "`face areas` >= 1.5"
    assert said(lambda ds: ds["in"] == "it's") == r"`in` == 'it\'s'"
    assert said(lambda ds: ds["points"][:, 1, 2] < 0) == "points[1, 2] < 0"
    assert said(lambda ds: ~(ds["face_types"] == 1)) == "not (face_types == 1)"
    for function in (
        lambda ds: ds["face_types"] + 1 == 2,
        lambda ds: np.abs(ds["face_types"]) == 2,
        lambda ds: ds["face_types"] == ds["points"],
        lambda ds: ds["face_types"],
        lambda ds: 0 < ds["face_types"] < 3,
        lambda ds: ds["face_types"] == float("nan"),
        lambda ds: ds["points"][0] == 1,
    ):
        with pytest.raises(NoText):
            said(function)
    with pytest.raises(KeyError, match="faces/nothing"):
        said(lambda ds: ds["nothing"] == 1)


def test_functions_of_elements(explorer):
    areas = explorer.store.load("faces/face_areas")
    codes = explorer.store.load("faces/file_id_code_faces")
    wanted = np.unique(codes[np.sqrt(areas) > 4])
    assert np.array_equal(explorer.get_file_list("faces", lambda ds: np.sqrt(ds["face_areas"]) > 4), wanted)
    with pytest.raises(ValueError, match="wanted is bool"):
        explorer.get_file_list("faces", lambda ds: ds["face_areas"] + 1)
    with pytest.raises(ValueError, match="wanted is"):
        explorer.get_file_list("faces", lambda ds: np.zeros(3, bool))
    with pytest.raises(ZeroDivisionError):
        explorer.get_file_list("faces", lambda ds: 1 // 0)
    with pytest.raises(ValueError, match="group"):
        explorer.get_file_list(None, lambda ds: ds["face_types"] == 1)


def test_conditions_on_files(explorer):
    assert explorer.get_file_list().tolist() == list(range(6))
    assert explorer.get_file_list(where="file.size_cadfile >= 5000").tolist() == [3, 4]
    assert explorer.get_file_list(where="file.name == 'p004' or not file.closed").tolist() == [0, 2, 4]
    assert explorer.get_file_list("faces", "face_types == 'Cylinder' and file.name == 'p001'").tolist() in ([], [1])
    assert explorer.get_file_list(where="file_label == 'shaft'").tolist() == [1, 3, 5]
    with pytest.raises(ValueError, match="byte"):
        explorer.get_file_list("faces", "face_types ==")
    with pytest.raises(KeyError, match="nothing"):
        explorer.get_file_list("faces", "nothing == 1")
    with pytest.raises(TypeError):
        explorer.get_file_list("faces", 3)


def test_distributions_are_numpys(explorer):
    areas, codes = explorer.store.load("faces/face_areas"), explorer.store.load("faces/file_id_code_faces")
    edges = [0, 5, 10, 15, 20]
    found = explorer.create_distribution("face_areas", "faces", edges)
    assert np.array_equal(found["bin_edges"], edges)
    assert np.array_equal(found["counts"], np.histogram(areas, edges)[0])
    for i, (low, high) in enumerate(zip(edges, edges[1:])):
        inside = np.unique(codes[(areas >= low) & (areas < high)])
        assert np.array_equal(found["file_id_codes_in_bins"][i], inside) and found["file_count"][i] == len(inside)
    equal = explorer.create_distribution("face_areas", "faces", bins=4)
    assert np.array_equal(equal["counts"], np.histogram(areas.astype(float), 4)[0]) and len(equal["bin_edges"]) == 5
    with pytest.raises(KeyError):
        explorer.create_distribution("nothing", "faces")


def test_membership(explorer):
    types, codes = explorer.store.load("faces/face_types"), explorer.store.load("faces/file_id_code_faces")
    wanted = np.array([[np.sum((codes == file) & (types == kind)) for kind in range(3)] for file in range(6)])
    matrix, files, labels = explorer.build_membership_matrix("faces", "face_types", [0, 1, 2], as_counts=True)
    assert np.array_equal(matrix, wanted) and files.tolist() == list(range(6)) and len(labels) == 3
    assert np.array_equal(explorer.build_membership_matrix("faces", "face_types", [0, 1, 2]).matrix, wanted > 0)
    bins = explorer.build_membership_matrix("faces", "face_areas", [0.0, 10.0, 20.0], as_counts=True)
    assert bins.matrix.sum() == 23 and bins.matrix.shape == (6, 2)


def test_a_dataset_goes_by_path_to_other_processes(explorer):
    again = pickle.loads(pickle.dumps(explorer))
    assert again.get_file_list().tolist() == explorer.get_file_list().tolist()
    again.close()
    data = explorer.get_group_data("faces")
    assert np.array_equal(pickle.loads(pickle.dumps(data))["face_areas"].values, data["face_areas"].values)


def test_life(paths):
    merge(paths, "all.dataset")
    explorer = DatasetExplorer(flow_output_file="all.flow")
    assert not explorer.closed
    explorer.interrupt()
    explorer.close()
    explorer.close()
    assert explorer.closed and "closed" in repr(explorer)
    with pytest.raises(datastorage.ClosedError, match="dataset is closed"):
        explorer.get_file_list()
    with DatasetExplorer("all.dataset", "all.infoset", "all.attribset"):
        pass
    with pytest.raises(ValueError, match="other.infoset"):
        DatasetExplorer("all.dataset", "other.infoset")
    with pytest.raises(FileNotFoundError):
        DatasetExplorer("absent.dataset")
    with pytest.raises(ValueError):
        DatasetExplorer(paths[0])
    with pytest.raises(ValueError, match="mod"):
        DatasetExplorer("all.dataset", mod="r")


def test_the_old_names(paths):
    summary = DatasetMerger(paths, "all.dataset", description="six").merge_data()
    assert summary["files"] == 6 and dict(summary) == json.loads(json.dumps(dict(summary)))
    info = DatasetInfo("all.flow")
    assert info.code_mappings() == {f"p{i:03}": i for i in range(6)}
    assert info.summary()["files"] == 6


def test_merging_without_xarray_and_pandas(paths):
    merge(paths, "all.dataset")
    program = """
import sys
sys.modules["xarray"] = sys.modules["pandas"] = None
import numpy as np
from datastorage import DatasetExplorer
with DatasetExplorer("all.dataset") as explorer:
    assert isinstance(explorer.get_array_data("faces", "face_areas"), np.ndarray)
    assert set(explorer.get_group_data("faces")) >= {"face_areas", "file_id_code_faces"}
    assert explorer.file_dataset(0, "faces")["face_areas"].shape == (3,)
    assert explorer.get_file_info_all()[1]["name"] == "p001"
    assert len(explorer.get_rows("faces", lambda ds: np.abs(ds["face_areas"]) >= 0)) == 23
    assert explorer.get_descriptions("face_types")[1]["name"] == "Cylinder"
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_modes(paths):
    merge(paths[:3], "all.dataset")
    with pytest.raises(FileExistsError, match="all.dataset"):
        merge(paths, "all.dataset")
    merge(paths[3:], "all.dataset", mode="a")
    with DatasetExplorer("all.dataset") as explorer:
        names = [explorer.decode_file_id_code(code) for code in range(6)]
        # Appended parts come behind those that were there.
        assert names == ["p003", "p004", "p005", "p000", "p001", "p002"]
        codes = explorer.store.load("faces/file_id_code_faces")
        assert np.all(np.diff(codes) >= 0) and codes[-1] == 5
    merge(paths[:1], "all.dataset", mode="w")
    with DatasetExplorer("all.dataset") as explorer:
        assert explorer.file_count == 1
    merge(paths, "directory.dataset", layout="directory", groups=["faces"])
    with DatasetExplorer("directory.dataset") as explorer:
        assert explorer.available_groups() == ["faces"]


def test_progress_and_cancelling(paths):
    told = []
    merge(paths, "all.dataset", progress=lambda *step: told.append(step))
    assert told and all(total == 0 or done <= total for _, done, total in told)

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge(paths, "again.dataset", progress=stop)
    merge(paths, "again.dataset")
    with open("again.dataset", "rb") as again, open("all.dataset", "rb") as first:
        assert len(again.read()) == len(first.read())


def test_descriptions_name_the_categories(explorer):
    found = explorer.get_descriptions("face_types")
    assert dict(zip(found["id"].astype(str), found["name"])) == KINDS
    labels = explorer.get_descriptions("file_label")
    assert labels["name"].tolist() == ["gear", "shaft"]
