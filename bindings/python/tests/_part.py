"""A small part as a CAD encoder stores it: a box with a hole, its faces and edges sampled, named numbers, a schema."""

import numpy as np

import datastorage

KINDS = {"0": "Plane", "1": "Cylinder"}


def schema():
    builder = datastorage.SchemaBuilder("CAD", description="what is measured on a part")
    faces = builder.create_group("faces", "face", "what is measured on each face")
    faces.create_array("face_types", ["face"], "int32", "kind of surface")
    faces.create_array("face_areas", ["face"], "float32", "mm2")
    faces.create_array("face_uv_points", ["face", "uv_u", "uv_v", "xyz"], "float32")
    return builder


def fill(store):
    """Six planes of a cube of 10 mm and a cylinder in it."""
    grid = np.linspace(-5, 5, 6)
    u, v = np.meshgrid(grid, grid, indexing="ij")
    faces, normals = [], []
    for axis in range(3):
        for side in (-5.0, 5.0):
            place = np.empty((6, 6, 3))
            place[..., axis], place[..., (axis + 1) % 3], place[..., (axis + 2) % 3] = side, u, v
            faces.append(place)
            normals.append(np.broadcast_to(np.eye(3)[axis] * np.sign(side), place.shape))
    around = u / 5 * np.pi
    faces.append(np.stack([2 * np.cos(around), 2 * np.sin(around), v], -1))
    normals.append(np.stack([-np.cos(around), -np.sin(around), 0 * v], -1))
    store.schema = schema()
    store["face_types"] = np.array([0, 0, 0, 0, 0, 0, 1], np.int32)
    store["face_areas"] = np.array([100, 100, 100, 100, 87.5, 87.5, 125.6], np.float32)
    store["face_uv_points"] = np.array(faces, np.float32)
    store["face_uv_normals"] = np.array(normals, np.float32)
    mask = np.ones((7, 6, 6), np.uint8)
    mask[4:6, 2:4, 2:4] = 0
    store["face_uv_mask"] = mask
    store["edge_points"] = np.linspace([[-5, -5, -5], [5, 5, 5]], [[5, -5, -5], [5, 5, -5]], 4, axis=1).astype("f4")
    for key in ("face_types", "face_areas"):
        store[key].dims = ("face",)
    for key in ("face_uv_points", "face_uv_normals"):
        store[key].dims = ("face", "uv_u", "uv_v", "xyz")
    store["names"] = np.array(["steel", "wood", "steel"], object)
    store["graph/edges"] = np.arange(12).reshape(6, 2)
    store.metadata["length_unit"] = "mm"
    store.metadata["descriptions/face_types"] = KINDS


def archive(path="part.zarr"):
    """The part as an archive."""
    with datastorage.open(path, export=False) as store:
        fill(store)
        store.compress()
    return path + ".data"
