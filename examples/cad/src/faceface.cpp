#include "faceface.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace cad {
namespace {

constexpr std::size_t kPoints = 32; // points on each face
static_assert(kSamples == 2 * kPoints, "each point takes part in two samples");

// Structure of arrays: the inner loops run over the points.
struct Cloud {
    std::array<float, kPoints> x, y, z;
    void set(std::size_t i, const Point &p) { x[i] = p[0], y[i] = p[1], z[i] = p[2]; }
};

// The R2 sequence fills the unit square evenly whatever the number of points; each face
// starts it elsewhere.
double fraction(double value) { return value - std::floor(value); }

Point on_triangle(const Point &a, const Point &b, const Point &c, double s, double t) {
    const double root = std::sqrt(s);
    const double wa = 1 - root, wb = root * (1 - t), wc = root * t;
    Point p;
    for (std::size_t k = 0; k < 3; ++k) {
        p[k] = static_cast<float>(wa * a[k] + wb * b[k] + wc * c[k]);
    }
    return p;
}

std::vector<double> running_areas(const FaceMesh &mesh) {
    std::vector<double> sums;
    double sum = 0;
    for (const auto &t : mesh.triangles) {
        const Point &a = mesh.points[static_cast<std::size_t>(t[0])];
        const Point &b = mesh.points[static_cast<std::size_t>(t[1])];
        const Point &c = mesh.points[static_cast<std::size_t>(t[2])];
        const double ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2];
        const double vx = c[0] - a[0], vy = c[1] - a[1], vz = c[2] - a[2];
        sum += std::hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
        sums.push_back(sum);
    }
    return sums;
}

// One stratified coordinate chooses the triangle by area, two of the R2 sequence the place in it.
Cloud sample_mesh(const FaceMesh &mesh, const std::vector<double> &sums, std::size_t face) {
    Cloud cloud;
    const double start = fraction(double(face) * 0.618033988749895);
    for (std::size_t i = 0; i < kPoints; ++i) {
        const double area = sums.back() * (double(i) + 0.5) / double(kPoints);
        const auto at = std::upper_bound(sums.begin(), sums.end() - 1, area) - sums.begin();
        const auto &t = mesh.triangles[static_cast<std::size_t>(at)];
        const double s = fraction(start + 0.754877666246693 * double(i + 1));
        const double r = fraction(start + 0.569840290998053 * double(i + 1));
        cloud.set(i,
                  on_triangle(mesh.points[static_cast<std::size_t>(t[0])], mesh.points[static_cast<std::size_t>(t[1])],
                              mesh.points[static_cast<std::size_t>(t[2])], s, r));
    }
    return cloud;
}

Cloud sample_grid(const FaceFeatures &faces, std::size_t face) {
    std::vector<std::size_t> inside;
    for (std::size_t g = face * kGridPoints; g < (face + 1) * kGridPoints; ++g) {
        if (faces.uv_mask[g]) {
            inside.push_back(g);
        }
    }
    Cloud cloud;
    for (std::size_t i = 0; i < kPoints; ++i) {
        const std::size_t g =
            inside.empty() ? face * kGridPoints + i * kGridPoints / kPoints : inside[i * inside.size() / kPoints];
        cloud.set(i, {faces.uv_points[3 * g], faces.uv_points[3 * g + 1], faces.uv_points[3 * g + 2]});
    }
    return cloud;
}

std::vector<Cloud> sample(const Mesh &mesh, const FaceFeatures &faces) {
    std::vector<Cloud> clouds;
    for (std::size_t f = 0; f < mesh.faces.size(); ++f) {
        const std::vector<double> sums = running_areas(mesh.faces[f]);
        const bool meshed = !sums.empty() && sums.back() > 0;
        clouds.push_back(meshed ? sample_mesh(mesh.faces[f], sums, f) : sample_grid(faces, f));
    }
    return clouds;
}

// The partner of point i in the other cloud, one fixed shift a round; never i itself, so
// that a face compared with itself does not pair a point with itself.
constexpr std::array<std::size_t, 3> kShift = {7, 19, 12};
constexpr std::size_t partner(std::size_t i, std::size_t round) { return (i + kShift[round]) % kPoints; }

// A cloud with its points moved on by one shift, so that inner loops run without indices.
Cloud shifted(const Cloud &cloud, std::size_t round) {
    Cloud out;
    for (std::size_t i = 0; i < kPoints; ++i) {
        const std::size_t j = partner(i, round);
        out.x[i] = cloud.x[j], out.y[i] = cloud.y[j], out.z[i] = cloud.z[j];
    }
    return out;
}

// What the pair loop needs of a face: the points, their partners, and the partners' own.
struct Sampled {
    explicit Sampled(const Cloud &points)
        : at(points), first(shifted(points, 0)), second(shifted(points, 1)), after_first(shifted(first, 2)),
          after_second(shifted(second, 2)) {}
    Cloud at, first, second, after_first, after_second;
};

using Shares = std::array<float, kPoints>; // of the histogram's range

void add(const Shares &shares, float *out) {
    for (const float share : shares) {
        // The last bin also takes what is no number, in parts too large for float arithmetic.
        const std::size_t b = share < 1 ? static_cast<std::size_t>(share * float(kBins)) : kBins - 1;
        out[b] += 1.0F / float(kSamples);
    }
}

void distances(const Cloud &a, const Cloud &b, float scale, float *out) {
    Shares shares;
    for (std::size_t i = 0; i < kPoints; ++i) {
        const float dx = a.x[i] - b.x[i], dy = a.y[i] - b.y[i], dz = a.z[i] - b.z[i];
        shares[i] = std::sqrt(dx * dx + dy * dy + dz * dz) * scale;
    }
    add(shares, out);
}

// acos(x) / pi within 3e-5 (Abramowitz and Stegun 4.4.45): a bin is 0.06 wide, and unlike the
// library's acos this one is computed for several points at once.
float arc_share(float x) {
    const float m = std::min(std::abs(x), 1.0F);
    const float polynomial = 1.5707288F + m * (-0.2121144F + m * (0.0742610F - m * 0.0187293F));
    const float share = std::sqrt(1.0F - m) * polynomial * 0.318309886F;
    return x < 0 ? 1.0F - share : share;
}

// The angle at b between a and c. Coinciding points make no angle: 0.
void angles(const Cloud &a, const Cloud &b, const Cloud &c, float *out) {
    Shares shares;
    for (std::size_t i = 0; i < kPoints; ++i) {
        const float ux = a.x[i] - b.x[i], uy = a.y[i] - b.y[i], uz = a.z[i] - b.z[i];
        const float vx = c.x[i] - b.x[i], vy = c.y[i] - b.y[i], vz = c.z[i] - b.z[i];
        const float squares = (ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz);
        const float dot = ux * vx + uy * vy + uz * vz;
        shares[i] = arc_share(squares > 0 ? dot / std::sqrt(squares) : 1.0F);
    }
    add(shares, out);
}

} // namespace

FaceFace compare_faces(const Mesh &mesh, const FaceFeatures &faces) {
    const std::vector<Cloud> clouds = sample(mesh, faces);
    const std::vector<Sampled> sampled(clouds.begin(), clouds.end());
    const std::size_t n = sampled.size();
    const float scale = mesh.diagonal > 0 ? static_cast<float>(1 / mesh.diagonal) : 0.0F;
    FaceFace out;
    out.a3.assign(n * n * kBins, 0);
    out.d2.assign(n * n * kBins, 0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i; j < n; ++j) {
            const std::size_t here = (i * n + j) * kBins, there = (j * n + i) * kBins;
            const Sampled &a = sampled[i], &b = sampled[j];
            distances(a.at, b.first, scale, &out.d2[here]);
            distances(a.at, b.second, scale, &out.d2[here]);
            angles(a.at, b.first, b.after_first, &out.a3[here]);
            angles(b.at, a.second, a.after_second, &out.a3[here]);
            if (i != j) {
                std::copy_n(&out.d2[here], kBins, &out.d2[there]);
                std::copy_n(&out.a3[here], kBins, &out.a3[there]);
            }
        }
    }
    return out;
}

} // namespace cad
