#include "part.hpp"

#include "labels.hpp"
#include "part_error.hpp"
#include "stopwatch.hpp"

#include <Standard_Failure.hxx>

namespace cad {

void measure(Part &part, std::size_t most_pair_faces) {
    part.topology = explore(part.step.shape);
    const std::vector<FaceSurface> surfaces = surfaces_of(part.topology);
    part.graph = face_graph(part.topology);
    part.faces = measure_faces(part.topology, surfaces);
    part.edges = measure_edges(part.topology, surfaces);
    part.mesh = triangulate(part.step.shape, part.topology);
    if (part.topology.faces.size() <= most_pair_faces) {
        part.faceface = compare_faces(part.mesh, part.faces);
    }
}

Part extract(const std::string &path, std::size_t most_pair_faces) {
    Part part;
    part.path = path;
    part.step = read_step(path);
    try {
        Stopwatch watch;
        measure(part, most_pair_faces);
        part.labels = read_labels(path, part.step.face_origins);
        part.extract_seconds = watch.lap();
    } catch (const Standard_Failure &failure) {
        throw part_error(std::string("cannot be measured: ") + failure.DynamicType()->Name() + " " +
                         failure.GetMessageString());
    }
    return part;
}

} // namespace cad
