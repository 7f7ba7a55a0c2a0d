"""The report as a browser shows it: it draws, answers its reader, tells the console nothing, runs nothing of a store."""

import re

import numpy as np
import pytest
from _browser import browse, own_directory, part, play  # noqa: F401

import datastorage
from datastorage._report import render


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = part.archive(str(tmp_path_factory.mktemp("part") / "part.zarr"))
    with datastorage.open(path, "r") as store:
        return render(store)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_renders_without_a_word_on_the_console(browse, page, scheme):
    rendered = browse(page, f"--blink-settings=preferredColorScheme={int(scheme == 'light')}")
    assert rendered.console == []
    assert int(re.search(r'data-drawn="(\d+)"', rendered.dom)[1]) > 10_000
    assert 'class="script"' in rendered.dom
    assert "Plane (6)" in rendered.dom and "Cylinder (1)" in rendered.dom


def test_hostile_names_and_values_run_nothing(browse):
    hostile = "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">"
    with datastorage.open("memory:") as store:
        key = hostile.replace("/", "")
        store[key] = np.arange(3)
        store["places/points"] = np.random.default_rng(0).random((3, 3))
        store[f"places/{key}"] = np.arange(3)
        store["texts"] = np.array([hostile], object)
        store["text"] = hostile
        store.metadata[key] = hostile
        store.metadata[f"descriptions/{key}"] = {"0": hostile}
        rendered = browse(render(store))
    assert rendered.console == []
    assert "<title>memory:</title>" in rendered.dom and "<img" not in rendered.dom
    assert int(re.search(r'data-drawn="(\d+)"', rendered.dom)[1]) > 0


def test_the_drawing_turns_zooms_and_tells_what_is_under_the_pointer(play, page):
    told = play(
        page,
        """
        const canvas = document.getElementById('scene');
        const box = canvas.getBoundingClientRect();
        const middle = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true, pointerId: 1 };
        const press = async (key) => { canvas.dispatchEvent(new KeyboardEvent('keydown', { key })); await frame(); };
        const picture = () => canvas.toDataURL();
        canvas.setPointerCapture = () => {};
        canvas.dispatchEvent(new PointerEvent('pointermove', middle));
        told.hover = document.getElementById('scene-hover').textContent;
        const first = picture();
        await press('ArrowLeft');
        told.turned = picture() !== first;
        await press('0');
        told.reset = picture() === first;
        const before = Number(canvas.dataset.drawn);
        await press('-'); await press('-');
        told.smaller = Number(canvas.dataset.drawn) < before;
        await press('0');
        canvas.dispatchEvent(new PointerEvent('pointerdown', middle));
        canvas.dispatchEvent(new PointerEvent('pointermove', { ...middle, clientX: middle.clientX + 90 }));
        canvas.dispatchEvent(new PointerEvent('pointerup', middle));
        await frame();
        told.dragged = picture() !== first;
        """,
    )
    assert told.pop("hover").startswith("face ") and all(told.values())


def test_layers_and_colours_are_chosen(play, page):
    told = play(
        page,
        """
        const canvas = document.getElementById('scene');
        const [select] = document.querySelectorAll('#scene-layers select');
        told.choices = Array.from(select.options, (option) => option.textContent);
        const first = canvas.toDataURL();
        select.value = '0';
        select.dispatchEvent(new Event('change'));
        await frame();
        told.coloured = canvas.toDataURL() !== first;
        told.legend = document.getElementById('scene-legend').textContent;
        for (const box of document.querySelectorAll('#scene-layers input')) if (box.checked) box.click();
        await frame();
        told.drawn = canvas.dataset.drawn;
        """,
    )
    assert told == {
        "choices": ["one colour", "by face_areas", "by face_types"],
        "coloured": True,
        "legend": "face_areas87.5125.6",
        "drawn": "0",
    }


def test_the_table_is_searched_and_sorted(play, page):
    told = play(
        page,
        """
        const table = document.getElementById('everything');
        const names = () => Array.from(table.tBodies[0].rows, (row) => row.cells[0].querySelector('bdi').textContent);
        const stored = table.tHead.querySelectorAll('button')[4];
        const search = document.getElementById('search');
        told.tree = names();
        stored.click();
        told.largest = names()[0];
        told.sort = stored.parentElement.getAttribute('aria-sort');
        stored.click();
        told.smallest_last = names().at(-1);
        stored.click();
        told.again = names();
        search.value = 'float32 face';
        search.dispatchEvent(new Event('input'));
        told.found = [names(), document.getElementById('found').textContent];
        """,
    )
    assert told["tree"] == told["again"] and "graph" in told["tree"]
    assert told["largest"] == told["smallest_last"] == "face_uv_points"
    assert told["sort"] == "descending"
    assert told["found"] == [["face_areas", "face_uv_normals", "face_uv_points"], "3 of 9"]


def test_the_treemap_and_the_histograms_have_two_measures(play, page):
    told = play(
        page,
        """
        const shown = () => ['stored', 'memory'].filter((name) =>
          getComputedStyle(document.querySelector('.map-' + name)).display !== 'none');
        told.first = shown();
        document.getElementById('by-memory').click();
        told.then = shown();
        const heights = () =>
          Array.from(document.querySelectorAll('.hist i'), (bar) => bar.getBoundingClientRect().height).join();
        const before = heights();
        document.getElementById('logarithmic').click();
        told.logarithmic = heights() !== before;
        told.wide = document.documentElement.scrollWidth <= innerWidth;
        """,
    )
    assert told == {"first": ["stored"], "then": ["memory"], "logarithmic": True, "wide": True}


def test_without_scripts_everything_but_the_drawing_is_there(browse, page):
    text = re.sub(rb"<script>.*?</script>", b"", page, flags=re.S)
    rendered = browse(text)
    assert rendered.console == [] and "face_uv_points" in rendered.dom and 'class="script"' not in rendered.dom
