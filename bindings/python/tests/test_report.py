"""The report without a browser: what is in the page, and that nothing in a store can become a part of it."""

import hashlib
import re
from base64 import b64decode, b64encode

import _part
import numpy as np
import pytest
from _page import HOSTILE, Page, page_of, scene_of
from conftest import opened

import datastorage
from datastorage._report import render
from datastorage._report._sample import sample, spread_boxes
from datastorage._report._statistics import describe
from datastorage._report._treemap import Rectangle, squarify


def test_the_page_tells_everything_about_a_part():
    page = Page(page_of(_part.archive()))
    text = page.text()
    for wanted in (
        "part.zarr.data",
        "face_uv_points",
        "zarr v2",
        "zstd:12",
        "0 Plane",
        "kind of surface",
        "length_unit",
        "mm",
    ):
        assert wanted in text
    assert [attributes["id"] for attributes in page.all("section")] == [
        "space",
        "sizes",
        "contents",
        "values",
        "metadata",
        "schema",
    ]
    assert len(page.ids) == len(set(page.ids))
    targets = {attributes["href"][1:] for attributes in page.all("a") if attributes.get("href", "").startswith("#")}
    assert targets <= set(page.ids)


def test_equal_stores_give_equal_pages():
    first = page_of(_part.archive())
    assert first == page_of("part.zarr.data")


def test_the_page_needs_no_network_and_runs_its_own_scripts_only():
    page = page_of(_part.archive())
    text = page.decode()
    assert not re.search(r"https?://|//[a-z]+\.", text.split("<style>")[0])
    assert not re.search(r"<(script|img|iframe|link)[^>]+(src|href)=\"(?!data:,)", text)
    policy = next(a["content"] for a in Page(page).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert len(scripts) == 6 and "default-src 'none'" in policy
    for script in scripts:
        assert f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2]


def test_nothing_in_a_store_becomes_part_of_the_page():
    with datastorage.open("memory:") as store:
        key = HOSTILE.replace("/", "")
        store[key] = np.arange(40)
        store[f"group/{key}"] = 1.5
        store["texts"] = np.array([HOSTILE, "\u202eback\x1b[31m", "a\0b", HOSTILE], object)
        store["text"], store["list"] = HOSTILE, [1, HOSTILE, {HOSTILE: None}]
        store["places/points"] = np.random.default_rng(0).random((4, 3))
        store[f"places/{key}"] = np.arange(4)
        store["texts"].attrs[HOSTILE] = HOSTILE
        store["texts"].dims = (HOSTILE,)
        store.metadata[key] = HOSTILE
        store.metadata["length_unit"] = HOSTILE
        store.metadata[f"descriptions/{key}"] = {"0": HOSTILE}
        schema = datastorage.SchemaBuilder(HOSTILE, description=HOSTILE)
        schema.create_group(HOSTILE, HOSTILE, HOSTILE).create_array(
            HOSTILE, [HOSTILE], "str", HOSTILE, labels=[HOSTILE]
        )
        store.schema = schema
        page = render(store)
    parsed = Page(page)
    assert len(parsed.all("script")) == 7 and not parsed.all("img")
    assert not any(name.startswith("on") for _, attributes in parsed.elements for name in attributes)
    assert parsed.text().count("</script><script>alert(1)") >= 8
    assert "\u202e" not in page.decode() and "\0" not in page.decode() and "\x1b" not in page.decode()
    assert scene_of(page)["unit"] == HOSTILE


def test_any_store_has_a_page(kind):
    with opened(kind) as store:
        _part.fill(store)
        assert "face_uv_points" in Page(render(store)).text()


@pytest.mark.parametrize("fill", [{}, {"a": None}, {"g": {}}, {"text": "x"}, {"empty": np.zeros((0, 3), "f4")}])
def test_a_page_of_little(fill):
    with datastorage.open("memory:") as store:
        for key, value in fill.items():
            store[key] = value
        page = render(store)
    Page(page)
    assert scene_of(page) is None


def test_points_are_placed_where_they_are():
    scene = scene_of(page_of(_part.archive()))
    grid, edges = scene["layers"]
    assert (grid["kind"], grid["items"], grid["inner"], edges["kind"]) == ("grid", 7, [6, 6], "curve")
    assert scene["low"] == [-5, -5, -5] and scene["high"] == [5, 5, 5] and scene["unit"] == "mm"
    places = np.frombuffer(b64decode(grid["points"]), "<i2").reshape(7, 6, 6, 3) / 32767 * scene["scale"]
    with datastorage.open("part.zarr.data", "r") as store:
        mask = store["face_uv_mask"][...] > 0
        assert np.allclose(places[mask], store["face_uv_points"][...][mask], atol=1e-3)
    assert np.frombuffer(b64decode(grid["mask"]), "u1").sum() == mask.sum()
    known = {entry["key"]: entry for entry in scene["values"]["face"]}
    assert known["face_types"]["labels"] == _part.KINDS and known["face_types"]["category"]


def test_many_points_are_thinned_by_whole_faces():
    with datastorage.open("memory:") as store:
        store["face_uv_points"] = np.random.default_rng(0).random((4000, 10, 10, 3), "f4")
        page = render(store)
    (layer,) = scene_of(page)["layers"]
    assert layer["step"] == 3 and layer["items"] == 1334 and layer["of"] == 4000
    assert "1334 × 10 × 10 points shown, evenly picked" in Page(page).text()


def test_long_curves_are_thinned_too():
    with datastorage.open("memory:") as store:
        store["edge_points"] = np.random.default_rng(0).random((3, 400_000, 3), "f4")
        page = render(store)
    (layer,) = scene_of(page)["layers"]
    assert layer["thinned"] and layer["items"] * layer["inner"][0] <= 150_000 and len(page) < 3_000_000


def test_a_damaged_array_hides_nothing_else():
    with datastorage.open("part.zarr", export=False) as store:
        _part.fill(store)
    with open("part.zarr/face_areas/0", "r+b") as file:
        file.write(b"\xff" * 8)
    text = Page(page_of("part.zarr")).text()
    assert "Cannot be read" in text and "face_areas" in text and "0 Plane" in text


def test_a_large_array_is_sampled_and_said_so():
    with datastorage.open("large.zarr") as store:
        store.create("x", (200_000,), "f4", chunks=(1000,))
        store["x"][...] = np.arange(200_000, dtype="f4")
    text = Page(page_of("large.zarr", sample=3200)).text().replace("\u202f", " ")
    assert "Sampled: 3 200 of 200 000 elements" in text and "from 32 places" in text
    with datastorage.open("large.zarr", "r") as store:
        looked = sample(store["x"], 3200, (1000,))
        assert looked.values.size == 3200 and looked.boxes == 32
        assert looked.values[0] == 0 and looked.values[-1] == 199_099


@pytest.mark.parametrize("shape, chunks", [((1000,), (7,)), ((3, 100_000), (3, 100_000)), ((50, 60, 70), (10, 60, 70))])
def test_boxes_lie_in_the_array_and_keep_the_limit(shape, chunks):
    boxes = spread_boxes(shape, chunks, 500)
    sizes = [np.prod([place.stop - place.start for place in box]) for box in boxes]
    assert 0 < sum(sizes) <= 500
    assert all(0 <= place.start < place.stop <= n for box in boxes for place, n in zip(box, shape))


def test_statistics_are_numpys():
    values = np.array([[1.5, np.nan, -2], [0, np.inf, 4]])
    facts = dict(describe(values).facts)
    finite = values[np.isfinite(values)]
    assert facts == {
        "min": -2,
        "max": 4,
        "mean": finite.mean(),
        "std": finite.std(),
        "zeros": 1,
        "NaN": 1,
        "infinite": 1,
    }
    assert sum(describe(values).histogram.counts) == 4
    assert dict(describe(np.array([2**63 - 1, -(2**63)])).facts)["max"] == 2**63 - 1
    assert dict(describe(np.array([1e308, -1e308, 1e308])).facts)["max"] == 1e308
    assert [tuple(bar) for bar in describe(np.array([0, 1, 1]), {"1": "Cone"}).bars] == [("0", 1), ("1 Cone", 2)]
    assert dict(describe(np.array(["a", "", "a"], object)).facts)["different"] == 2
    assert describe(np.array([True, False, True])).facts == [("true", 2), ("false", 1)]
    assert dict(describe(np.array([3 + 4j])).facts)["magnitude max"] == 5
    assert describe(np.zeros((0, 3))).facts == [("zeros", 0), ("NaN", 0)]


def test_every_integer_is_in_one_bin():
    histogram = describe(np.arange(1000)).histogram
    assert histogram.whole and sum(histogram.counts) == 1000 and set(histogram.counts[:-1]) == {21}


def test_the_treemap_fills_its_frame():
    sizes = [60, 30, 20, 20, 10, 5, 1]
    placed = squarify(sizes, Rectangle(0, 0, 300, 200))
    for size, place in zip(sizes, placed):
        assert place.width * place.height == pytest.approx(size / sum(sizes) * 60_000)
        assert place.left >= 0 and place.top >= 0
        assert place.left + place.width <= 300.001 and place.top + place.height <= 200.001
    assert max(max(p.width / p.height, p.height / p.width) for p in placed) < 4
