"""The tables of a dataset as pandas, polars and DuckDB read them."""

import duckdb
import pandas as pd
import polars as pl
import pytest
from _parts import parts

from datastorage import DatasetExplorer, merge

FIRST = ["name", "id", "description", "subset", "table_name"]


@pytest.fixture(autouse=True)
def _merged():
    merge(parts(), "all.dataset", description="six parts")


def check(rows):
    """Rows of the table of files, as dicts."""
    assert [row["name"] for row in rows] == [f"p{i:03}" for i in range(6)]
    assert [row["id"] for row in rows] == list(range(6))
    assert {row["description"] for row in rows} == {"six parts"}
    assert {(row["subset"], row["table_name"]) for row in rows} == {("", "file_info")}
    assert [row["size_cadfile"] for row in rows] == [3000, 3000, 4000, 5000, 6000, 2000]
    assert [row["closed"] for row in rows] == [False, True] * 3
    assert [row["file_label"] for row in rows] == [0, 1] * 3


def test_pandas():
    table = pd.read_parquet("all.infoset")
    assert list(table.columns[:5]) == FIRST
    check(table.to_dict("records"))
    assert table["id"].dtype == "int64" and table["size_cadfile"].dtype == "int64" and table["closed"].dtype == bool
    attributes = pd.read_parquet("all.attribset")
    assert list(attributes.columns) == ["id", "name", "description", "table_name"]
    kinds = attributes[attributes["table_name"] == "face_types"]
    assert list(zip(kinds["id"], kinds["name"], kinds["description"])) == [
        (0, "Plane", "not set"),
        (1, "Cylinder", "not set"),
        (2, "Cone", "not set"),
    ]


def test_polars():
    table = pl.read_parquet("all.infoset")
    assert table.columns[:5] == FIRST and table.schema["id"] == pl.Int64 and table.schema["closed"] == pl.Boolean
    check(table.to_dicts())
    assert pl.scan_parquet("all.infoset").filter(pl.col("size_cadfile") > 4500).collect()["id"].to_list() == [3, 4]
    assert pl.read_parquet("all.attribset").columns == ["id", "name", "description", "table_name"]


def test_duckdb():
    found = duckdb.sql("select * from read_parquet('all.infoset') order by id")
    assert found.columns[:5] == FIRST
    check([dict(zip(found.columns, row)) for row in found.fetchall()])
    pages = duckdb.sql("select distinct compression from parquet_metadata('all.infoset')").fetchall()
    assert pages == [("SNAPPY",)]


def test_the_explorer_gives_the_same_rows():
    with DatasetExplorer("all.dataset") as explorer:
        table = explorer.get_file_info_all()
        assert isinstance(table, pd.DataFrame)
        check(table.to_dict("records"))
        assert explorer.get_file_info_all("size_cadfile > 4500")["id"].tolist() == [3, 4]
        assert explorer.get_parquet_info_by_code(4)["name"] == "p004"
        assert set(explorer.get_attributes_all()["table_name"]) == {"face_types", "file_label", "source"}


def test_sql_joins_files_and_rows():
    with DatasetExplorer("all.dataset") as explorer:
        query = (
            "select i.name, count(*) as faces, max(f.face_areas) as largest from faces f "
            "join infoset i on i.id = f.file_id group by i.name order by i.name"
        )
        rows = explorer.sql(query).fetchall()
        areas, codes = explorer.store.load("faces/face_areas"), explorer.store.load("faces/file_id_code_faces")
        assert rows == [(f"p{i:03}", int((codes == i).sum()), areas[codes == i].max()) for i in range(6)]
        kinds = "select a.name, count(*) from faces f join attribset a on a.id = f.face_types where a.table_name = 'face_types' "
        assert sum(count for _, count in explorer.sql(kinds + "group by a.name").fetchall()) == 23
        assert explorer.sql("select face_centroids_2 from faces limit 1").fetchall()
        with pytest.raises(duckdb.Error):
            explorer.sql("select * from nothing")


def test_subsets_are_a_column():
    with DatasetExplorer("all.dataset") as explorer:
        explorer.save_subsets({"train": [0, 1, 2, 3], "test": [5]})
        assert explorer.get_subset("test").tolist() == [5]
        assert explorer.get_file_list(where="file.subset == 'train'").tolist() == [0, 1, 2, 3]
        with pytest.raises(KeyError):
            explorer.get_subset("validation")
        with pytest.raises(ValueError):
            explorer.save_subsets({"train": [9]})
    assert pl.read_parquet("all.infoset")["subset"].to_list() == ["train"] * 4 + ["", "test"]
    with DatasetExplorer("all.dataset") as explorer:
        assert explorer.get_subset("train").tolist() == [0, 1, 2, 3]
