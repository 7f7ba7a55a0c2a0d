"""The Python examples of the documentation run as they are written."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def examples(path):
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / path).read_text(), flags=re.M | re.S)


@pytest.mark.parametrize("path", ["docs/python.md", "docs/datasets.md", "bindings/python/README.md", "README.md"])
def test_examples(path, capsys):
    blocks = [block for block in examples(path) if "datastorage" in block]
    assert blocks, path
    names = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, path, "exec"), names)
    assert re.search(r"areas|\[2\.3 4\.1\]|SplitSizes", capsys.readouterr().out)


def test_the_example_program(capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bindings/python/examples"))
    import part

    part.main()
    assert "[2.3 4.1]" in capsys.readouterr().out
