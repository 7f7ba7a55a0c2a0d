"""Parts of a dataset, as a CAD encoder stores them: random faces, a graph of them, pair matrices, text, metadata."""

import os

import numpy as np

import datastorage

KINDS = {"0": "Plane", "1": "Cylinder", "2": "Cone"}


def schema(version="1.0"):
    builder = datastorage.SchemaBuilder("CAD", version=version)
    faces = builder.create_group("faces", "face", "what is measured on each face")
    faces.create_array("face_types", ["face"], "int32", "kind of surface")
    faces.create_array("face_areas", ["face"], "float32", "mm2")
    faces.create_array("face_centroids", ["face", "xyz"], "float32")
    faces.create_array("face_names", ["face"], "str")
    graph = builder.create_group("graph", "graph_edge")
    graph.create_array("edges_source", ["graph_edge"], "int32")
    graph.create_array("edges_destination", ["graph_edge"], "int32")
    graph.create_array("edge_lengths", ["graph_edge"], "float32")
    graph.create_array("num_nodes", [], "int32")
    pairs = builder.create_group("faceface", "pair", special_processing="matrix_flattening")
    pairs.create_array("d2", ["face_i", "face_j", "bin"], "float32")
    builder.define_file_metadata("size_cadfile", "int64", "bytes")
    builder.define_file_metadata("closed", "bool", "is it a solid")
    builder.define_categorical_metadata("file_label", "int32", "class of the part", values=[0, 1], labels=["gear", "shaft"])
    return builder


def fill(store, faces, seed, label=0):
    """A part of some faces, in a ring."""
    rng = np.random.default_rng(seed)
    store.schema = schema()
    store["face_types"] = rng.integers(0, 3, faces).astype(np.int32)
    store["face_areas"] = rng.random(faces, np.float32) * 20
    store["face_centroids"] = rng.random((faces, 3), np.float32) * 10
    store["face_names"] = np.array([f"face {i} ü" for i in range(faces)], object)
    store["graph/edges_source"] = np.arange(faces, dtype=np.int32)
    store["graph/edges_destination"] = np.roll(np.arange(faces, dtype=np.int32), 1)
    store["graph/edge_lengths"] = rng.random(faces, np.float32)
    store["graph/num_nodes"] = np.int32(faces)
    store["faceface/d2"] = rng.random((faces, faces, 4), np.float32)
    store.metadata["size_cadfile"] = 1000 * faces
    store.metadata["closed"] = bool(seed % 2)
    store.metadata["file_label"] = label
    store.metadata["source"] = f"part {seed}.step"
    store.metadata["descriptions/face_types"] = KINDS


def part(path, faces, seed, label=0):
    """The archive of a part."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with datastorage.open(path, mode="w", export=False) as store:
        fill(store, faces, seed, label)
        store.compress()
    return path + ".data"


def parts(count=6, folder="parts"):
    """Archives of parts of 3, 2, 4, ... faces; not in the order of their names."""
    made = [part(f"{folder}/p{i:03}.zarr", 3 if i == 0 else 2 + i % 5, i, i % 2) for i in range(count)]
    return made[::-1]


def in_order(paths):
    """The parts as a dataset has them: by name."""
    return sorted(paths, key=os.path.basename)


def nothing_written(name):
    """Whether nothing of a dataset is there, nor of the merge of it."""
    stem = name[: -len(".dataset")]
    return not [path for path in os.listdir(os.path.dirname(name) or ".") if path.startswith(os.path.basename(stem) + ".")]
