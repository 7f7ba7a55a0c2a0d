"""Compares what cad_encode stored with what another OpenCASCADE finds in the same files.

The archive is read with zarr-python, the STEP file with cadquery-ocp (OpenCASCADE 7.8, not the
version that wrote the archive): number of faces and edges, kinds of surface, area of every face,
length of every edge. Needs the packages of requirements.txt, in an environment of its own.

usage: cross_check.py CAD_ENCODE OUT_DIR FILE.step...
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
import zarr
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepGProp import BRepGProp
from OCP.GCPnts import GCPnts_AbscissaPoint
from OCP.GProp import GProp_GProps
from OCP.IFSelect import IFSelect_RetDone
from OCP.STEPControl import STEPControl_Reader
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopoDS import TopoDS
from OCP.TopTools import TopTools_IndexedMapOfShape


def shapes(part, kind):
    found = TopTools_IndexedMapOfShape()
    TopExp.MapShapes_s(part, kind, found)
    return [found.FindKey(i) for i in range(1, found.Extent() + 1)]


def area(face):
    properties = GProp_GProps()
    BRepGProp.SurfaceProperties_s(face, properties)
    return properties.Mass()


def length(edge):
    return 0.0 if BRep_Tool.Degenerated_s(edge) else GCPnts_AbscissaPoint.Length_s(BRepAdaptor_Curve(edge))


def measure(path):
    reader = STEPControl_Reader()
    if reader.ReadFile(str(path)) != IFSelect_RetDone:
        raise SystemExit(f"{path}: cadquery-ocp cannot read it")
    reader.TransferRoots()
    part = reader.OneShape()
    faces = [TopoDS.Face_s(shape) for shape in shapes(part, TopAbs_FACE)]
    edges = [TopoDS.Edge_s(shape) for shape in shapes(part, TopAbs_EDGE)]
    return {
        "face_areas": np.array([area(face) for face in faces]),
        "face_types": np.array([int(BRepAdaptor_Surface(face).GetType()) for face in faces]),
        "edge_lengths": np.array([length(edge) for edge in edges]),
    }


def open_archive(path):
    if hasattr(zarr, "ZipStore"):  # zarr 2
        return zarr.open_group(zarr.ZipStore(str(path), mode="r"), mode="r")
    return zarr.open_group(zarr.storage.ZipStore(str(path), mode="r"), mode="r", zarr_format=2)


def compare(path, store):
    """The complaints about one part; an empty list when the two agree."""
    ours = open_archive(store)
    complaints = []
    for key, theirs in measure(path).items():
        mine = np.asarray(ours[key][:])
        if mine.shape != theirs.shape:
            complaints.append(f"{key}: {mine.shape} against {theirs.shape}")
        elif mine.dtype.kind == "f":
            # float32 against float64, and the two versions integrate B-splines a little differently.
            bad = np.flatnonzero(~np.isclose(mine, theirs, rtol=1e-3, atol=1e-3 * np.abs(theirs).max()))
            complaints += [f"{key}[{i}]: {mine[i]:g} against {theirs[i]:g}" for i in bad]
        elif not np.array_equal(mine, theirs):
            complaints.append(f"{key}: {np.count_nonzero(mine != theirs)} differ")
    return complaints


def main(encoder, out, *files):
    lines = subprocess.run([encoder, "--json", out, *files], check=True, capture_output=True, text=True).stdout
    failed = 0
    for line in lines.splitlines():
        report = json.loads(line)
        complaints = compare(report["part"], report["store"])
        failed += bool(complaints)
        verdict = "; ".join(complaints) or f"{report['faces']} faces and {report['edges']} edges agree"
        print(f"{pathlib.Path(report['part']).name}: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
