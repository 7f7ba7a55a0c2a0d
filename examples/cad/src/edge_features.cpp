#include "edge_features.hpp"

#include "number.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRep_Tool.hxx>
#include <GCPnts_AbscissaPoint.hxx>
#include <Geom2d_Curve.hxx>
#include <Precision.hxx>
#include <Standard_Failure.hxx>
#include <TopExp.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Vertex.hxx>

#include <algorithm>
#include <cmath>
#include <optional>

namespace cad {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Places along the edge where the two normals are looked for, the middle first: at a pole
// the normal of one face may be undefined.
constexpr std::array<double, 3> kPlaces = {0.5, 0.38, 0.71};

std::int32_t type_number(GeomAbs_CurveType type) {
    static_assert(GeomAbs_Line == 0 && GeomAbs_BSplineCurve == 6 && GeomAbs_OtherCurve == 8);
    return static_cast<std::int32_t>(type);
}

void push(std::vector<float> &out, const gp_Pnt &p) {
    out.push_back(as_float(p.X()));
    out.push_back(as_float(p.Y()));
    out.push_back(as_float(p.Z()));
}

// An edge without a curve: a pole, or a broken one. It stays in the arrays, at its vertex.
void measure_point_edge(EdgeFeatures &out, const TopoDS_Edge &edge) {
    const TopoDS_Vertex vertex = TopExp::FirstVertex(edge);
    const gp_Pnt point = vertex.IsNull() ? gp_Pnt() : BRep_Tool::Pnt(vertex);
    out.types.push_back(type_number(GeomAbs_OtherCurve));
    out.lengths.push_back(0);
    for (std::size_t i = 0; i < kEdgePoints; ++i) {
        push(out.points, point);
    }
}

bool has_curve(const EdgeRecord &record) {
    if (record.topology == EdgeTopology::degenerated || !BRep_Tool::IsGeometric(record.edge)) {
        return false;
    }
    double first = 0, last = 0;
    BRep_Tool::Range(record.edge, first, last);
    return !Precision::IsInfinite(first) && !Precision::IsInfinite(last) && first < last;
}

void measure_curve(EdgeFeatures &out, const EdgeRecord &record) {
    if (!has_curve(record)) {
        measure_point_edge(out, record.edge);
        return;
    }
    BRepAdaptor_Curve curve(record.edge);
    out.types.push_back(type_number(curve.GetType()));
    out.lengths.push_back(as_float(GCPnts_AbscissaPoint::Length(curve)));
    const double first = curve.FirstParameter(), last = curve.LastParameter();
    for (std::size_t i = 0; i < kEdgePoints; ++i) {
        push(out.points, curve.Value(first + (last - first) * double(i) / double(kEdgePoints - 1)));
    }
}

std::optional<gp_Dir> normal_at(const EdgeUse &use, const FaceSurface &surface, const TopoDS_Face &face, double place) {
    // A plane has one normal; only other surfaces need the edge's curve in their parameters.
    if (surface.type() == GeomAbs_Plane) {
        return surface.normal(surface.at(0, 0), 1, 1, 1);
    }
    double first = 0, last = 0;
    const Handle(Geom2d_Curve) curve = BRep_Tool::CurveOnSurface(use.edge, face, first, last);
    if (curve.IsNull()) {
        return std::nullopt;
    }
    const gp_Pnt2d uv = curve->Value(first + (last - first) * place);
    const FaceSurface::Local local = surface.at(uv.X(), uv.Y());
    const double size = std::max(local.du.Magnitude(), local.dv.Magnitude());
    return surface.normal(local, 1, 1, size);
}

// The angle by which the outward normal turns from one face to the other: positive
// where the edge is convex. The edge, seen from outside, has its face on the left, so
// n1 x n2 points along it on a convex edge.
std::optional<double> turn(const EdgeRecord &record, const Topology &topology, const std::vector<FaceSurface> &surfaces,
                           double place) {
    const EdgeUse &a = record.uses[0];
    const EdgeUse &b = record.uses[1];
    const auto fa = static_cast<std::size_t>(a.face), fb = static_cast<std::size_t>(b.face);
    const auto na = normal_at(a, surfaces[fa], topology.faces[fa], place);
    const auto nb = normal_at(b, surfaces[fb], topology.faces[fb], place);
    if (!na || !nb) {
        return std::nullopt;
    }
    BRepAdaptor_Curve curve(record.edge);
    const double first = curve.FirstParameter(), last = curve.LastParameter();
    gp_Pnt point;
    gp_Vec tangent;
    curve.D1(first + (last - first) * place, point, tangent);
    if (tangent.Magnitude() < gp::Resolution()) {
        return std::nullopt;
    }
    tangent.Normalize();
    if (a.edge.Orientation() == TopAbs_REVERSED) {
        tangent.Reverse();
    }
    const gp_Vec cross = gp_Vec(*na) ^ gp_Vec(*nb);
    const double sine = cross.Magnitude();
    const double cosine = na->Dot(*nb);
    return std::copysign(std::atan2(sine, cosine), cross * tangent);
}

void measure_dihedral(EdgeFeatures &out, const EdgeRecord &record, const Topology &topology,
                      const std::vector<FaceSurface> &surfaces) {
    std::optional<double> angle;
    // Two uses in the same direction mean that the faces disagree about outside.
    if (record.topology == EdgeTopology::manifold && has_curve(record) &&
        record.uses[0].edge.Orientation() != record.uses[1].edge.Orientation()) {
        for (std::size_t i = 0; i < kPlaces.size() && !angle; ++i) {
            angle = turn(record, topology, surfaces, kPlaces[i]);
        }
    }
    Convexity convexity = Convexity::none;
    if (angle) {
        convexity = std::abs(*angle) < kSmoothAngle ? Convexity::smooth
                    : *angle > 0                    ? Convexity::convex
                                                    : Convexity::concave;
    }
    out.convexity.push_back(static_cast<std::int32_t>(convexity));
    out.dihedral_angles.push_back(angle ? static_cast<float>(kPi - *angle) : 0.0F);
}

} // namespace

EdgeFeatures measure_edges(const Topology &topology, const std::vector<FaceSurface> &surfaces) {
    EdgeFeatures out;
    for (const EdgeRecord &record : topology.edges) {
        out.topology.push_back(static_cast<std::int32_t>(record.topology));
        measure_curve(out, record);
        measure_dihedral(out, record, topology, surfaces);
    }
    return out;
}

} // namespace cad
