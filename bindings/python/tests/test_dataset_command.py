"""`datastorage merge`, `files` and `split`, as a shell sees them."""

import json
import os

import pytest
from _parts import nothing_written, parts

from datastorage._command import main


@pytest.fixture
def paths():
    return parts()


def run(capsys, *arguments):
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_merge_files_and_split(paths, capsys):
    status, out, err = run(capsys, "merge", "all.dataset", *paths)
    assert (status, err) == (0, "") and "all.dataset: 6 files" in out and "faces" in out and "23" in out
    assert {"all.dataset", "all.infoset", "all.attribset", "all.flow"} <= set(os.listdir("."))
    status, out, _ = run(capsys, "files", "all.dataset", "file.size_cadfile >= 5000")
    assert (status, out.split()) == (0, ["p003", "p004"])
    _, out, _ = run(capsys, "files", "-l", "--group", "faces", "all.dataset", "face_areas >= 0")
    assert out.splitlines()[1].split() == ["1", "p001"] and len(out.splitlines()) == 6
    _, out, _ = run(capsys, "files", "--json", "all.dataset", "file.name == 'p002'")
    assert json.loads(out) == [{"id": 2, "name": "p002"}]
    status, out, _ = run(capsys, "split", "--train", "0.5", "--validation", "0.25", "--test", "0.25", "all.dataset", "faces/face_types")
    assert status == 0 and [line.split()[0] for line in out.splitlines()] == ["train", "validation", "test"]
    assert sum(int(line.split()[1]) for line in out.splitlines()) == 6
    _, out, _ = run(capsys, "files", "all.dataset", "file.subset == 'train'")
    train = out.split()
    _, out, _ = run(capsys, "split", "-n", "--json", "--seed", "9", "all.dataset", "faces/face_types")
    assert sum(json.loads(out).values()) == 6
    _, out, _ = run(capsys, "files", "all.dataset", "file.subset == 'train'")
    assert out.split() == train


def test_an_output_that_exists(paths, capsys):
    assert run(capsys, "merge", "all.dataset", *paths[:2])[0] == 0
    status, out, err = run(capsys, "merge", "all.dataset", *paths)
    assert (status, out) == (2, "") and err.count("\n") == 1 and "all.dataset" in err
    assert run(capsys, "merge", "--append", "--json", "all.dataset", *paths[2:4])[0] == 0
    assert len(run(capsys, "files", "all.dataset")[1].split()) == 4
    _, out, _ = run(capsys, "merge", "--force", "--json", "all.dataset", *paths)
    assert json.loads(out)["files"] == 6


def test_what_is_left_out_is_told(paths, capsys):
    with open("parts/p999.zarr.data", "wb") as file:
        file.write(b"PK and no more")
    status, out, err = run(capsys, "merge", "all.dataset", *paths, "parts/p999.zarr.data")
    assert (status, out) == (2, "") and err.count("\n") == 1 and "p999" in err and nothing_written("all.dataset")
    status, out, err = run(capsys, "merge", "--skip", "all.dataset", *paths, "parts/p999.zarr.data")
    assert status == 0 and "6 files" in out and "p999" in err and err.count("\n") == 1


def test_wrong_use(paths, capsys):
    run(capsys, "merge", "all.dataset", *paths)
    for arguments in (
        ["files", "all.dataset", "file.size_cadfile >"],
        ["files", "absent.dataset"],
        ["split", "all.dataset", "face_types"],
        ["split", "all.dataset", "faces/nothing"],
        ["split", "--train", "2", "all.dataset", "faces/face_types"],
        ["merge", "x.dataset", "absent.zarr"],
    ):
        status, out, err = run(capsys, *arguments)
        assert (status, out) == (2, "") and err.count("\n") == 1, arguments
