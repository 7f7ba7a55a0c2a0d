"""The Python examples of the documentation run as they are written."""

import re
from pathlib import Path

import datastorage
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


def examples(path):
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / path).read_text(), flags=re.M | re.S)


def encode_parts():
    """Writes the directory of parts that the first page merges."""
    schema = datastorage.SchemaBuilder("CAD")
    faces = schema.create_group("faces", "face")
    for name, dtype in (("face_types", "int32"), ("face_areas", "float32"), ("face_labels", "int32")):
        faces.create_array(name, ["face"], dtype)
    graph = schema.create_group("graph", "graph_edge")
    for name in ("edges_source", "edges_destination"):
        graph.create_array(name, ["graph_edge"], "int32")
    for number in range(20):
        count = 5 + number
        with datastorage.open(f"parts/part_{number:02}.zarr", "w") as part:
            part.schema = schema
            part["face_types"] = np.arange(count, dtype=np.int32) % 3
            part["face_areas"] = np.linspace(1, 100 * count, count, dtype=np.float32)
            part["face_labels"] = np.arange(count, dtype=np.int32) % 2
            part["graph"] = {
                "edges_source": np.arange(count - 1, dtype=np.int32),
                "edges_destination": np.arange(1, count, dtype=np.int32),
            }
            part.metadata["num_faces"] = count
            part.metadata["descriptions/face_types"] = {"0": "Plane", "1": "Cylinder", "2": "Cone"}
            part.compress()


@pytest.mark.parametrize("path", ["docs/python.md", "docs/datasets.md", "bindings/python/README.md", "README.md"])
def test_examples(path, capsys):
    blocks = [block for block in examples(path) if "datastorage" in block]
    assert blocks, path
    encode_parts()
    names = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, path, "exec"), names)
    assert re.search(r"areas|\[2\.3 4\.1\]|SplitSizes", capsys.readouterr().out)


def test_the_example_program(capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bindings/python/examples"))
    import part

    part.main()
    assert "[2.3 4.1]" in capsys.readouterr().out
