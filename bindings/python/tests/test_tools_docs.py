"""The pages about the command and about xarray: their Python runs, their command lines are ones, their words are true."""

import re
from pathlib import Path

import _part
import pytest
from _plugin import installed_in

from datastorage._command._parser import make_parser
from datastorage._report import _collect, _scene

DOCS = Path(__file__).resolve().parents[3] / "docs"
LINES = re.findall(r"^\$ datastorage (.*)$", (DOCS / "command.md").read_text(), flags=re.M)


@pytest.mark.parametrize("line", LINES)
def test_command_lines_are_ones(line):
    make_parser().parse_args(line.split())


def test_every_command_is_described(capsys):
    with pytest.raises(SystemExit):
        make_parser().parse_args(["--help"])
    named = re.findall(r"^    (\w+)  ", capsys.readouterr().out, flags=re.M)
    described = re.findall(r"^\| `(\w+) ", (DOCS / "command.md").read_text(), flags=re.M)
    assert sorted(named) == sorted(described) and len(named) == 12


def test_limits_are_those_of_the_code():
    text = (DOCS / "command.md").read_text()
    assert f"{_collect.MOST_DESCRIBED} values are described, {_collect.MOST_LISTED} are listed" in text
    assert f"{_scene.MOST_POINTS:,} points".replace(",", " ") in " ".join(text.split())


def test_the_xarray_example(tmp_path_factory, capsys):
    _part.archive()
    (example,) = re.findall(r"^```python\n(.*?)^```$", (DOCS / "xarray.md").read_text(), flags=re.M | re.S)
    names = {}
    with installed_in(tmp_path_factory.mktemp("installed")):
        exec(compile(example, "xarray.md", "exec"), names)
    assert float(names["areas"]) == pytest.approx(700.6, rel=1e-4)
    assert "face_uv_points" in capsys.readouterr().out
    names["part"].close()
    names["faces"].close()
