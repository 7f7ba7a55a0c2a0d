// The surface under each face, with normals that point out of the material.
//
// One adaptor per face, made once: they cache B-spline spans and carry the face's
// placement in an assembly. The normal is undefined where the parametrisation collapses.
#pragma once

#include <BRepAdaptor_Surface.hxx>
#include <gp_Dir.hxx>
#include <gp_Pnt.hxx>
#include <gp_Vec.hxx>

#include <optional>
#include <vector>

namespace cad {

struct Topology;

class FaceSurface {
public:
    explicit FaceSurface(const TopoDS_Face &face);

    GeomAbs_SurfaceType type() const { return adaptor_.GetType(); }
    const BRepAdaptor_Surface &adaptor() const { return adaptor_; }

    struct Local {
        gp_Pnt point;
        gp_Vec du, dv;
    };
    Local at(double u, double v) const;

    // The outward normal, or nothing where du x dv is no direction. `scale_u` and `scale_v`
    // are the parameter ranges of the face, `size` its extent in mm: they make the
    // test for a vanishing derivative independent of the parametrisation.
    std::optional<gp_Dir> normal(const Local &local, double scale_u, double scale_v, double size) const;

private:
    BRepAdaptor_Surface adaptor_;
    bool flip_;
};

std::vector<FaceSurface> surfaces_of(const Topology &topology);

} // namespace cad
