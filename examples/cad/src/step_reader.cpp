#include "step_reader.hpp"

#include "part_error.hpp"
#include "stopwatch.hpp"

#include <IFSelect_ReturnStatus.hxx>
#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <Message_Printer.hxx>
#include <STEPControl_Reader.hxx>
#include <Standard_Failure.hxx>
#include <Standard_Version.hxx>
#include <TColStd_SequenceOfAsciiString.hxx>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace cad {
namespace {

// Comments may come first, so the keyword is looked for in the whole first block.
void require_step_header(const std::string &path) {
    std::error_code error;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
        throw part_error("is not a regular file");
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw part_error(std::string("cannot be opened: ") + std::strerror(errno ? errno : ENOENT));
    }
    std::array<char, 4096> block{};
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    const std::string head(block.data(), static_cast<std::size_t>(file.gcount()));
    if (head.find("ISO-10303-21") == std::string::npos) {
        throw part_error("is not a STEP file: no ISO-10303-21 header");
    }
}

const char *describe(IFSelect_ReturnStatus status) {
    switch (status) {
    case IFSelect_RetVoid:
        return "has no STEP data";
    case IFSelect_RetFail:
        return "cannot be parsed as STEP";
    case IFSelect_RetStop:
        return "was given up by the STEP parser";
    default:
        return "is not a readable STEP file";
    }
}

std::string length_unit(STEPControl_Reader &reader) {
    TColStd_SequenceOfAsciiString lengths, angles, solid_angles;
    reader.FileUnits(lengths, angles, solid_angles);
    return lengths.IsEmpty() ? std::string("unknown") : std::string(lengths.First().ToCString());
}

} // namespace

void silence_reader() { Message::DefaultMessenger()->ChangePrinters().Clear(); }

StepPart read_step(const std::string &path) {
    require_step_header(path);
    StepPart part;
    part.file_bytes = std::filesystem::file_size(path);
    try {
        Stopwatch watch;
        STEPControl_Reader reader;
        const IFSelect_ReturnStatus status = reader.ReadFile(path.c_str());
        if (status != IFSelect_RetDone) {
            throw part_error(describe(status));
        }
        part.parse_seconds = watch.lap();
        part.source_unit = length_unit(reader);
        reader.TransferRoots();
        part.shape = reader.OneShape();
        if (!part.shape.IsNull()) {
            part.face_origins = face_origins(reader, part.shape);
        }
        part.transfer_seconds = watch.lap();
    } catch (const Standard_Failure &failure) {
        throw part_error(std::string("cannot be read: ") + failure.GetMessageString());
    }
    if (part.shape.IsNull()) {
        throw part_error("has no shape");
    }
    return part;
}

std::string kernel_version() { return OCC_VERSION_COMPLETE; }

} // namespace cad
