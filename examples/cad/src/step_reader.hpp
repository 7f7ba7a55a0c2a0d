// A STEP file as one OpenCASCADE shape, in millimetres.
//
// Reading in OpenCASCADE 7.6 is not safe from several threads of one process;
// the program therefore reads in worker processes, one part at a time each.
#pragma once

#include "face_origins.hpp"

#include <TopoDS_Shape.hxx>

#include <cstdint>
#include <string>
#include <vector>

namespace cad {

struct StepPart {
    TopoDS_Shape shape;
    std::vector<FaceOrigin> face_origins; // of the faces of `shape`
    std::uint64_t file_bytes = 0;
    std::string source_unit;     // the file's length unit, as it names it
    double parse_seconds = 0;    // text to STEP entities
    double transfer_seconds = 0; // entities to a shape, healing included
};

// Silences OpenCASCADE, which otherwise prints its progress to stdout.
void silence_reader();

// Throws part_error when the file cannot be read, is no STEP file, or has no shape.
StepPart read_step(const std::string &path);

// "7.6.3": the version the program runs with.
std::string kernel_version();

} // namespace cad
