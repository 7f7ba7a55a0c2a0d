"""Trains a classifier of faces from STEP files: encode, merge, load, train, and measure on held-out parts.

    python examples/python/train_faces STEP_DIRECTORY WORK_DIRECTORY

STEP_DIRECTORY holds parts and their labels, as cad_encode takes them. WORK_DIRECTORY gets encoded/, faces.dataset
and the pictures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
from dataset import Faces, load, merge
from evaluate import Fit, cross_validate
from features import features, graph_features
from report import MFCAD, pictures, tables

HERE = pathlib.Path(__file__).resolve()
BUILT = HERE.parents[3] / "build" / "examples" / "cad" / "cad_encode"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="train_faces", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("step", type=pathlib.Path, help="directory of STEP files and their .labels.json")
    parser.add_argument("work", type=pathlib.Path, help="directory for what is made")
    parser.add_argument("--model", choices=("auto", "dense", "graph"), default="auto",
                        help="dense: scikit-learn; graph: torch; auto: graph where torch is installed")  # fmt: skip
    parser.add_argument("--encoder", default=str(BUILT) if BUILT.exists() else "cad_encode", help="the cad_encode to run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes of the encoder")
    parser.add_argument("--encoded", action="store_true", help="take WORK_DIRECTORY/encoded as it is")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the folds and of the model")
    parser.add_argument("--names", type=pathlib.Path, help="JSON list of the names of the classes; without: those of MFCAD")
    parser.add_argument("--control", action="store_true",
                        help="shuffle the labels between faces first: nothing must be learnt then")  # fmt: skip
    return parser.parse_args()


def timed(what: str, call, *args):
    began = time.perf_counter()
    out = call(*args)
    print(f"{what:8} {time.perf_counter() - began:7.2f} s")
    return out


def encode(options: argparse.Namespace, encoded: pathlib.Path) -> None:
    command = [options.encoder, "--jobs", str(options.jobs), str(encoded), str(options.step)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{options.encoder} failed on a part (exit status {done.returncode})")
    print("\n".join(done.stdout.splitlines()[-2:]))


def prepare(kind: str, faces: Faces, label: np.ndarray) -> Fit:
    if kind == "graph":
        import graph

        nodes, edges, sides = timed("features", graph_features, faces)
        return graph.trainer(nodes, edges, sides.face, sides.other, label)
    import dense

    return dense.trainer(timed("features", features, faces), label)


def main() -> None:
    options = arguments()
    encoded, merged = options.work / "encoded", options.work / "faces.dataset"
    if not options.encoded:
        timed("encode", encode, options, encoded)
    timed("merge", merge, encoded, merged)
    faces = timed("load", load, merged)
    print(f"{len(faces.names)} parts, {len(faces.label)} labelled faces, {len(faces.source)} adjacencies")

    label = faces.label
    if options.control:
        label = np.random.default_rng(options.seed).permutation(label)
    named = json.loads(options.names.read_text()) if options.names else MFCAD
    names = {number: named[number] if 0 <= number < len(named) else "?" for number in np.unique(label).tolist()}

    torch = importlib.util.find_spec("torch") is not None
    kind = options.model if options.model != "auto" else "graph" if torch else "dense"
    if kind == "graph" and not torch:
        raise SystemExit("--model graph needs torch, which is not installed")
    result = cross_validate(prepare(kind, faces, label), label, faces.part, options.folds, options.seed)
    print(f"\n{kind}, seed {options.seed}{', shuffled labels' if options.control else ''}\n{tables(result, names)}\n")
    for path in pictures(result, names, kind + ("-control" if options.control else ""), options.work):
        print(path)


if __name__ == "__main__":
    sys.exit(main())
