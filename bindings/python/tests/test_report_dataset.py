"""The report on a dataset without a browser: its numbers against NumPy, what is in the page, and how large it gets."""

import json
import os
import re
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest
from _page import HOSTILE, Page, data_of
from _parts import KINDS, part, parts, schema

import datastorage
from datastorage import DatasetExplorer, DatasetLoader, merge
from datastorage._report import _dataset
from datastorage._report._dataset import _parts as drawn_parts
from datastorage._report._dataset import _table
from datastorage._report._dataset._collect import collect
from datastorage._report._dataset._files import Column
from datastorage._report._dataset._outliers import measures_of, robust_scores


def page_of(path="all.dataset"):
    with DatasetExplorer(path) as explorer:
        return _dataset.render(explorer, sample=1 << 20)


def contents_of(path="all.dataset"):
    with DatasetExplorer(path) as explorer:
        return collect(explorer, "all.dataset", 1 << 20)


def sections(page):
    return [attributes["id"] for attributes in Page(page).all("section")]


def normal(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def merged():
    """Thirty parts, one of them with 90 faces, split."""
    many = [part(f"parts/p{i:03}.zarr", 90 if i == 17 else 3 + i % 5, i, i % 2) for i in range(30)]
    merge(many, "all.dataset")
    with DatasetLoader("all.dataset") as loader:
        loader.split("face_types", "faces", 0.6, 0.2, 0.2, 1)


def test_the_page_tells_everything_about_a_dataset(merged):
    page = page_of()
    parsed = Page(page)
    text = normal(parsed.text())
    for wanted in ("all.dataset", "faces/face_types", "1 Cylinder", "1 shaft", "rows in faces", "validation", "mm2", "p017"):
        assert wanted in text
    assert sections(page) == [
        "space", "groups", "labels", "files", "outliers", "measures", "values", "sizes", "merge", "schema",
    ]  # fmt: skip
    assert len(parsed.ids) == len(set(parsed.ids))
    targets = {attributes["href"][1:] for attributes in parsed.all("a") if attributes.get("href", "").startswith("#")}
    assert targets <= set(parsed.ids)
    assert not re.search(r"https?://|//[a-z]+\.", page.decode().split("<style>")[0])
    assert page == page_of()


def test_groups_have_the_rows_of_each_file(merged):
    groups = {group.name: group for group in contents_of().groups}
    with DatasetExplorer("all.dataset") as explorer:
        codes = explorer.store.load("faces/file_id_code_faces")
        pairs = explorer.store.load("faceface/file_id_code_faceface")
    assert groups["faces"].per_file.tolist() == np.bincount(codes, minlength=30).tolist()
    assert groups["faceface"].per_file.tolist() == np.bincount(pairs, minlength=30).tolist()
    (faces,) = [measure for measure in contents_of().measures if measure.name == "rows in faces"]
    assert "graph/num_nodes" in faces.same and faces.values.tolist() == groups["faces"].per_file.tolist()
    assert groups["faceface"].flattened and groups["faces"].rows == len(codes)


def test_labels_are_counted_as_numpy_counts_them(merged):
    labels = {one.key: one for one in contents_of().labels}
    table = pd.read_parquet("all.infoset")
    with DatasetExplorer("all.dataset") as explorer:
        kinds, codes = explorer.store.load("faces/face_types"), explorer.store.load("faces/file_id_code_faces")
    rows = labels["faces/face_types"]
    assert rows.texts == [f"{number} {name}" for number, name in KINDS.items()]
    assert rows.totals.tolist() == np.bincount(kinds).tolist()
    assert rows.files.tolist() == [len(np.unique(codes[kinds == kind])) for kind in range(3)]
    train = table["id"][table["subset"] == "train"].to_numpy()
    assert rows.within(train).tolist() == np.bincount(kinds[np.isin(codes, train)], minlength=3).tolist()
    assert labels["file_label"].texts == ["0 gear", "1 shaft"] and labels["file_label"].totals.tolist() == [15, 15]


def test_the_shares_of_subsets_are_in_the_page(merged):
    labels = {one.key: one for one in contents_of().labels}["faces/face_types"]
    table = pd.read_parquet("all.infoset")
    text = normal(Page(page_of()).text())
    for name in ("train", "validation", "test"):
        chosen = labels.within(table["id"][table["subset"] == name].to_numpy())
        for number in chosen:
            assert f"{100 * number / chosen.sum():.1f} %" in text
        away = np.abs(chosen / chosen.sum() - labels.totals / labels.totals.sum()).sum() / 2
        assert f"{name} {away:.3f}" in text


def test_a_subset_without_a_label_is_marked():
    # The labels of files alternate.
    merge(parts(), "all.dataset")
    with DatasetExplorer("all.dataset") as explorer:
        explorer.save_subsets({"even": [0, 2, 4], "odd": [1, 3]})
    page = page_of()
    assert "even 3 (50 %), odd 2 (33 %), in none 1." in normal(Page(page).text())
    assert page.count(b'<td class="num warn">none</td>') == 2


def test_many_subsets_have_no_columns():
    merge([part(f"parts/p{i:03}.zarr", 3, i, i % 2) for i in range(14)], "all.dataset")
    with DatasetExplorer("all.dataset") as explorer:
        explorer.save_subsets({f"fold{code:02}": [code] for code in range(14)})
    page = page_of()
    assert "in 2 other subsets or none 2." in normal(Page(page).text())
    assert page.count(b"<bdi>fold11</bdi>") > 0 and page.count(b"<bdi>fold12</bdi>") == 0


def test_scores_are_distances_from_the_median():
    values = np.array([10.0, 12, 11, 13, 12, 50, np.nan])
    known = values[:-1]
    mad = np.median(np.abs(known - np.median(known)))
    scores, by_mean = robust_scores(values)
    assert np.allclose(scores[:-1], (known - 12) / (1.4826 * mad)) and np.isnan(scores[-1]) and not by_mean
    # More than half are equal: the mean absolute deviation.
    most = np.array([1.0] * 9 + [3])
    scores, by_mean = robust_scores(most)
    assert by_mean and scores[-1] == pytest.approx(2 / (1.2533 * 0.2)) and not scores[:-1].any()
    assert not robust_scores(np.full(5, 0.1))[0].any()


def test_wide_measures_are_compared_by_logarithms_and_equal_ones_once():
    given = [1, 10, 100, 1000, 10, 100]
    (measure,) = measures_of([Column("a", "rows", "number", given), Column("b", "metadata", "number", given)])
    assert measure.logarithmic and measure.same == ["b"] and measure.centre == 55
    logs = np.log10(given)
    expected = (logs - np.median(logs)) / (1.4826 * np.median(np.abs(logs - np.median(logs))))
    assert np.allclose(measure.scores, expected)
    assert sum(measure.statistics.histogram.counts) == 6 and measure.statistics.histogram.high == 3
    (narrow,) = measures_of([Column("a", "rows", "number", [1, 2, 3, None, float("inf")])])
    assert not narrow.logarithmic and np.isnan(narrow.values[3:]).all()
    assert measures_of([Column("a", "metadata", "text", ["x"]), Column("b", "rows", "number", [None])]) == []


def test_the_file_with_most_rows_is_far_from_the_rest(merged):
    contents = contents_of()
    assert int(contents.worst.argmax()) == 17
    (faces,) = [measure for measure in contents.measures if measure.name == "rows in faces"]
    assert np.nonzero(faces.far)[0].tolist() == [17]
    text = normal(Page(page_of()).text())
    assert "robust z-score" in text and re.search(r"p017.*?rows in faces\s+90", text)


def test_the_table_has_what_the_table_of_files_has(merged):
    data = data_of(page_of(), "files-data")
    columns = {column["name"]: column for column in data["columns"]}
    table = pd.read_parquet("all.infoset")

    def values(name):
        column = columns[name]
        return [column["words"][at] for at in column["values"]] if "words" in column else column["values"]

    assert data["codes"] == list(range(30)) and values("file") == table["name"].tolist()
    assert values("subset") == table["subset"].tolist()
    assert values("size_cadfile") == table["size_cadfile"].tolist()
    assert values("closed") == [str(closed).lower() for closed in table["closed"]]
    assert values("file_label") == [["0 gear", "1 shaft"][label] for label in table["file_label"]]
    (mask,) = [mask for mask in data["masks"] if mask["name"] == "faces/face_types"]
    with DatasetExplorer("all.dataset") as explorer:
        for at in range(3):
            having = [code for code, bits in enumerate(mask["bits"]) if bits >> at & 1]
            assert having == explorer.get_file_list("faces", f"face_types == {at}").tolist()


def test_a_table_that_is_too_large_says_what_is_listed(merged, monkeypatch):
    monkeypatch.setattr(_table, "MOST_BYTES", 1500)
    page = page_of()
    data = data_of(page, "files-data")
    assert len(json.dumps(data, separators=(",", ":"))) <= 1500
    assert 0 < len(data["codes"]) < 30 and 17 in data["codes"] and data["files"] == 30
    assert data["codes"] == sorted(set(data["codes"]))
    assert f"{len(data['codes'])} of 30 files are listed" in normal(Page(page).text())
    assert all(len(column["values"]) == len(data["codes"]) for column in data["columns"])


def test_files_are_drawn_where_their_points_are(merged):
    drawn = data_of(page_of(), "parts-data")
    assert {17, 0} <= {one["code"] for one in drawn}
    with DatasetExplorer("all.dataset") as explorer:
        codes = explorer.store.load("faces/file_id_code_faces")
        centroids, kinds = explorer.store.load("faces/face_centroids"), explorer.store.load("faces/face_types")
    for one in drawn:
        scene = one["scene"]
        (layer,) = scene["layers"]
        places = np.frombuffer(b64decode(layer["points"]), "<i2").reshape(-1, 3) / 32767 * scene["scale"] + scene["centre"]
        assert np.allclose(places, centroids[codes == one["code"]], atol=1e-3)
        known = {entry["key"]: entry for entry in scene["values"][layer["known"]]}["faces/face_types"]
        assert known["numbers"] == kinds[codes == one["code"]].tolist()
        assert known["kinds"] == [0, 1, 2] and known["labels"] == KINDS
    reasons = " ".join(one["reason"] for one in drawn)
    assert "most of a label: faces/face_types 1 Cylinder" in reasons and "ordinary" in reasons


def test_drawn_files_keep_their_budget(merged, monkeypatch):
    monkeypatch.setattr(drawn_parts, "MOST_BYTES", 5000)
    page = page_of()
    drawn = data_of(page, "parts-data")
    assert 0 < len(drawn) < 30
    assert f"{len(drawn)} of 30 files are drawn here" in normal(Page(page).text())


def test_without_tables_there_are_rows_all_the_same():
    merge(parts(), "all.dataset")
    for table in ("infoset", "attribset", "flow"):
        os.remove(f"all.{table}")
    page = page_of()
    text = normal(Page(page).text())
    assert "there is no such table" in text and "rows in faces" in text and "There is no summary of a merge" in text
    assert data_of(page, "files-data")["columns"][0]["values"][1] == "file 1"


def test_what_was_left_out_is_told():
    with open("broken.zarr.data", "wb") as file:
        file.write(b"PK")
    merge([*parts(), "broken.zarr.data"], "all.dataset", on_error="skip")
    text = normal(Page(page_of()).text())
    assert "broken" in text and "Left out 1 parts, in the last merge" in text


def test_a_dataset_of_anything_has_a_page():
    for number in range(4):
        with datastorage.open(f"run{number}.zarr", mode="w", export=False) as store:
            builder = datastorage.SchemaBuilder("sensors")
            builder.create_group("samples", "sample").create_array("volts", ["sample"], "float64")
            store.schema = builder
            store["volts"] = np.arange(5.0) + number
    merge([f"run{number}.zarr" for number in range(4)], "all.dataset")
    page = page_of()
    assert not {"space", "labels"} & set(sections(page)) and {"files", "measures", "values"} <= set(sections(page))
    assert data_of(page, "parts-data") is None and "samples/volts" in Page(page).text()


def test_one_file_is_a_dataset_too():
    merge(parts(1), "all.dataset")
    assert "groups" in sections(page_of())


def test_nothing_in_a_dataset_becomes_part_of_the_page():
    for number in range(3):
        with datastorage.open(f"p{number}.zarr", mode="w", export=False) as store:
            store.schema = schema()
            store["face_types"] = np.array([0, 1, number], np.int32)
            store["face_centroids"] = np.random.default_rng(number).random((3, 3), np.float32)
            store.metadata["source"] = HOSTILE + str(number)
            store.metadata["closed"] = bool(number)
            store.metadata[HOSTILE.replace("/", "")] = f"{HOSTILE}\u202e{number}"
            store.metadata["descriptions/face_types"] = {"0": HOSTILE, "1": "\u202eback"}
    merge([f"p{number}.zarr" for number in range(3)], "all.dataset")
    page = page_of()
    parsed = Page(page)
    assert len(parsed.all("script")) == 9 and not parsed.all("img")
    assert not any(name.startswith("on") for _, attributes in parsed.elements for name in attributes)
    assert "\u202e" not in page.decode()
    assert HOSTILE in parsed.text()


def test_the_command_knows_a_dataset_from_a_store(capsys):
    from datastorage._command import main

    merge(parts(), "all.dataset")
    merge(parts(), "folder.dataset", layout="directory")
    for name in ("all", "folder"):
        assert main(["report", f"{name}.dataset"]) == 0
        with open(f"{name}.html", "rb") as file:
            assert "labels" in sections(file.read())
    assert main(["report", "parts/p000.zarr.data"]) == 0
    with open("p000.html", "rb") as file:
        assert "metadata" in sections(file.read())
