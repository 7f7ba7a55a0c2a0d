#include "mesh.hpp"

#include "number.hpp"
#include "part_error.hpp"

#include <BRepBndLib.hxx>
#include <BRepMesh_IncrementalMesh.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <Poly_Triangulation.hxx>
#include <TopLoc_Location.hxx>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

namespace cad {
namespace {

constexpr double kChord = 0.002; // of the diagonal
constexpr double kAngle = 0.5;   // rad between neighbouring segments

double rough_diagonal(const TopoDS_Shape &shape) {
    Bnd_Box box;
    BRepBndLib::Add(shape, box, Standard_False);
    return box.IsVoid() || box.IsOpen() ? 0 : std::sqrt(box.SquareExtent());
}

FaceMesh face_mesh(const TopoDS_Face &face) {
    FaceMesh out;
    TopLoc_Location location;
    const Handle(Poly_Triangulation) mesh = BRep_Tool::Triangulation(face, location);
    if (mesh.IsNull()) {
        return out;
    }
    const gp_Trsf &placement = location.Transformation();
    out.points.reserve(static_cast<std::size_t>(mesh->NbNodes()));
    for (int i = 1; i <= mesh->NbNodes(); ++i) {
        const gp_Pnt p = mesh->Node(i).Transformed(placement);
        out.points.push_back({as_float(p.X()), as_float(p.Y()), as_float(p.Z())});
    }
    const bool reversed = face.Orientation() == TopAbs_REVERSED;
    out.triangles.reserve(static_cast<std::size_t>(mesh->NbTriangles()));
    for (int i = 1; i <= mesh->NbTriangles(); ++i) {
        int a = 0, b = 0, c = 0;
        mesh->Triangle(i).Get(a, b, c);
        if (reversed) {
            std::swap(b, c);
        }
        out.triangles.push_back({a - 1, b - 1, c - 1});
    }
    return out;
}

using Corner = std::array<double, 3>;

// Six times the signed volume of the tetrahedron over the origin.
double determinant(const Corner &a, const Corner &b, const Corner &c) {
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
}

// Measured from the middle of the box: a part far from the origin loses no digits.
void measure(Mesh &mesh) {
    Corner low, high, middle;
    low.fill(INFINITY);
    high.fill(-INFINITY);
    for (const FaceMesh &face : mesh.faces) {
        for (const Point &p : face.points) {
            for (std::size_t k = 0; k < 3; ++k) {
                low[k] = std::min(low[k], double(p[k]));
                high[k] = std::max(high[k], double(p[k]));
            }
        }
    }
    if (low[0] > high[0]) {
        return;
    }
    mesh.diagonal = std::hypot(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
    for (std::size_t k = 0; k < 3; ++k) {
        middle[k] = (low[k] + high[k]) / 2;
    }
    double six_volumes = 0;
    for (const FaceMesh &face : mesh.faces) {
        const auto corner = [&](std::int32_t i) {
            const Point &p = face.points[static_cast<std::size_t>(i)];
            return Corner{p[0] - middle[0], p[1] - middle[1], p[2] - middle[2]};
        };
        for (const auto &t : face.triangles) {
            six_volumes += determinant(corner(t[0]), corner(t[1]), corner(t[2]));
        }
    }
    mesh.volume = six_volumes / 6;
}

Point facet_normal(const Point &a, const Point &b, const Point &c) {
    const Point u = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    const Point v = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
    const Point n = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
    const float length = std::hypot(n[0], n[1], n[2]);
    return length > 0 ? Point{n[0] / length, n[1] / length, n[2] / length} : Point{0, 0, 0};
}

} // namespace

Mesh triangulate(const TopoDS_Shape &shape, const Topology &topology) {
    Mesh mesh;
    const double diagonal = rough_diagonal(shape);
    if (diagonal > 0) {
        BRepMesh_IncrementalMesh(shape, diagonal * kChord, Standard_False, kAngle, Standard_False);
    }
    mesh.faces.reserve(topology.faces.size());
    for (const TopoDS_Face &face : topology.faces) {
        mesh.faces.push_back(face_mesh(face));
        mesh.triangles += mesh.faces.back().triangles.size();
    }
    measure(mesh);
    return mesh;
}

// 80 bytes of header, a count, then 50 bytes a facet: normal, three corners, two unused.
void write_stl(const Mesh &mesh, const std::string &path) {
    std::vector<char> bytes(84 + 50 * mesh.triangles, 0);
    std::strcpy(bytes.data(), "binary STL, millimetres");
    const auto count = static_cast<std::uint32_t>(mesh.triangles);
    std::memcpy(bytes.data() + 80, &count, sizeof count);
    char *out = bytes.data() + 84;
    for (const FaceMesh &face : mesh.faces) {
        for (const auto &t : face.triangles) {
            const Point &a = face.points[static_cast<std::size_t>(t[0])];
            const Point &b = face.points[static_cast<std::size_t>(t[1])];
            const Point &c = face.points[static_cast<std::size_t>(t[2])];
            const std::array<Point, 4> facet = {facet_normal(a, b, c), a, b, c};
            std::memcpy(out, facet.data(), sizeof facet);
            out += 50;
        }
    }
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
        throw part_error("its mesh cannot be written to " + path);
    }
}

} // namespace cad
