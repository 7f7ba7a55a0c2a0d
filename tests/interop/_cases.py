"""The values that the interop tests write, made by NumPy, and what it means that two of them are the same."""

import numpy as np

random = np.random.default_rng(20)  # one fixed sequence: every process of a run sees the same values


def extremes(dtype):
    """The ends of an integer type next to each other: differences overflow, as a delta filter must bear."""
    info = np.iinfo(dtype)
    values = random.integers(info.min, info.max, 29, dtype=dtype, endpoint=True)
    return np.concatenate([np.array([info.min, info.max, 0, info.max, info.min], dtype), values])


def floats(dtype):
    """Signed zeros, infinities, the smallest and largest numbers, then random ones. No NaN: a Zarr store refuses it."""
    info = np.finfo(dtype)
    special = np.array([0.0, -0.0, np.inf, -np.inf, info.max, info.min, info.tiny, info.smallest_subnormal], dtype)
    return np.concatenate([special, random.standard_normal(25).astype(dtype)])


def complexes(dtype):
    """Pairs of what `floats` makes."""
    part = {"c8": "f4", "c16": "f8"}[dtype]
    return np.stack([floats(part), floats(part)[::-1]], axis=-1).view(dtype)[:, 0]


def _arrays():
    """Key to array: every type, 0-d, empty, one chunk, many chunks with ragged edges, nested, strided."""
    values = {f"kinds/{dtype}": extremes(dtype) for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")}
    values |= {f"kinds/{dtype}": floats(dtype) for dtype in ("f2", "f4", "f8")}
    values |= {f"kinds/{dtype}": complexes(dtype) for dtype in ("c8", "c16")}
    values["kinds/bool"] = random.random(77) < 0.5
    for dtype, value in [("bool", True), ("i4", -42), ("u8", 2**64 - 1), ("f2", 0.1), ("f8", -0.0), ("c16", 1 - 2j)]:
        values[f"scalars/{dtype}"] = np.array(value, dtype)
    values["empty/line"] = np.zeros(0, "f4")
    values["empty/table"] = np.zeros((0, 3), "i4")
    values["empty/inner"] = np.zeros((4, 0), "u1")
    values["ragged/i4"] = random.integers(-1000, 1000, (13, 7, 5), "i4")
    values["ragged/f8"] = random.standard_normal((41, 9))
    values["ragged/line"] = np.arange(1001, dtype="u2")
    values["ragged/constant"] = np.full((300,), 7, "i8")
    values["ragged/zero"] = np.zeros((30, 20), "i4")
    values["strided/reversed"] = np.arange(60, dtype="i4").reshape(6, 10)[::-1, ::-3]
    values["strided/columns"] = np.asfortranarray(random.standard_normal((11, 8)).astype("f4"))
    values["strided/broadcast"] = np.broadcast_to(np.arange(5, dtype="f8"), (4, 5))
    t = np.linspace(0, 9, 1500)
    for dtype in ("f2", "f4", "f8"):
        values[f"smooth/{dtype}"] = (40 * np.sin(t)).astype(dtype)
    values["smooth/points"] = np.stack([40 * np.cos(t), 40 * np.sin(t), 3 * t], axis=-1).astype("f4")
    values["smooth/indices"] = (np.arange(3000) // 3 + np.arange(3000) % 2).astype("i8")
    values["smooth/complex"] = np.exp(1j * t).astype("c8")
    values["a/b/c/d"] = np.arange(6, dtype="i2").reshape(1, 2, 3)
    values["face_areas"] = np.array([1.5, 2.3, 4.1], "f4")
    return values


def _strings():
    """Key to string array; a 0-d one is a single text."""
    values = {
        "text/description": "High-complexity CAD part",
        "text/none": "",
        "text/wide": "Grüße, 面 und 𝔘 " * 40,
        "text/inner_nul": "a\0b",
        "text/line": ["plane", "", "cylinder", "Kugel", "円錐"],
        "text/table": [[f"{row}-{column}" * column for column in range(4)] for row in range(5)],
        "text/many": [f"face {i}" for i in range(500)],
    }
    return {key: np.array(value, dtype=object) for key, value in values.items()}


SCHEMA = {
    "version": "1.0",
    "domain": "CAD_analysis",
    "groups": {
        "faces": {
            "primary_dimension": "face",
            "arrays": {
                "face_index": {"dims": ["face"], "dtype": "int32"},
                "face_area": {"dims": ["face"], "dtype": "float32"},
                "face_normal": {"dims": ["face", "coordinate"], "dtype": "float32"},
                "a3_distance": {"dims": ["face_i", "face_j", "bin"], "dtype": "float32"},
            },
        },
    },
    "metadata": {
        "metadata": {
            "file_level": {"size_cadfile": {"dtype": "int64", "required": False}},
            "categorical": {"file_label": {"dtype": "int32", "required": False}},
            "routing_rules": {
                "file_level_patterns": ["duration_*"],
                "categorical_patterns": ["material_*"],
                "default_numeric": "file_level",
                "default_categorical": "categorical",
                "default_string": "categorical",
            },
        }
    },
}


def _placed():
    """Key, array and the dimensions that SCHEMA gives it."""
    return [
        ("face_index", np.array([3, 1, 0, 2], "i4"), ["face"]),
        ("faces/face_area", np.array([1.5, 2.25, 0.0, 8.0], "f4"), ["face"]),
        ("faces/face_normal", random.standard_normal((4, 3)).astype("f4"), ["face", "coordinate"]),
        ("faces/a3_distance", random.random((4, 4, 16), "f4"), ["face_i", "face_j", "bin"]),
    ]


ARRAYS, STRINGS, PLACED = _arrays(), _strings(), _placed()


def fallback_dimensions(key, ndim):
    """What an array that no schema names gets."""
    return [f"{key.replace('/', '_')}_dim_{i}" for i in range(ndim)]


def same(found, wanted):
    """Asserts dtype, shape and every bit; of strings, dtype aside, every text."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape
    if wanted.dtype.kind == "O":
        assert found.tolist() == wanted.tolist()
        return
    assert found.dtype == wanted.dtype
    assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(wanted).tobytes()
