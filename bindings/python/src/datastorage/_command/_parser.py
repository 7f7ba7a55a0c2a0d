"""The arguments of the command: subcommands, their options and help texts. Nothing runs here."""

from __future__ import annotations

import argparse
from typing import Any, Callable

from .._library import LIBRARY
from . import _browse, _change, _datasets, _values
from ._report import report

_PROFILES = ["default", "hoops", "portable", "fast", "compact"]

_EPILOG = """\
A STORE is a path (a Zarr directory, or its archive PATH.data) or a URI (json:DIRECTORY). A KEY is a path in it:
face_areas, graph/edges_source. With --json the answer is one JSON value.

exit status: 0; 1 when verify found damage; 2 when the command could not do what was asked

examples:
  datastorage tree part.zarr.data
  datastorage get part.zarr.data face_areas -o areas.npy
  datastorage convert part.zarr.data part_small.zarr.data --profile compact
  datastorage report part.zarr.data -o part.html
  datastorage merge all.dataset *.zarr.data
"""


class _Subcommands:
    """Adds subcommands that look alike."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(
        self,
        name: str,
        run: Callable[[Any, Any], int],
        summary: str,
        text: str,
        examples: str,
        stores: str = "",
        called: str = "STORE",
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = self._parsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}. {text}".rstrip(),
            epilog="examples:\n" + "\n".join(f"  datastorage {name} {line}" for line in examples.splitlines()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if stores:
            parser.add_argument("store", metavar="STORE", nargs=stores, help="paths or URIs")
        else:
            parser.add_argument("store", metavar=called, help="a path or URI" if called == "STORE" else "a path")
        parser.set_defaults(run=run)
        return parser


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="datastorage",
        description="Looks into stores of typed arrays, metadata and schemas: Zarr directories and archives, JSON.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = LIBRARY.ds_version_string().decode()
    parser.add_argument("--version", action="version", version=f"datastorage {version}")
    commands = _Subcommands(parser)
    _add_browsing(commands)
    _add_reading(commands)
    _add_changing(commands)
    _add_datasets(commands)
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer with JSON")


def _key(parser: argparse.ArgumentParser, text: str = "a group or an array; the root without it") -> None:
    parser.add_argument("key", metavar="KEY", nargs="?", default="", help=text)


def _add_browsing(commands: _Subcommands) -> None:
    ls = commands.add(
        "ls",
        _browse.ls,
        "list what is in a group",
        "Names of groups end in '/'.",
        "part.zarr.data\n-l part.zarr.data graph",
    )
    _key(ls)
    ls.add_argument("-l", "--long", action="store_true", help="with type, shape, size in memory, size stored and ratio")
    ls.add_argument("-r", "--recursive", action="store_true", help="with all that is below")
    _json(ls)
    tree = commands.add(
        "tree", _browse.tree, "show everything as a tree", "", "part.zarr.data\n--depth 1 part.zarr.data"
    )
    _key(tree)
    tree.add_argument("--depth", type=_natural, metavar="N", help="no deeper than N levels")
    _json(tree)
    info = commands.add(
        "info",
        _browse.info,
        "tell what a store or a node is",
        "Of a store: format, sizes, schema. Of an array: type, dimensions, chunks, codecs, attributes.",
        "part.zarr.data\npart.zarr.data face_uv_points --json",
    )
    _key(info, "a group or an array; the store without it")
    _json(info)


def _add_reading(commands: _Subcommands) -> None:
    get = commands.add(
        "get",
        _values.get,
        "write the elements of an array, a text, bytes or JSON",
        "On stdout: an element or a row a line, numbers with\n"
        "all their digits. Arrays larger than memory are written piece by piece.",
        "part.zarr.data face_areas\n"
        "part.zarr.data face_uv_points --region 3,:,:,2\n"
        "part.zarr.data face_uv_points -o points.npy",
    )
    get.add_argument("key", metavar="KEY", help="what is read")
    get.add_argument("-o", "--output", metavar="FILE", help="write to FILE; as NumPy's format when it ends in .npy")
    get.add_argument(
        "--region",
        metavar="SLICES",
        help="read a part: an index or START:STOP for each dimension, joined by commas; "
        "'--region=-1' when it begins with '-'",
    )
    _json(get)
    meta = commands.add(
        "meta",
        _browse.meta,
        "show the metadata, or the schema",
        "",
        "part.zarr.data\npart.zarr.data num_faces\npart.zarr.data --schema",
    )
    _key(meta, "a metadata path, such as descriptions/face_types; everything without it")
    meta.add_argument("--schema", action="store_true", help="the schema, as JSON")
    _json(meta)
    page = commands.add(
        "report",
        report,
        "write one HTML page about a store or a dataset",
        "It needs no network: sizes as a treemap, statistics and histograms, points\n"
        "in space, metadata, schema and how everything is stored; of a dataset labels by subset, outliers and a table of files.",
        "part.zarr.data -o part.html\nall.dataset",
    )
    page.add_argument("-o", "--output", metavar="FILE", help="the page; NAME.html without it, '-' is stdout")
    page.add_argument(
        "--sample",
        type=_natural,
        default=1 << 20,
        metavar="N",
        help="of an array with more than N elements, describe about N of them (default: 1048576)",
    )
    _json(page)


def _add_changing(commands: _Subcommands) -> None:
    verify = commands.add(
        "verify",
        _change.verify,
        "read everything and tell what is missing or altered",
        "The exit status is 1 when something is.",
        "part.zarr.data\nencoded/*.zarr.data",
        stores="+",
    )
    verify.add_argument("--repair", action="store_true", help="record the present state as right")
    _json(verify)
    compress = commands.add(
        "compress",
        _change.compress,
        "turn Zarr directories into archives (PATH.data)",
        "The directory is removed when the archive is complete.",
        "part.zarr\n--keep part.zarr",
        stores="+",
    )
    compress.add_argument("--keep", action="store_true", help="keep the directory")
    _json(compress)
    convert = commands.add(
        "convert",
        _change.convert,
        "copy a store into another kind, format or encoding",
        "DESTINATION is a directory (out.zarr), an\narchive (out.zarr.data) or json:DIRECTORY.",
        "part.zarr.data json:part_json\n"
        "part.zarr.data part3.zarr --zarr-format 3\n"
        "part.zarr.data small.zarr.data --profile compact",
    )
    convert.add_argument("destination", metavar="DESTINATION", help="the new store")
    _encoding(convert)
    convert.add_argument("--key", action="append", metavar="KEY", help="only this node and all below; may be repeated")
    convert.add_argument("-f", "--force", action="store_true", help="replace DESTINATION when it exists")
    _json(convert)


def _add_datasets(commands: _Subcommands) -> None:
    merge = commands.add(
        "merge",
        _datasets.merge,
        "merge stores into a dataset",
        "DATASET is X.dataset; beside it appear the tables\nX.infoset and X.attribset (Parquet), and X.flow (JSON).",
        "all.dataset encoded/*.zarr.data\n--append all.dataset new/*.zarr.data\n--skip --profile compact all.dataset *.data",
        called="DATASET",
    )
    merge.add_argument("part", metavar="PART", nargs="+", help="Zarr stores: directories or archives")
    existing = merge.add_mutually_exclusive_group()
    existing.add_argument("-f", "--force", action="store_true", help="replace DATASET when it exists")
    existing.add_argument("-a", "--append", action="store_true", help="add the parts to DATASET when it exists")
    merge.add_argument("--skip", action="store_true", help="leave out parts that cannot be merged, and tell which")
    merge.add_argument("--missing", choices=["absent", "error", "fill"], help="a part that lacks arrays (default: absent)")
    merge.add_argument("--group", action="append", metavar="GROUP", help="only this group; may be repeated")
    merge.add_argument("--layout", choices=["archive", "directory"], help="what DATASET is (default: archive)")
    merge.add_argument("--description", metavar="TEXT", help="what the table of files says of these parts")
    merge.add_argument("--threads", type=_natural, metavar="N", help="how many work (default: one a processor)")
    _encoding(merge)
    _json(merge)
    files = commands.add(
        "files",
        _datasets.files,
        "list the files of a dataset for which a predicate holds",
        "Without WHERE, every file; with --group, every one that has\nrows in it.",
        "all.dataset 'file.size_cadfile < 100000'\n"
        "--group faces all.dataset \"face_types == 'Cylinder' and face_areas > 10.5\"",
        called="DATASET",
    )
    files.add_argument("where", metavar="WHERE", nargs="?", default="", help="a predicate")
    files.add_argument("--group", metavar="GROUP", help="the group whose arrays are asked")
    files.add_argument("-l", "--long", action="store_true", help="with the code of each file")
    _json(files)
    split = commands.add(
        "split",
        _datasets.split,
        "divide the files of a dataset into train, validation and test",
        "The subsets resemble each other in the\ndistribution of an array, and are kept in the table of files.",
        "all.dataset faces/face_types\n--train 0.8 --validation 0.1 --test 0.1 --seed 42 all.dataset faces/face_areas",
        called="DATASET",
    )
    split.add_argument("key", metavar="GROUP/ARRAY", help="the array that the subsets resemble each other in")
    for name, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
        split.add_argument(f"--{name}", type=float, default=share, metavar="SHARE", help=f"default: {share}")
    split.add_argument("--seed", type=int, default=0, metavar="N", help="another one gives other subsets (default: 0)")
    split.add_argument("--bins", type=_natural, metavar="N", help="bins of the values; by default those that suit them")
    split.add_argument("-n", "--dry-run", action="store_true", help="keep nothing")
    _json(split)


def _encoding(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", choices=_PROFILES, help="how values are encoded")
    parser.add_argument("--codec", metavar="CODEC", help="the compressor, such as zstd:3, blosc:zstd:5:shuffle, none")
    parser.add_argument("--zarr-format", type=int, choices=[2, 3], help="the Zarr format (default: 2)")
    parser.add_argument("--chunk-elements", type=_natural, metavar="N", help="about how many elements a chunk holds")
    parser.add_argument("--shard-elements", type=_natural, metavar="N", help="about how many a shard holds (Zarr 3)")


def _natural(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"wanted a number of 1 or more, not {text!r}")
    return value
