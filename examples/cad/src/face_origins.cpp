#include "face_origins.hpp"

#include <Interface_InterfaceModel.hxx>
#include <StepShape_Face.hxx>
#include <TCollection_HAsciiString.hxx>
#include <TopExp.hxx>
#include <TopExp_Explorer.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TransferBRep.hxx>
#include <Transfer_TransientProcess.hxx>
#include <XSControl_TransferReader.hxx>
#include <XSControl_WorkSession.hxx>

#include <unordered_map>

namespace cad {
namespace {

// Placement does not change the TShape: instances of a face are found by that of the one transferred.
using Origins = std::unordered_map<const TopoDS_TShape *, FaceOrigin>;

Origins origins_of(const STEPControl_Reader &reader) {
    Origins origins;
    const Handle(Transfer_TransientProcess) transfer = reader.WS()->TransferReader()->TransientProcess();
    const Handle(Interface_InterfaceModel) model = reader.Model();
    for (int number = 1; number <= model->NbEntities(); ++number) {
        const auto entity = Handle(StepShape_Face)::DownCast(model->Value(number));
        if (entity.IsNull()) {
            continue;
        }
        const Handle(TCollection_HAsciiString) name = entity->Name();
        const FaceOrigin origin{number, name.IsNull() ? "" : name->ToCString()};
        const TopoDS_Shape made = TransferBRep::ShapeResult(transfer, entity);
        if (made.IsNull()) {
            continue;
        }
        for (TopExp_Explorer it(made, TopAbs_FACE); it.More(); it.Next()) {
            origins.emplace(it.Current().TShape().get(), origin);
        }
    }
    return origins;
}

} // namespace

std::vector<FaceOrigin> face_origins(const STEPControl_Reader &reader, const TopoDS_Shape &shape) {
    const Origins origins = origins_of(reader);
    TopTools_IndexedMapOfShape faces;
    TopExp::MapShapes(shape, TopAbs_FACE, faces);
    std::vector<FaceOrigin> out;
    for (int i = 1; i <= faces.Extent(); ++i) {
        const auto found = origins.find(faces(i).TShape().get());
        out.push_back(found == origins.end() ? FaceOrigin() : found->second);
    }
    return out;
}

} // namespace cad
