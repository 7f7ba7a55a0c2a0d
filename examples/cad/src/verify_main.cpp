// cad_verify: opens what cad_encode wrote and checks that the arrays agree with each other,
// with the counts in the metadata and with what a boundary representation can be.
#include <datastorage.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Expected {
    std::int64_t faces = -1, edges = -1; // -1: whatever the part has
};

void require(bool condition, const std::string &what) {
    if (!condition) {
        throw std::runtime_error(what);
    }
}

std::string text(const ds::shape &shape) {
    std::string out = "(";
    for (const std::uint64_t n : shape) {
        out += (out.size() > 1 ? ", " : "") + std::to_string(n);
    }
    return out + ")";
}

class Checker {
public:
    Checker(const ds::store &store, Expected expected) : store_(store) {
        faces_ = store.metadata<std::uint64_t>("num_faces");
        edges_ = store.metadata<std::uint64_t>("num_edges");
        adjacencies_ = store.metadata<std::uint64_t>("num_graph_edges");
        require(faces_ > 0, "num_faces is 0");
        require_count("faces", expected.faces, faces_);
        require_count("edges", expected.edges, edges_);
    }

    std::string check() {
        check_shapes();
        check_schema();
        check_faces();
        check_edges();
        check_graph();
        if (store_.metadata<bool>("has_faceface")) {
            check_histograms("faceface/a3_distance");
            check_histograms("faceface/d2_distance");
        } else {
            require(!store_.exists("faceface"), "has_faceface is false, but the group is there");
        }
        return std::to_string(faces_) + " faces, " + std::to_string(edges_) + " edges, " +
               std::to_string(adjacencies_) + " adjacencies";
    }

private:
    static void require_count(const char *what, std::int64_t expected, std::uint64_t found) {
        require(expected < 0 || static_cast<std::uint64_t>(expected) == found,
                std::string("wanted ") + std::to_string(expected) + " " + what + ", found " + std::to_string(found));
    }

    void check_shape(const std::string &key, const ds::shape &wanted) {
        const ds::shape found = store_.shape(key);
        require(found == wanted, key + " has shape " + text(found) + ", wanted " + text(wanted));
    }

    void check_shapes() {
        for (const char *key : {"face_indices", "face_types", "face_areas", "face_loops"}) {
            check_shape(key, {faces_});
        }
        check_shape("face_centroids", {faces_, 3});
        check_shape("face_uv_points", {faces_, 10, 10, 3});
        check_shape("face_uv_normals", {faces_, 10, 10, 3});
        check_shape("face_uv_mask", {faces_, 10, 10});
        check_shape("face_uv_normal_mask", {faces_, 10, 10});
        for (const char *key : {"edge_indices", "edge_types", "edge_topology", "edge_lengths", "edge_convexity",
                                "edge_dihedral_angles"}) {
            check_shape(key, {edges_});
        }
        check_shape("edge_points", {edges_, 10, 3});
        for (const char *key : {"graph/edges_source", "graph/edges_destination", "graph/edge_of_graph_edge"}) {
            check_shape(key, {adjacencies_});
        }
        check_shape("graph/num_nodes", {});
    }

    void check_schema() {
        require(store_.group_for_array("face_areas") == "faces", "face_areas is not in group faces");
        require(store_.dims("face_uv_points") == std::vector<std::string>{"face", "uv_u", "uv_v", "xyz"},
                "face_uv_points has other dimensions than face, uv_u, uv_v, xyz");
        require(store_.metadata_scope("size_cadfile") == ds::scope::file_level, "size_cadfile is not file-level");
    }

    void check_faces() {
        const auto areas = store_.load<float>("face_areas");
        double sum = 0;
        for (const float area : areas) {
            sum += area;
        }
        const double total = store_.metadata<double>("total_area");
        require(std::abs(sum - total) <= 1e-4 * std::abs(total), "face_areas do not sum to total_area");

        const auto normals = store_.load<float>("face_uv_normals");
        const auto defined = store_.load<std::uint8_t>("face_uv_normal_mask");
        for (std::size_t i = 0; i < defined.size(); ++i) {
            const double length = std::hypot(normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]);
            require(defined[i] <= 1, "face_uv_normal_mask is not 0 or 1");
            require(std::abs(length - defined[i]) < 1e-5, "face_uv_normals: a normal has no unit length");
        }
        const auto labels = store_.try_load<std::int32_t>("face_labels");
        require(!labels || labels->size() == faces_, "face_labels: not one for each face");
    }

    void check_edges() {
        const auto convexity = store_.load<std::int32_t>("edge_convexity");
        const auto angles = store_.load<float>("edge_dihedral_angles");
        const auto topology = store_.load<std::int32_t>("edge_topology");
        const float pi = 3.14159265F;
        for (std::size_t i = 0; i < edges_; ++i) {
            const float past = angles[i] - pi; // beyond flat: the material fills the corner
            const bool agrees = convexity[i] == 0   ? past > 0
                                : convexity[i] == 1 ? past < 0
                                : convexity[i] == 2 ? std::abs(past) < 0.011F
                                                    : angles[i] == 0;
            require(agrees, "edge " + std::to_string(i) + ": convexity and angle disagree");
            require(convexity[i] == 3 || topology[i] == 0,
                    "edge " + std::to_string(i) + ": convexity without two faces");
        }
    }

    void check_graph() {
        const auto source = store_.load<std::int32_t>("graph/edges_source");
        const auto destination = store_.load<std::int32_t>("graph/edges_destination");
        const auto edge = store_.load<std::int32_t>("graph/edge_of_graph_edge");
        require(store_.load_scalar<std::int32_t>("graph/num_nodes") == static_cast<std::int32_t>(faces_),
                "graph/num_nodes is not the number of faces");
        for (std::size_t i = 0; i < adjacencies_; ++i) {
            require(0 <= source[i] && source[i] < destination[i] &&
                        static_cast<std::uint64_t>(destination[i]) < faces_ && 0 <= edge[i] &&
                        static_cast<std::uint64_t>(edge[i]) < edges_,
                    "graph edge " + std::to_string(i) + " is out of range");
        }
    }

    void check_histograms(const std::string &key) {
        const auto values = store_.load<float>(key);
        const std::uint64_t bins = store_.shape(key).back();
        check_shape(key, {faces_, faces_, bins});
        for (std::size_t pair = 0; pair < faces_ * faces_; ++pair) {
            const std::size_t mirror = pair % faces_ * faces_ + pair / faces_;
            double sum = 0;
            for (std::size_t b = 0; b < bins; ++b) {
                sum += values[pair * bins + b];
                require(values[pair * bins + b] == values[mirror * bins + b], key + " is not symmetric");
            }
            require(std::abs(sum - 1) < 1e-5, key + ": a histogram does not sum to 1");
        }
    }

    const ds::store &store_;
    std::uint64_t faces_ = 0, edges_ = 0, adjacencies_ = 0;
};

void verify(const std::string &path, Expected expected) {
    const ds::store store = ds::open(path, R"({"mode": "r"})");
    const ds::verification sound = store.verify();
    require(static_cast<bool>(sound), "is damaged: " + sound.report);
    const std::string summary = Checker(store, expected).check();
    std::printf("%s: %s\n", path.c_str(), summary.c_str());
}

} // namespace

int main(int argc, char **argv) {
    Expected expected;
    int status = 0;
    bool any = false;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if ((word == "--faces" || word == "--edges") && i + 1 < argc) {
            (word == "--faces" ? expected.faces : expected.edges) = std::atoll(argv[++i]);
            continue;
        }
        any = true;
        try {
            verify(word, expected);
        } catch (const std::exception &error) {
            std::fprintf(stderr, "cad_verify: %s: %s\n", word.c_str(), error.what());
            status = 1;
        }
    }
    if (!any) {
        std::fprintf(stderr, "usage: cad_verify [--faces N] [--edges N] STORE...\n");
        return 2;
    }
    return status;
}
