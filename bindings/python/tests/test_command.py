"""The command `datastorage`: what it answers, as text and as JSON, and its exit statuses."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import _part
import numpy as np
import pytest

import datastorage
from datastorage._command import main

COMMANDS = ["ls", "tree", "info", "get", "meta", "report", "verify", "compress", "convert"]


@pytest.fixture
def part():
    return _part.archive()


@pytest.fixture
def run(capsys):
    """Runs a command line; gives its exit status, its answer and its errors."""

    def run(*arguments):
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        answer = capsys.readouterr()
        return status, answer.out, answer.err

    return run


@pytest.fixture
def answer(run):
    """The JSON answer of a command that succeeds."""

    def answer(*arguments):
        status, out, err = run(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return answer


def command(*arguments, **options):
    """The command as a process of its own."""
    return subprocess.run([sys.executable, "-m", "datastorage", *arguments], capture_output=True, text=True, **options)


def test_version_and_help(capsys):
    assert command("--version").stdout == f"datastorage {datastorage.__version__}\n"
    for name in COMMANDS:
        with pytest.raises(SystemExit) as exit:
            main([name, "--help"])
        text = capsys.readouterr().out
        assert exit.value.code == 0 and f"examples:\n  datastorage {name}" in text and "--json" in text
    assert command().returncode == 2


def test_ls(run, answer, part):
    status, out, _ = run("ls", part)
    assert status == 0 and out.splitlines() == [
        "edge_points", "face_areas", "face_types", "face_uv_mask", "face_uv_normals", "face_uv_points", "graph/", "names",
    ]  # fmt: skip
    assert run("ls", "-r", part)[1].splitlines()[-3:] == ["graph/", "graph/edges", "names"]
    assert run("ls", part, "graph")[1] == "edges\n"
    assert run("ls", part, "graph/edges")[1] == "edges\n"
    line = next(line for line in run("ls", "-l", part)[1].splitlines() if "face_areas" in line)
    assert line.split()[:5] == ["face_areas", "float32", "(7,)", "28", "B"]
    assert answer("ls", part)[1] == {
        "key": "face_areas", "kind": "array", "dtype": "float32", "shape": [7], "dims": ["face"],
        "nbytes": 28, "stored_bytes": answer("info", part, "face_areas")["stored_bytes"], "chunks": 1,
    }  # fmt: skip


def test_tree(run, answer, part):
    out = run("tree", part)[1].splitlines()
    assert out[0].startswith(f"{part}  zarr, 8 values, ")
    assert out[-3].startswith("├── graph/") and out[-2].startswith("│   └── edges") and out[-1].startswith("└── names")
    assert len(run("tree", "--depth", 1, part)[1].splitlines()) == len(out) - 1
    group = next(node for node in answer("tree", part) if node["kind"] == "group")
    assert [child["key"] for child in group["children"]] == ["graph/edges"]
    assert answer("tree", part, "graph")[0]["key"] == "graph/edges"


def test_info(run, answer, part):
    told = answer("info", part)
    assert (told["format"], told["container"], told["arrays"], told["groups"], told["schema"]) == (
        "zarr v2", "archive", 8, 1, "CAD",
    )  # fmt: skip
    assert told["file_bytes"] == os.path.getsize(part)
    told = answer("info", part, "face_types")
    assert told["codecs"] == ["delta", "zstd:12"] and told["chunk_shape"] == [7] and told["schema_group"] == "faces"
    assert "codecs        delta, zstd:12" in run("info", part, "face_types")[1]


def test_get_text(run, part):
    assert run("get", part, "face_areas", "--region", "3:6")[1] == "100.0\n87.5\n87.5\n"
    assert run("get", part, "graph/edges", "--region", ":2")[1] == "0\t1\n2\t3\n"
    assert run("get", part, "graph/edges", "--region=-1,0")[1] == "10\n"
    assert run("get", part, "face_uv_mask", "--region", "0:2,0:1,0:2")[1] == "1\t1\n\n1\t1\n\n"
    assert run("get", part, "names")[1] == "steel\nwood\nsteel\n"


def test_get_values_of_every_kind(run, answer):
    with datastorage.open("all.zarr", nan="allow") as store:
        store["text"], store["n"], store["raw"], store["list"] = "a\nb", 7, b"\0\xff", [1, {"a": None}]
        store["x"] = np.array([0.1, np.nan, -np.inf], np.float32)
        store["z"] = np.array([1 + 2j])
        store["lines"] = np.array(["a\tb", "c\nd"], object)
    assert run("get", "all.zarr", "text")[1] == "a\nb\n"
    assert run("get", "all.zarr", "n")[1] == "7\n"
    assert run("get", "all.zarr", "x")[1] == "0.1\nnan\n-inf\n"
    assert run("get", "all.zarr", "lines")[1] == "a\\tb\nc\\nd\n"
    assert answer("get", "all.zarr", "x")[1:] == ["NaN", "-Infinity"]
    assert answer("get", "all.zarr", "z") == [[1, 2]]
    assert answer("get", "all.zarr", "list") == [1, {"a": None}]
    assert answer("get", "all.zarr", "raw") == [0, 255]
    assert (
        subprocess.run([sys.executable, "-m", "datastorage", "get", "all.zarr", "raw"], capture_output=True).stdout
        == b"\0\xff"
    )
    assert run("get", "all.zarr", "raw", "-o", "raw.bin")[0] == 0
    assert Path("raw.bin").read_bytes() == b"\0\xff"


@pytest.mark.parametrize("key", ["face_uv_points", "graph/edges", "names"])
def test_get_npy(run, part, key):
    assert run("get", part, key, "-o", "out.npy") == (0, "", "")
    with datastorage.open(part, "r") as store:
        wanted = store[key][...]
    got = np.load("out.npy")
    assert np.array_equal(got, wanted) and (got.dtype == wanted.dtype or got.dtype.kind == "U")


def test_get_npy_of_an_array_in_blocks(run, monkeypatch):
    with datastorage.open("long.zarr") as store:
        store["x"] = np.arange(1000.0).reshape(100, 10)
    monkeypatch.setattr("datastorage._command._values._BLOCK", 700)
    assert run("get", "long.zarr", "x", "-o", "out.npy")[0] == 0
    assert np.array_equal(np.load("out.npy"), np.arange(1000.0).reshape(100, 10))
    assert len(run("get", "long.zarr", "x")[1].splitlines()) == 100
    assert json.loads(run("get", "long.zarr", "x", "--json")[1]) == np.arange(1000.0).reshape(100, 10).tolist()


def test_meta(run, answer, part):
    assert run("meta", part, "length_unit")[1] == "mm\n"
    assert "descriptions/face_types/1" in run("meta", part)[1]
    assert answer("meta", part, "descriptions/face_types") == _part.KINDS
    assert answer("meta", part, "--schema")["domain"] == "CAD"


def test_verify(run, answer, part):
    assert run("verify", part) == (0, f"{part}: ok\n", "")
    assert answer("verify", part) == [{"store": part, "findings": [], "ok": True}]
    with datastorage.open("damaged.zarr") as store:
        store["x"] = np.arange(1000.0)
    with open("damaged.zarr/x/0", "r+b") as file:
        file.seek(20)
        file.write(b"\xff\xff")
    status, out, _ = run("verify", "damaged.zarr", part)
    assert status == 1 and "damaged.zarr: damaged, 1 finding\n  x" in out and f"{part}: ok" in out
    status, out, err = run("verify", "absent.zarr", part)
    assert status == 2 and "absent.zarr" in err and f"{part}: ok" in out
    status, out, _ = run("verify", "--repair", "damaged.zarr")
    assert status == 0 and "damaged.zarr: recorded as right, 1 finding" in out
    with open(part, "r+b") as file:
        file.truncate(200)
    assert run("verify", part)[0] == 1


def test_compress(run, answer):
    for name in ("a.zarr", "b.zarr"):
        with datastorage.open(name, export=False) as store:
            store["x"] = np.arange(10)
    assert answer("compress", "a.zarr") == [
        {"store": "a.zarr", "archive": "a.zarr.data", "bytes": os.path.getsize("a.zarr.data")}
    ]
    assert run("compress", "--keep", "b.zarr")[0] == 0
    assert sorted(os.listdir()) == ["a.zarr.data", "b.zarr", "b.zarr.data"]
    status, _, err = run("compress", "a.zarr.data")
    assert status == 2 and "a.zarr.data" in err


@pytest.mark.parametrize(
    "destination, options, form",
    [
        ("json:out", [], "json"),
        ("out.zarr", ["--zarr-format", "3"], "zarr v3"),
        ("out.zarr.data", ["--profile", "compact"], "zarr v2"),
        ("new/out.zarr.data", ["--zarr-format", "3", "--shard-elements", "64", "--chunk-elements", "16"], "zarr v3"),
        ("zarr:out.zarr", ["--codec", "gzip:6"], "zarr v2"),
    ],
)
def test_convert(run, answer, part, destination, options, form):
    assert answer("convert", part, destination, *options)["values"] == 8
    assert answer("info", destination)["format"] == form
    with datastorage.open(part, "r") as source, datastorage.open(destination, "r") as copy:
        assert np.array_equal(source["face_uv_points"][...], copy["face_uv_points"][...])
        assert copy.metadata["length_unit"] == "mm" and copy.schema == source.schema
    status, _, err = run("convert", part, destination, *options)
    assert status == 2 and "--force" in err and err.count("\n") == 1
    assert run("convert", part, destination, *options, "--force", "--key", "graph")[0] == 0
    assert run("ls", "-r", destination)[1] == "graph/\ngraph/edges\n"
    assert not [name for name in os.listdir() if name.startswith(".datastorage")]


def test_report(run, answer, part):
    assert run("report", part)[0] == 0
    page = Path("part.html").read_bytes()
    assert page.startswith(b"<!doctype html>")
    assert answer("report", part, "-o", "other.html") == {"store": part, "report": "other.html", "bytes": len(page)}
    done = subprocess.run([sys.executable, "-m", "datastorage", "report", part, "-o", "-"], capture_output=True)
    assert done.stdout == page


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["ls", "absent.zarr"], "absent.zarr: no store there"),
        (["get", "part.zarr.data", "nothing"], "nothing: not found"),
        (["get", "part.zarr.data", "face_area"], "face_area: not found; did you mean 'face_areas'?"),
        (["ls", "part.zarr.data", "edges"], "edges: not found; did you mean 'graph/edges'?"),
        (["meta", "part.zarr.data", "length_units"], "length_units: no such metadata; did you mean 'length_unit'?"),
        (["get", "part.zarr.data", "graph"], "graph: is a group; name an array in it, or see 'datastorage tree'"),
        (["get", "part.zarr.data", "names", "--region", "a"], "--region: 'a' is no index, START:STOP or '...'"),
        (["get", "part.zarr.data", "names", "--region", "9"], "names: index 9 is out of bounds for axis 0 with size 3"),
        (["get", "part.zarr.data", "names", "-o", "no/such/x"], "no/such/x: No such file or directory"),
        (["meta", "part.zarr.data", "nothing"], "nothing: no such metadata"),
        (["convert", "part.zarr.data", "memory:"], "memory: a store in memory would be gone at the end of the command"),
        (["convert", "part.zarr.data", "json:o", "--codec", "none"], "--codec: is for Zarr, the destination is JSON"),
    ],
)
def test_errors_are_one_line(run, part, arguments, text):
    assert run(*arguments) == (2, "", f"datastorage: {text}\n")


def test_a_usage_error_says_what_is_wrong(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["tree", "part.zarr", "--depth", "0"])
    assert exit.value.code == 2 and "wanted a number of 1 or more, not '0'" in capsys.readouterr().err


def test_colours_are_for_terminals_only(part):
    def seen(**variables):
        parent, child = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        environment.update({"TERM": "xterm", **variables})
        arguments = [sys.executable, "-m", "datastorage", "ls", part]
        subprocess.run(arguments, stdout=child, env=environment, check=True)
        os.close(child)
        text = os.read(parent, 10_000)
        os.close(parent)
        return text

    assert b"\x1b[34;1mgraph/\x1b[0m" in seen()
    assert b"\x1b" not in seen(NO_COLOR="1") and b"\x1b" not in seen(TERM="dumb")
    assert "\x1b" not in command("ls", part).stdout


def test_names_cannot_steer_the_terminal(run):
    with datastorage.open("bad.zarr") as store:
        store["\u202egnp.exe"] = 1
        store.metadata["x"] = "\x1b]0;title\x07\nnext"
        store["texts"] = np.array(["\x1b[2J"], object)
    for arguments in (["tree", "bad.zarr"], ["ls", "bad.zarr"], ["meta", "bad.zarr"], ["get", "bad.zarr", "texts"]):
        out = run(*arguments)[1]
        assert "\x1b" not in out and "\u202e" not in out and "\\" in out
    assert run("meta", "bad.zarr", "--json")[1].count("\x1b") == 0


def test_a_reader_that_has_enough_is_no_error():
    with datastorage.open("long.zarr") as store:
        store["x"] = np.arange(200_000)
    done = subprocess.run(
        f"{sys.executable} -m datastorage get long.zarr x | head -n 1", shell=True, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("0\n", "")
