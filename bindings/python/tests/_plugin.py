"""The package's entry point for xarray, as installing it would make it found: the suite runs on the sources."""

import re
import sys
from contextlib import contextmanager
from pathlib import Path

from xarray.backends import plugins

ENGINE = "datastorage"
PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


@contextmanager
def installed_in(folder):
    table = PROJECT.read_text().partition('[project.entry-points."xarray.backends"]')[2]
    name = re.search(rf'^{ENGINE} = "(.*)"$', table, re.M)[1]
    information = folder / "datastorage-0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: datastorage\nVersion: 0\n")
    (information / "entry_points.txt").write_text(f"[xarray.backends]\n{ENGINE} = {name}\n")
    sys.path.insert(0, str(folder))
    plugins.list_engines.cache_clear()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        plugins.list_engines.cache_clear()
