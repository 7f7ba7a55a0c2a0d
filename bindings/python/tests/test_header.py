"""The table of prototypes and the C headers say the same, in both directions."""

import os
from ctypes import c_void_p
from pathlib import Path

import _header
import pytest

import datastorage
from datastorage import _library, _prototypes

INCLUDE = Path(__file__).resolve().parents[3] / "include"
MAIN = (INCLUDE / "datastorage.h").read_text()
DLPACK = (INCLUDE / "datastorage_dlpack.h").read_text()


def test_every_prototype_is_that_of_the_headers():
    headers = {**_header.prototypes(MAIN), **_header.prototypes(DLPACK)}
    assert sorted(headers) == sorted(_prototypes.PROTOTYPES)
    # Its data may hold NUL: an address, which ctypes does not cut there.
    headers["ds_buffer_data"] = (c_void_p, headers["ds_buffer_data"][1])
    for name, prototype in headers.items():
        assert _prototypes.PROTOTYPES[name] == prototype, name


def test_the_reader_finds_every_exported_symbol():
    symbols = (INCLUDE / "symbols.txt").read_text().split()
    assert sorted(symbols) == sorted(_prototypes.PROTOTYPES)


def test_every_constant_is_that_of_the_header():
    constants = _header.constants(MAIN)
    versions = {name: constants.pop(name) for name in list(constants) if name.startswith("VERSION_")}
    assert constants == _prototypes.CONSTANTS
    assert datastorage.__version__ == ".".join(str(versions[f"VERSION_{part}"]) for part in ("MAJOR", "MINOR", "PATCH"))


def test_structs_and_callbacks_are_those_of_the_header():
    assert _header.fields(MAIN, "ds_info") == list(_prototypes.Info._fields_)
    callbacks = {name: (kind._restype_, list(kind._argtypes_)) for name, kind in _header.CALLBACKS.items()}
    assert _header.callbacks(MAIN) == callbacks


def test_every_status_has_an_exception():
    errors = {number for name, number in _prototypes.STATUSES.items() if name.startswith("ERR_")}
    assert errors == set(datastorage._errors.BY_STATUS)
    for number, cls in datastorage._errors.BY_STATUS.items():
        names = {f"DS_{name}": value for name, value in _prototypes.STATUSES.items()}
        assert names[cls("x").status_name] == number
        assert cls.__name__ in datastorage.__all__


def test_a_changed_argument_is_found():
    changed = MAIN.replace("ds_flush(struct ds_store *store)", "ds_flush(struct ds_store *store, int32_t how)")
    assert _header.prototypes(changed)["ds_flush"] != _prototypes.PROTOTYPES["ds_flush"]


def test_a_library_that_is_missing_or_wrong_is_an_import_error(monkeypatch, tmp_path):
    with pytest.raises(ImportError, match="cannot load .*nothing.so"):
        _library.load(str(tmp_path / "nothing.so"))
    libc = "libc.so.6"
    if os.name == "posix" and os.uname().sysname == "Linux":
        with pytest.raises(ImportError, match="libc.so.6 has no function ds_version"):
            _library.load(libc)
    monkeypatch.delenv(_library.VARIABLE, raising=False)
    monkeypatch.setattr(_library, "__file__", str(tmp_path / "_library.py"))
    with pytest.raises(ImportError, match="no library: .*DATASTORAGE_LIBRARY is not set"):
        _library.library_path()


def test_another_abi_is_an_import_error(monkeypatch):
    monkeypatch.setattr(_library, "ABI_VERSION", 999)
    with pytest.raises(ImportError, match="999"):
        _library.load(_library.LIBRARY_PATH)
