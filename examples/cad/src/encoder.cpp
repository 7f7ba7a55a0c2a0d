#include "encoder.hpp"

#include "json_text.hpp"
#include "labels.hpp"
#include "part_error.hpp"
#include "schema.hpp"
#include "stopwatch.hpp"

#include <datastorage.hpp>

#include <algorithm>
#include <filesystem>
#include <numeric>

namespace cad {
namespace {

namespace fs = std::filesystem;

// Saves and counts: the report names what the arrays take in memory.
class Sink {
public:
    Sink(ds::store &store, Report &report) : store_(store), report_(report) {}

    template <class T>
    void operator()(const char *key, const std::vector<T> &values, const ds::shape &shape) {
        store_.save(key, values, shape);
        ++report_.arrays;
        report_.raw_bytes += values.size() * sizeof(T);
    }

private:
    ds::store &store_;
    Report &report_;
};

std::vector<std::int32_t> numbers(std::size_t n) {
    std::vector<std::int32_t> out(n);
    std::iota(out.begin(), out.end(), 0);
    return out;
}

void save_faces(Sink &save, const Part &part) {
    const std::uint64_t n = part.topology.faces.size();
    const FaceFeatures &faces = part.faces;
    save("face_indices", numbers(n), {n});
    save("face_types", faces.types, {n});
    save("face_areas", faces.areas, {n});
    save("face_centroids", faces.centroids, {n, 3});
    save("face_loops", part.topology.face_loops, {n});
    save("face_uv_points", faces.uv_points, {n, kGrid, kGrid, 3});
    save("face_uv_normals", faces.uv_normals, {n, kGrid, kGrid, 3});
    save("face_uv_mask", faces.uv_mask, {n, kGrid, kGrid});
    save("face_uv_normal_mask", faces.uv_normal_mask, {n, kGrid, kGrid});
    if (part.labels) {
        save("face_labels", *part.labels, {n});
    }
}

void save_edges(Sink &save, const Part &part) {
    const std::uint64_t m = part.topology.edges.size();
    const EdgeFeatures &edges = part.edges;
    save("edge_indices", numbers(m), {m});
    save("edge_types", edges.types, {m});
    save("edge_topology", edges.topology, {m});
    save("edge_lengths", edges.lengths, {m});
    save("edge_convexity", edges.convexity, {m});
    save("edge_dihedral_angles", edges.dihedral_angles, {m});
    save("edge_points", edges.points, {m, kEdgePoints, 3});
}

void save_relations(Sink &save, const Part &part) {
    const std::uint64_t n = part.topology.faces.size();
    const std::uint64_t k = part.graph.edge.size();
    save("graph/edges_source", part.graph.source, {k});
    save("graph/edges_destination", part.graph.destination, {k});
    save("graph/edge_of_graph_edge", part.graph.edge, {k});
    save("graph/num_nodes", std::vector<std::int32_t>{static_cast<std::int32_t>(n)}, {});
    if (part.faceface) {
        save("faceface/a3_distance", part.faceface->a3, {n, n, kBins});
        save("faceface/d2_distance", part.faceface->d2, {n, n, kBins});
    }
}

// {"0": "Plane", ...}: the names of the values of an array.
template <std::size_t N>
void describe(ds::store &store, const char *array, const std::array<std::string_view, N> &names) {
    JsonObject json;
    for (std::size_t i = 0; i < N; ++i) {
        json.add(std::to_string(i), json_string(names[i]));
    }
    store.set_metadata_json(std::string("descriptions/") + array, json.str());
}

bool is_closed(const Topology &topology) {
    return std::none_of(topology.edges.begin(), topology.edges.end(),
                        [](const EdgeRecord &edge) { return edge.topology == EdgeTopology::boundary; });
}

void save_metadata(ds::store &store, const Part &part, double seconds) {
    const bool closed = is_closed(part.topology);
    store.set_metadata("source_name", fs::path(part.path).filename().string());
    store.set_metadata("size_cadfile", part.step.file_bytes);
    store.set_metadata("processing_time", seconds);
    store.set_metadata("duration_read", part.step.parse_seconds + part.step.transfer_seconds);
    store.set_metadata("duration_extract", part.extract_seconds);
    store.set_metadata("num_faces", part.topology.faces.size());
    store.set_metadata("num_edges", part.topology.edges.size());
    store.set_metadata("num_graph_edges", part.graph.edge.size());
    store.set_metadata("num_solids", part.topology.solids);
    store.set_metadata("num_triangles", part.mesh.triangles);
    store.set_metadata("total_area", part.faces.total_area);
    if (closed && part.topology.solids > 0) {
        store.set_metadata("volume_mesh", part.mesh.volume);
    }
    store.set_metadata("diagonal", part.mesh.diagonal);
    store.set_metadata("length_unit", "mm");
    store.set_metadata("source_length_unit", part.step.source_unit);
    store.set_metadata("kernel", "OpenCASCADE " + kernel_version());
    store.set_metadata("closed", closed);
    store.set_metadata("has_faceface", part.faceface.has_value());
    if (part.labels) {
        store.set_metadata("file_label", part_label(*part.labels));
    }
    describe(store, "face_types", kFaceTypes);
    describe(store, "edge_types", kEdgeTypes);
    describe(store, "edge_convexity", kEdgeConvexity);
    describe(store, "edge_topology", kEdgeTopology);
}

std::uint64_t size_on_disk(const std::string &path) {
    std::uint64_t bytes = 0;
    for (const fs::directory_entry &entry : fs::recursive_directory_iterator(path)) {
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return bytes;
}

void save_part(ds::store &store, const Part &part, Report &report) {
    Stopwatch watch;
    store.set_schema(part_schema());
    Sink save(store, report);
    save_faces(save, part);
    save_edges(save, part);
    save_relations(save, part);
    const double saving = watch.lap();
    save_metadata(store, part, report.read_seconds + report.extract_seconds + saving);
}

void store_part(const Part &part, const StoreOptions &options, Report &report) {
    const bool zarr = options.format == "zarr";
    report.store = store_path(options, part.path);
    ds::store store = ds::open((zarr ? "zarr:" : "json:") + report.store, library_options(options));
    save_part(store, part, report);
    // The picture stands beside the arrays in the store's directory; close keeps a copy of it in
    // stream_cache/ when the directory goes.
    write_stl(part.mesh, zarr ? store.path("visu.stl") : store.path() + "/visu.stl");
    if (zarr && !options.keep_directory) {
        report.stored_bytes = store.compress();
        report.store += ".data";
    }
    store.close();
    if (!report.stored_bytes) {
        report.stored_bytes = size_on_disk(report.store);
    }
}

} // namespace

std::string store_path(const StoreOptions &options, const std::string &step_path) {
    const fs::path name = fs::path(step_path).stem();
    const fs::path path = fs::path(options.directory) / name;
    return path.string() + (options.format == "zarr" ? ".zarr" : "");
}

std::string library_options(const StoreOptions &options) {
    JsonObject json;
    json.add("mode", "\"w\"");
    if (!options.profile.empty()) {
        json.add("profile", json_string(options.profile));
    }
    if (!options.codec.empty()) {
        json.add("codec", json_string(options.codec));
    }
    if (!options.sync.empty()) {
        json.add("sync", json_string(options.sync));
    }
    return json.str();
}

Report encode(const std::string &step_path, const StoreOptions &options) {
    Report report;
    report.source = step_path;
    try {
        const Part part = extract(step_path, options.most_pair_faces);
        report.faces = part.topology.faces.size();
        report.edges = part.topology.edges.size();
        report.read_seconds = part.step.parse_seconds + part.step.transfer_seconds;
        report.extract_seconds = part.extract_seconds;
        Stopwatch watch;
        store_part(part, options, report);
        report.store_seconds = watch.lap();
    } catch (const part_error &error) {
        report.error = error.what();
    } catch (const ds::error &error) {
        report.error = std::string("cannot be stored: ") + error.what();
    } catch (const std::bad_alloc &) {
        report.error = "needs more memory than there is";
    } catch (const std::exception &error) {
        report.error = error.what();
    }
    return report;
}

} // namespace cad
