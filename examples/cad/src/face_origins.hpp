// Which entity of a STEP file each face of its shape came from, and what the file calls it.
//
// Entities stand in the file in any order, so a label given by name finds its face through
// OpenCASCADE's record of the transfer, never through positions.
#pragma once

#include <STEPControl_Reader.hxx>
#include <TopoDS_Shape.hxx>

#include <cstdint>
#include <string>
#include <vector>

namespace cad {

struct FaceOrigin {
    std::int32_t entity = 0; // number in the reader's model, from 1; 0 when the face came from no face entity
    std::string name;        // of the ADVANCED_FACE (or another face entity); often empty
};

// One for each face of the shape, in the order of OpenCASCADE's indexed map, as in Topology.
// Placed instances of one face, and the pieces that healing split it into, share an origin.
// `shape` must be what `reader` transferred.
std::vector<FaceOrigin> face_origins(const STEPControl_Reader &reader, const TopoDS_Shape &shape);

} // namespace cad
