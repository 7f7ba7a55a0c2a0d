#include "face_features.hpp"

#include "number.hpp"

#include <BRepGProp.hxx>
#include <BRepTools.hxx>
#include <BRepTopAdaptor_FClass2d.hxx>
#include <GProp_GProps.hxx>
#include <Precision.hxx>

#include <algorithm>
#include <cmath>

namespace cad {
namespace {

struct Rectangle {
    double u0, u1, v0, v1;
    double u(std::size_t i) const { return u0 + (u1 - u0) * double(i) / double(kGrid - 1); }
    double v(std::size_t j) const { return v0 + (v1 - v0) * double(j) / double(kGrid - 1); }
};

// A face without loops on an unbounded surface has an infinite rectangle: no grid there.
Rectangle parameters(const TopoDS_Face &face) {
    Rectangle r{};
    BRepTools::UVBounds(face, r.u0, r.u1, r.v0, r.v1);
    for (double *bound : {&r.u0, &r.u1, &r.v0, &r.v1}) {
        if (Precision::IsInfinite(*bound) || !std::isfinite(*bound)) {
            *bound = 0;
        }
    }
    return r;
}

std::int32_t type_number(GeomAbs_SurfaceType type) {
    // The enumeration of OpenCASCADE has the order of kFaceTypes.
    static_assert(GeomAbs_Plane == 0 && GeomAbs_BSplineSurface == 6 && GeomAbs_OtherSurface == 10);
    return static_cast<std::int32_t>(type);
}

void push(std::vector<float> &out, double x, double y, double z) {
    out.push_back(as_float(x));
    out.push_back(as_float(y));
    out.push_back(as_float(z));
}

void measure_mass(FaceFeatures &out, const TopoDS_Face &face) {
    GProp_GProps properties;
    BRepGProp::SurfaceProperties(face, properties);
    const double area = properties.Mass();
    const gp_Pnt c = area != 0 ? properties.CentreOfMass() : gp_Pnt();
    out.areas.push_back(as_float(area));
    out.total_area += area;
    push(out.centroids, c.X(), c.Y(), c.Z());
}

void measure_grid(FaceFeatures &out, const FaceSurface &surface, const Rectangle &r) {
    const double du = r.u1 - r.u0, dv = r.v1 - r.v0;
    std::array<FaceSurface::Local, kGridPoints> grid;
    double size = 0;
    for (std::size_t i = 0; i < kGrid; ++i) {
        for (std::size_t j = 0; j < kGrid; ++j) {
            FaceSurface::Local &local = grid[i * kGrid + j];
            local = surface.at(r.u(i), r.v(j));
            size = std::max({size, local.du.Magnitude() * du, local.dv.Magnitude() * dv});
        }
    }
    for (const FaceSurface::Local &local : grid) {
        push(out.uv_points, local.point.X(), local.point.Y(), local.point.Z());
        const auto normal = surface.normal(local, du, dv, size);
        out.uv_normal_mask.push_back(normal ? 1 : 0);
        if (normal) {
            push(out.uv_normals, normal->X(), normal->Y(), normal->Z());
        } else {
            push(out.uv_normals, 0, 0, 0);
        }
    }
}

// TestOnRestriction, not Perform: on the boundary, where a grid has many of its points,
// Perform projects onto every edge and costs ten to eighty times as much.
void measure_mask(FaceFeatures &out, const TopoDS_Face &face, const Rectangle &r) {
    const double tolerance = 1e-6 * std::max({r.u1 - r.u0, r.v1 - r.v0, Precision::PConfusion()});
    BRepTopAdaptor_FClass2d classifier(face, tolerance);
    for (std::size_t i = 0; i < kGrid; ++i) {
        for (std::size_t j = 0; j < kGrid; ++j) {
            const TopAbs_State state =
                classifier.TestOnRestriction(gp_Pnt2d(r.u(i), r.v(j)), tolerance, Standard_False);
            out.uv_mask.push_back(state == TopAbs_IN || state == TopAbs_ON ? 1 : 0);
        }
    }
}

} // namespace

FaceFeatures measure_faces(const Topology &topology, const std::vector<FaceSurface> &surfaces) {
    const std::size_t n = topology.faces.size();
    FaceFeatures out;
    out.types.reserve(n);
    out.areas.reserve(n);
    out.centroids.reserve(n * 3);
    out.uv_points.reserve(n * kGridPoints * 3);
    out.uv_normals.reserve(n * kGridPoints * 3);
    out.uv_mask.reserve(n * kGridPoints);
    out.uv_normal_mask.reserve(n * kGridPoints);
    for (std::size_t f = 0; f < n; ++f) {
        const Rectangle r = parameters(topology.faces[f]);
        out.types.push_back(type_number(surfaces[f].type()));
        measure_mass(out, topology.faces[f]);
        measure_grid(out, surfaces[f], r);
        measure_mask(out, topology.faces[f], r);
    }
    return out;
}

} // namespace cad
