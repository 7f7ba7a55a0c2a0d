// What is measured, on solids whose numbers are known: a specification of the arrays.
#include "part.hpp"

#include <BRepAlgoAPI_BuilderAlgo.hxx>
#include <BRepAlgoAPI_Cut.hxx>
#include <BRepBuilderAPI_MakeFace.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCone.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakeSphere.hxx>
#include <TopTools_ListOfShape.hxx>
#include <gp_Pln.hxx>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace {

using cad::Convexity;
using cad::EdgeTopology;

constexpr double kPi = 3.14159265358979323846;
int failures = 0;

void check(bool condition, const char *text, int line) {
    if (!condition) {
        std::fprintf(stderr, "measure_test.cpp:%d: %s\n", line, text);
        ++failures;
    }
}
#define CHECK(condition) check(condition, #condition, __LINE__)

bool near(double a, double b, double tolerance = 1e-4) {
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

cad::Part part_of(const TopoDS_Shape &shape) {
    cad::Part part;
    part.step.shape = shape;
    cad::measure(part);
    return part;
}

template <class E>
auto count(const std::vector<std::int32_t> &values, E value) {
    return std::count(values.begin(), values.end(), static_cast<std::int32_t>(value));
}

TopoDS_Shape box(double x, double y, double z, double dx, double dy, double dz) {
    return BRepPrimAPI_MakeBox(gp_Pnt(x, y, z), dx, dy, dz).Shape();
}

void a_box_is_convex() {
    const cad::Part p = part_of(box(1, 2, 3, 2, 3, 4));
    CHECK(p.topology.faces.size() == 6 && p.topology.edges.size() == 12);
    CHECK(p.graph.edge.size() == 12);
    CHECK(count(p.faces.types, 0) == 6);
    CHECK(count(p.edges.convexity, Convexity::convex) == 12);
    for (const float angle : p.edges.dihedral_angles) {
        CHECK(near(angle, kPi / 2));
    }
    CHECK(near(p.faces.total_area, 52) && near(p.mesh.volume, 24));
    CHECK(near(p.mesh.diagonal, std::sqrt(29.0)));
    CHECK(std::all_of(p.faces.uv_mask.begin(), p.faces.uv_mask.end(), [](auto m) { return m == 1; }));
}

// From the middle of a convex part, every outward normal looks away from it.
void normals_point_out() {
    for (const TopoDS_Shape &shape :
         {box(-1, -1, -1, 2, 2, 2), BRepPrimAPI_MakeSphere(2).Shape(), BRepPrimAPI_MakeCone(3, 0, 4).Shape()}) {
        const cad::Part p = part_of(shape);
        for (std::size_t i = 0; i < p.faces.uv_normal_mask.size(); ++i) {
            double dot = 0;
            for (std::size_t k = 0; k < 3; ++k) {
                const double middle = k == 2 && p.topology.faces.size() == 2 ? 1 : 0; // of the cone
                dot += (p.faces.uv_points[3 * i + k] - middle) * p.faces.uv_normals[3 * i + k];
            }
            CHECK(p.faces.uv_normal_mask[i] ? dot > 0 : dot == 0);
        }
    }
}

void a_cylinder_has_a_seam() {
    const cad::Part p = part_of(BRepPrimAPI_MakeCylinder(1, 5).Shape());
    CHECK(p.topology.faces.size() == 3 && p.topology.edges.size() == 3);
    CHECK(count(p.edges.topology, EdgeTopology::seam) == 1);
    CHECK(count(p.edges.convexity, Convexity::convex) == 2);
    CHECK(count(p.edges.convexity, Convexity::none) == 1);
    CHECK(p.graph.edge.size() == 2); // the seam is no adjacency
    CHECK(near(p.faces.total_area, 2 * kPi * 6));
}

void a_sphere_has_poles() {
    const cad::Part p = part_of(BRepPrimAPI_MakeSphere(2).Shape());
    CHECK(p.topology.faces.size() == 1 && p.graph.edge.empty());
    CHECK(count(p.edges.topology, EdgeTopology::degenerated) == 2);
    CHECK(near(p.faces.total_area, 16 * kPi));
    // Ten grid points lie on each pole: there is no normal there.
    CHECK(std::count(p.faces.uv_normal_mask.begin(), p.faces.uv_normal_mask.end(), 0) == 20);
    for (std::size_t e = 0; e < p.topology.edges.size(); ++e) {
        if (p.edges.topology[e] == static_cast<std::int32_t>(EdgeTopology::degenerated)) {
            CHECK(p.edges.lengths[e] == 0 && near(std::abs(p.edges.points[e * 30 + 2]), 2));
        }
    }
}

void a_notch_is_concave() {
    const cad::Part p = part_of(BRepAlgoAPI_Cut(box(0, 0, 0, 4, 4, 4), box(2, 0, 2, 2, 4, 2)).Shape());
    CHECK(p.topology.faces.size() == 8);
    CHECK(count(p.edges.convexity, Convexity::concave) == 1);
    CHECK(near(*std::max_element(p.edges.dihedral_angles.begin(), p.edges.dihedral_angles.end()), 1.5 * kPi));
    // The two L-shaped sides leave a quarter of their rectangle, without its inner rim, outside.
    CHECK(std::count(p.faces.uv_mask.begin(), p.faces.uv_mask.end(), 0) == 2 * 25);
    CHECK(near(p.mesh.volume, 48));
}

void a_hole_is_a_second_loop() {
    const gp_Ax2 axis(gp_Pnt(2, 2, -1), gp::DZ());
    const cad::Part p =
        part_of(BRepAlgoAPI_Cut(box(0, 0, 0, 4, 4, 4), BRepPrimAPI_MakeCylinder(axis, 1, 6).Shape()).Shape());
    CHECK(std::count(p.topology.face_loops.begin(), p.topology.face_loops.end(), 2) == 2);
    CHECK(count(p.edges.convexity, Convexity::concave) == 0); // rims of a drilled hole are convex
    // The wall of the hole is seen from inside: its normals look to the axis.
    const auto wall =
        static_cast<std::size_t>(std::find(p.faces.types.begin(), p.faces.types.end(), 1) - p.faces.types.begin());
    const float *point = &p.faces.uv_points[wall * 300];
    const float *normal = &p.faces.uv_normals[wall * 300];
    CHECK((point[0] - 2) * normal[0] + (point[1] - 2) * normal[1] < -0.99F);
}

void an_open_face_has_boundaries() {
    const cad::Part p = part_of(BRepBuilderAPI_MakeFace(gp_Pln(), 0, 2, 0, 3).Shape());
    CHECK(count(p.edges.topology, EdgeTopology::boundary) == 4);
    CHECK(count(p.edges.convexity, Convexity::none) == 4);
    CHECK(p.graph.edge.empty() && near(p.faces.total_area, 6));
}

// Two boxes that share a face: each edge of that face is used by three faces, which makes
// three adjacencies of one edge.
void glued_boxes_are_not_manifold() {
    TopTools_ListOfShape boxes;
    boxes.Append(box(0, 0, 0, 1, 1, 1));
    boxes.Append(box(1, 0, 0, 1, 1, 1));
    BRepAlgoAPI_BuilderAlgo glue;
    glue.SetArguments(boxes);
    glue.Build();
    const cad::Part p = part_of(glue.Shape());
    CHECK(p.topology.faces.size() == 11 && p.topology.edges.size() == 20);
    CHECK(p.topology.solids == 2);
    CHECK(count(p.edges.topology, EdgeTopology::non_manifold) == 4);
    CHECK(p.graph.edge.size() == 16 + 4 * 3);
}

void histograms_tell_near_from_far() {
    const cad::Part p = part_of(box(0, 0, 0, 1, 1, 20));
    CHECK(p.faceface.has_value());
    const std::size_t n = 6;
    std::size_t ends[2], found = 0; // the two small faces, 20 apart
    for (std::size_t f = 0; f < n; ++f) {
        if (near(p.faces.areas[f], 1) && found < 2) {
            ends[found++] = f;
        }
    }
    CHECK(found == 2);
    const float *far = &p.faceface->d2[(ends[0] * n + ends[1]) * cad::kBins];
    const float *same = &p.faceface->d2[(ends[0] * n + ends[0]) * cad::kBins];
    CHECK(near(far[cad::kBins - 1], 1));
    CHECK(near(same[0] + same[1], 1));
    cad::Part bounded;
    bounded.step.shape = box(0, 0, 0, 1, 1, 1);
    cad::measure(bounded, 5);
    CHECK(!bounded.faceface);
}

} // namespace

int main() {
    a_box_is_convex();
    normals_point_out();
    a_cylinder_has_a_seam();
    a_sphere_has_poles();
    a_notch_is_concave();
    a_hole_is_a_second_loop();
    an_open_face_has_boundaries();
    glued_boxes_are_not_manifold();
    histograms_tell_near_from_far();
    return failures == 0 ? 0 : 1;
}
