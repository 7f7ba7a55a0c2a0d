"""Builds the native library with cargo and puts it into the package; metadata is in pyproject.toml.

The Rust sources are the checkout that this folder is in, or `rust/` in a source distribution.
`DATASTORAGE_BUILD_LIBRARY` names a library that was built elsewhere, which is bundled instead;
`DATASTORAGE_WHEEL_PLATFORM` the platform of the wheel's tag then. No symbol of Python is used, so that one wheel
serves every Python 3: its tag is py3-none-PLATFORM.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.dist import Distribution

HERE = Path(__file__).resolve().parent
NAMES = {"win32": "datastorage.dll", "darwin": "libdatastorage.dylib"}
NAME = NAMES.get(sys.platform, "libdatastorage.so")
# What the licences of the library and of what is linked into it want to be shipped.
LICENCES = ["LICENSE-MIT", "LICENSE-APACHE", "THIRD_PARTY.md"]
# What cargo needs to build the library; the lock file is that of the whole workspace, so its members are wanted too.
RUST_FILES = ["Cargo.toml", "Cargo.lock", "build.rs", "cbindgen.toml", "deny.toml", "benches/explore.rs", *LICENCES]
RUST_FOLDERS = ["src", "include"]


def rust_root() -> Path:
    """The folder of the Rust package."""
    for root in (HERE / "rust", HERE.parents[1]):
        if (root / "Cargo.toml").is_file():
            return root
    raise SystemExit(f"datastorage: no Rust sources, neither {HERE / 'rust'} nor {HERE.parents[1]} has a Cargo.toml")


def workspace_members(root: Path) -> "list[str]":
    """The folders of the other packages that Cargo.toml names."""
    found = re.search(r"^members = \[([^]]*)\]", (root / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return re.findall(r'"([^"]+)"', found[1]) if found else []


def built_library() -> Path:
    """The library to bundle: the one that is named, else cargo's."""
    named = os.environ.get("DATASTORAGE_BUILD_LIBRARY")
    if named:
        return Path(named)
    root = rust_root()
    if shutil.which("cargo") is None:
        raise SystemExit("datastorage: cargo is missing; install Rust 1.91 or later (rustup), or install a wheel")
    subprocess.run(["cargo", "build", "--locked", "--release", "--lib"], cwd=root, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    return (root / target) / "release" / NAME


class BuildWithLibrary(build_py):
    """build_py, and the library beside the modules."""

    def run(self) -> None:
        # What an earlier build left there, and was removed since, would be packed again.
        shutil.rmtree(Path(self.build_lib) / "datastorage", ignore_errors=True)
        super().run()
        if self.editable_mode:
            # An editable install reads the sources where they are, and the library by DATASTORAGE_LIBRARY.
            return
        destination = Path(self.build_lib) / "datastorage" / NAME
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(built_library(), destination)
        for name in LICENCES:
            shutil.copy(rust_root() / name, destination.with_name(name))
        if shutil.which("strip") and sys.platform == "linux":
            subprocess.run(["strip", "--strip-unneeded", str(destination)], check=True)


class PlatformWheel(bdist_wheel):
    """A wheel for any Python 3 on one platform."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> "tuple[str, str, str]":
        platform = os.environ.get("DATASTORAGE_WHEEL_PLATFORM") or super().get_tag()[2]
        return "py3", "none", platform


class SourcesWithRust(sdist):
    """A source distribution that holds the Rust sources under rust/."""

    def make_release_tree(self, base_dir: str, files: "list[str]") -> None:
        super().make_release_tree(base_dir, files)
        root, destination = rust_root(), Path(base_dir) / "rust"
        destination.mkdir(exist_ok=True)
        for name in RUST_FILES:
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, destination / name)
        for name in RUST_FOLDERS + workspace_members(root):
            shutil.copytree(root / name, destination / name, ignore=shutil.ignore_patterns("target"))


class NativeDistribution(Distribution):
    """A distribution that setuptools places in platlib."""

    def has_ext_modules(self) -> bool:
        return True


setup(
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel, "sdist": SourcesWithRust},
    distclass=NativeDistribution,
)
