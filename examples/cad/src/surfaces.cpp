#include "surfaces.hpp"

#include "topology.hpp"

namespace cad {
namespace {

// A derivative shorter than this part of the face is a collapsed parametrisation.
constexpr double kCollapsed = 1e-7;

} // namespace

FaceSurface::FaceSurface(const TopoDS_Face &face)
    : adaptor_(face, Standard_False), flip_(face.Orientation() == TopAbs_REVERSED) {}

FaceSurface::Local FaceSurface::at(double u, double v) const {
    Local local;
    adaptor_.D1(u, v, local.point, local.du, local.dv);
    return local;
}

std::optional<gp_Dir> FaceSurface::normal(const Local &local, double scale_u, double scale_v, double size) const {
    const gp_Vec along_u = local.du * scale_u;
    const gp_Vec along_v = local.dv * scale_v;
    const double length_u = along_u.Magnitude();
    const double length_v = along_v.Magnitude();
    if (!(length_u > kCollapsed * size) || !(length_v > kCollapsed * size)) {
        return std::nullopt;
    }
    const gp_Vec cross = along_u ^ along_v;
    const double area = cross.Magnitude();
    if (!(area > kCollapsed * length_u * length_v)) {
        return std::nullopt;
    }
    return gp_Dir(flip_ ? -cross : cross);
}

std::vector<FaceSurface> surfaces_of(const Topology &topology) {
    std::vector<FaceSurface> surfaces;
    surfaces.reserve(topology.faces.size());
    for (const TopoDS_Face &face : topology.faces) {
        surfaces.emplace_back(face);
    }
    return surfaces;
}

} // namespace cad
