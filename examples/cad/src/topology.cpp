#include "topology.hpp"

#include "part_error.hpp"

#include <BRep_Tool.hxx>
#include <TopExp.hxx>
#include <TopExp_Explorer.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopoDS.hxx>

#include <algorithm>

namespace cad {
namespace {

bool bounds(const TopoDS_Edge &edge) {
    return edge.Orientation() == TopAbs_FORWARD || edge.Orientation() == TopAbs_REVERSED;
}

EdgeTopology classify(const EdgeRecord &record) {
    if (BRep_Tool::Degenerated(record.edge)) {
        return EdgeTopology::degenerated;
    }
    const std::vector<EdgeUse> &uses = record.uses;
    if (uses.empty()) {
        return EdgeTopology::wire;
    }
    if (std::any_of(uses.begin(), uses.end(), [](const EdgeUse &use) { return !bounds(use.edge); })) {
        return EdgeTopology::internal;
    }
    if (uses.size() == 1) {
        return EdgeTopology::boundary;
    }
    if (uses.size() > 2) {
        return EdgeTopology::non_manifold;
    }
    return uses[0].face == uses[1].face ? EdgeTopology::seam : EdgeTopology::manifold;
}

// The explorer composes the face's own orientation into the edge's, which is what puts
// the material side on the left for reversed faces too.
void record_uses(Topology &topology, const TopTools_IndexedMapOfShape &edges) {
    for (std::size_t face = 0; face < topology.faces.size(); ++face) {
        for (TopExp_Explorer it(topology.faces[face], TopAbs_EDGE); it.More(); it.Next()) {
            const TopoDS_Edge &edge = TopoDS::Edge(it.Current());
            const auto index = static_cast<std::size_t>(edges.FindIndex(edge) - 1);
            topology.edges[index].uses.push_back({static_cast<std::int32_t>(face), edge});
        }
    }
}

std::int32_t count(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind) {
    std::int32_t n = 0;
    for (TopExp_Explorer it(shape, kind); it.More(); it.Next()) {
        ++n;
    }
    return n;
}

} // namespace

Topology explore(const TopoDS_Shape &shape) {
    TopTools_IndexedMapOfShape faces, edges, solids;
    TopExp::MapShapes(shape, TopAbs_FACE, faces);
    TopExp::MapShapes(shape, TopAbs_EDGE, edges);
    TopExp::MapShapes(shape, TopAbs_SOLID, solids);
    if (faces.IsEmpty()) {
        throw part_error("has no faces");
    }

    Topology topology;
    topology.solids = solids.Extent();
    for (int i = 1; i <= faces.Extent(); ++i) {
        topology.faces.push_back(TopoDS::Face(faces(i)));
        topology.face_loops.push_back(count(faces(i), TopAbs_WIRE));
    }
    topology.edges.resize(static_cast<std::size_t>(edges.Extent()));
    for (int i = 1; i <= edges.Extent(); ++i) {
        topology.edges[static_cast<std::size_t>(i - 1)].edge = TopoDS::Edge(edges(i));
    }
    record_uses(topology, edges);
    for (EdgeRecord &record : topology.edges) {
        record.topology = classify(record);
    }
    return topology;
}

FaceGraph face_graph(const Topology &topology) {
    FaceGraph graph;
    for (std::size_t index = 0; index < topology.edges.size(); ++index) {
        const EdgeRecord &record = topology.edges[index];
        if (record.topology != EdgeTopology::manifold && record.topology != EdgeTopology::non_manifold) {
            continue;
        }
        std::vector<std::int32_t> faces;
        for (const EdgeUse &use : record.uses) {
            faces.push_back(use.face);
        }
        std::sort(faces.begin(), faces.end());
        faces.erase(std::unique(faces.begin(), faces.end()), faces.end());
        for (std::size_t a = 0; a < faces.size(); ++a) {
            for (std::size_t b = a + 1; b < faces.size(); ++b) {
                graph.source.push_back(faces[a]);
                graph.destination.push_back(faces[b]);
                graph.edge.push_back(static_cast<std::int32_t>(index));
            }
        }
    }
    return graph;
}

} // namespace cad
