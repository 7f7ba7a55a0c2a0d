"""The report on a dataset as a browser shows it: a table that is sorted, filtered and paged, and files that are drawn."""

import importlib
import re

import numpy as np
import pandas as pd
import pytest
from _browser import browse, own_directory, play  # noqa: F401

import datastorage
from datastorage import DatasetExplorer, DatasetLoader, merge
from datastorage._report._dataset import render
from datastorage._report._html import data

made = importlib.import_module("_parts")


def page_of(path):
    with DatasetExplorer(path) as explorer:
        return render(explorer, sample=1 << 20)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A hundred and twenty parts, one of them large, split; the path of the dataset."""
    folder = tmp_path_factory.mktemp("dataset")
    paths = [made.part(f"{folder}/p{i:03}.zarr", 80 if i == 17 else 3 + i % 5, i, i % 2) for i in range(120)]
    merge(paths, folder / "all.dataset")
    with DatasetLoader(folder / "all.dataset") as loader:
        loader.split("face_types", "faces", 0.6, 0.2, 0.2, 1)
    return folder / "all.dataset"


@pytest.fixture(scope="module")
def page(dataset):
    return page_of(dataset)


# What the player of a page asks the table.
TABLE = """
const table = document.getElementById('files-table');
const names = () => Array.from(table.tBodies[0].rows, (row) => row.cells[0].querySelector('bdi').textContent);
const found = () => document.getElementById('files-found').textContent;
const shown = () => document.getElementById('files-page').textContent;
const search = document.getElementById('files-search');
const ask = (text) => { search.value = text; search.dispatchEvent(new Event('input')); };
const menu = (name) => Array.from(document.querySelectorAll('#files-filters label'))
  .find((label) => label.textContent.startsWith(name)).querySelector('select');
const choose = (name, choice) => {
  const select = menu(name);
  select.value = Array.from(select.options).find((option) => option.textContent === choice).value;
  select.dispatchEvent(new Event('change'));
};
const head = (name) => Array.from(table.tHead.querySelectorAll('button')).find((one) => one.textContent === name);
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_renders_without_a_word_on_the_console(browse, page, scheme):
    rendered = browse(page, f"--blink-settings=preferredColorScheme={int(scheme == 'light')}")
    assert rendered.console == []
    assert re.search(r'id="files-found"[^>]*>120 files<', rendered.dom)
    assert int(re.search(r'data-drawn="(\d+)"', rendered.dom)[1]) > 0


def test_the_table_is_sorted_and_paged(play, page):
    told = play(
        page,
        TABLE
        + """
        told.first = [names().length, names()[0], shown()];
        document.getElementById('files-on').click();
        document.getElementById('files-on').click();
        told.last = [names().length, names()[0], shown(), document.getElementById('files-on').disabled];
        document.getElementById('files-back').click();
        told.back = names()[0];
        head('rows in faces').click();
        told.largest = [names()[0], head('rows in faces').parentElement.getAttribute('aria-sort'), shown()];
        head('rows in faces').click();
        told.smallest = names()[0];
        head('rows in faces').click();
        told.again = [names()[0], head('rows in faces').parentElement.getAttribute('aria-sort')];
        head('file').click(); head('file').click();
        told.reverse = names()[0];
        told.counted = table.getAttribute('aria-rowcount');
        """,
    )
    assert told == {
        "first": [50, "p000", "1 to 50"],
        "last": [20, "p100", "101 to 120", True],
        "back": "p050",
        "largest": ["p017", "descending", "1 to 50"],
        "smallest": "p000",
        "again": ["p000", None],
        "reverse": "p119",
        "counted": "121",
    }


def test_the_table_is_filtered(play, page, dataset):
    table = pd.read_parquet(dataset.with_suffix(".infoset"))
    told = play(
        page,
        TABLE
        + """
        ask('p01'); told.words = names();
        ask('size_cadfile>=7000 closed=true'); told.compared = names();
        ask('"rows in faces" > 50'); told.quoted = names();
        ask('file_label=shaft p00'); told.named = names();
        ask('nothing>3'); told.unknown = found();
        ask('size_cadfile>big'); told.text = found();
        ask('zzz'); told.none = [names(), found(), shown()];
        document.getElementById('files-clear').click();
        told.cleared = found();
        choose('subset', 'test'); told.test = found();
        choose('faces/face_types', '2 Cone'); told.both = found();
        document.getElementById('files-clear').click();
        document.getElementById('files-far').click();
        told.far = names();
        """,
    )
    chosen = table[(table["size_cadfile"] >= 7000) & table["closed"]]
    assert told["words"] == [f"p01{i}" for i in range(10)]
    assert told["compared"] == chosen["name"].tolist()
    assert told["quoted"] == ["p017"] and "p017" in told["far"]
    assert told["named"] == ["p001", "p003", "p005", "p007", "p009"]
    assert told["unknown"] == "there is no column nothing"
    assert told["text"] == "size_cadfile is compared with a number, not big"
    assert told["none"] == [[], "0 of 120 files", "none"] and told["cleared"] == "120 files"
    assert told["test"] == f"{(table['subset'] == 'test').sum()} of 120 files"
    with DatasetExplorer(dataset) as explorer:
        both = explorer.get_file_list("faces", "face_types == 'Cone' and file.subset == 'test'")
    assert told["both"] == f"{len(both)} of 120 files"


def test_a_label_lists_its_files(play, page, dataset):
    told = play(
        page,
        TABLE
        + """
        const button = document.querySelector('[data-filter="faces/face_types"][data-choice="1 Cylinder"]');
        button.click();
        told.found = found();
        told.menu = menu('faces/face_types').selectedOptions[0].textContent;
        """,
    )
    with DatasetExplorer(dataset) as explorer:
        files = explorer.get_file_list("faces", "face_types == 1")
    assert told == {"found": f"{len(files)} of 120 files", "menu": "1 Cylinder"}


def test_files_are_picked_and_keep_their_colours(play, page):
    told = play(
        page,
        TABLE
        + """
        const canvas = document.getElementById('scene');
        const part = document.getElementById('part');
        const now = () => part.selectedOptions[0].textContent;
        told.many = part.options.length;
        told.groups = Array.from(part.querySelectorAll('optgroup'), (group) => group.label);
        const first = canvas.toDataURL();
        told.first = now();
        document.getElementById('part-on').click(); await frame();
        told.next = now() !== told.first && canvas.toDataURL() !== first;
        document.getElementById('part-back').click(); await frame();
        told.back = now() === told.first && canvas.toDataURL() === first;
        const colour = () => document.querySelector('#scene-layers select').selectedOptions[0].textContent;
        told.colour = colour();
        const select = document.querySelector('#scene-layers select');
        select.value = String(Array.from(select.options).find((one) => one.textContent.includes('areas')).value);
        select.dispatchEvent(new Event('change'));
        document.getElementById('part-on').click(); await frame();
        told.kept = colour();
        ask('p017');
        table.querySelector('[data-show]').click(); await frame();
        told.shown = now().split(' ')[0];
        told.drawn = Number(canvas.dataset.drawn) > 0;
        document.querySelector('#outliers [data-show]').click(); await frame();
        told.outlier = now().split(' ')[0];
        """,
    )
    assert told.pop("many") == 60 and "most of a label" in told.pop("groups")
    assert told.pop("first").startswith("p") and told.pop("colour") == "by faces/face_types"
    assert told == {
        "next": True,
        "back": True,
        "kept": "by faces/face_areas",
        "shown": "p017",
        "drawn": True,
        "outlier": "p017",
    }


def test_twenty_thousand_files_are_a_page_at_a_time(play):
    merge([made.part("p.zarr", 3, 0)], "one.dataset")
    sizes = np.random.default_rng(0).permutation(20_000).tolist()
    columns = [
        {"name": "file", "kind": "text", "values": [f"part {i}" for i in range(20_000)]},
        {"name": "size", "kind": "number", "values": sizes},
    ]
    table = {"files": 20_000, "codes": list(range(20_000)), "columns": columns, "masks": [], "drawn": []}
    # The same page, but for its data.
    pattern = r'<script type="application/json" id="files-data">.*?</script>'
    page = re.sub(pattern, data("files-data", table), page_of("one.dataset").decode(), flags=re.S).encode()
    told = play(
        page,
        TABLE
        + """
        told.rows = names().length;
        head('size').click();
        told.largest = names()[0];
        head('file').click();
        told.natural = names().slice(0, 3);
        ask('size<2');
        told.few = names();
        told.elements = document.querySelectorAll('#files-table *').length < 1000;
        """,
    )
    assert told["rows"] == 50 and told["elements"]
    assert told["largest"] == f"part {sizes.index(19_999)}" and told["natural"] == ["part 0", "part 1", "part 2"]
    assert told["few"] == [f"part {i}" for i in sorted([sizes.index(0), sizes.index(1)])]


def test_hostile_names_and_values_run_nothing(browse):
    hostile = "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">"
    for number in range(3):
        with datastorage.open(f"p{number}.zarr", mode="w", export=False) as store:
            made.fill(store, 3, number)
            store.metadata["source"] = hostile + str(number)
            store.metadata[hostile.replace("/", "")] = hostile + str(number)
            store.metadata["descriptions/face_types"] = {"0": hostile, "1": hostile, "2": hostile}
    merge([f"p{number}.zarr" for number in range(3)], "all.dataset")
    rendered = browse(page_of("all.dataset"))
    assert rendered.console == []
    assert "<title>all.dataset</title>" in rendered.dom and "<img" not in rendered.dom


def test_it_is_not_wider_than_the_window(play, page):
    told = play(page, "told.wide = document.documentElement.scrollWidth <= innerWidth;")
    assert told == {"wide": True}
