"""Arrays of real CAD parts: STEP files through `cad_encode`, read back from the archives. See examples/cad."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from rows.dsffi import Library

#: What Debian's occt-misc ships, and what the demo encodes too.
DEFAULT = Path("/usr/share/opencascade/data/step")


@dataclass
class Part:
    """What one STEP file became."""

    name: str
    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]


def find_files(directory: Path | None = None) -> list[Path]:
    """The STEP files of a directory, else of $DATASTORAGE_PARTS, else those of the demo."""
    directory = directory or Path(os.environ.get("DATASTORAGE_PARTS", DEFAULT))
    files = sorted(p for p in directory.glob("*") if p.suffix.lower() in (".step", ".stp"))
    if not files:
        raise SystemExit(f"peers: no STEP file in {directory}")
    return files


def encode(encoder: Path, library: Path, work: Path, files: list[Path]) -> list[Part]:
    """Encodes the files into `work` and loads every array that is none of strings."""
    work.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [encoder, "--profile", "portable", work, *files]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # a file that is no part is left out
    ds = Library(os.fspath(library))
    parts = []
    for file in files:
        archive = work / f"{file.stem}.zarr"
        if not Path(f"{archive}.data").exists():
            continue
        store = ds.open(os.fspath(archive), b'{"mode":"r"}')
        keys = [key for key in ds.array_keys(store) if not key.startswith("metadata")]
        arrays = {key: ds.load_array(store, key.encode()) for key in keys}
        parts.append(Part(file.stem, arrays, json.loads(ds.metadata(store))))
        ds.check(ds.close(store))
    return parts
