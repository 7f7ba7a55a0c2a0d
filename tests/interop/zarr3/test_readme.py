"""The programs of the README do what it says: they compile, they run, and Python reads what C++ wrote."""

import os
import re
import subprocess
import sys
from pathlib import Path

from _ds import ROOT, library_path

README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{ROOT}/include"]


def block(language):
    # The package's own program is tested with the package; the one without it comes last.
    *_, text = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return text


def compile_and_run(compiler, language, folder):
    """Builds the block of the language in the folder and runs it there."""
    source, libraries = folder / f"readme.{language}", Path(library_path()).parent
    source.write_text(block(language), encoding="utf-8")
    (folder / "libdatastorage.so.1").symlink_to(library_path())
    subprocess.run(
        [*compiler, *FLAGS, source, f"-L{libraries}", "-ldatastorage", "-o", "readme"], cwd=folder, check=True
    )
    subprocess.run(["./readme"], cwd=folder, check=True, env=os.environ | {"LD_LIBRARY_PATH": os.fspath(folder)})
    assert (folder / "part.zarr.data").is_file() and not (folder / "part.zarr").exists()


def test_the_c_program_runs(tmp_path):
    compile_and_run(["cc", "-std=c11"], "c", tmp_path)


def test_python_prints_what_the_cpp_program_stored(tmp_path):
    compile_and_run(["c++", "-std=c++17"], "cpp", tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", block("python")], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout == "('face',) float32 [1.5 2.3 4.1]\n" and done.stdout.strip() in README


def test_links_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
