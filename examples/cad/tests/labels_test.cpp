// Labels find their faces: by the name of the ADVANCED_FACE, whatever order the entities, the faces
// and the names have; and label files that do not fit the part are refused.
#include "label_file.hpp"
#include "labels.hpp"
#include "part.hpp"
#include "part_error.hpp"

#include <BRepAlgoAPI_Cut.hxx>
#include <BRepGProp.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRep_Builder.hxx>
#include <GProp_GProps.hxx>
#include <STEPConstruct.hxx>
#include <STEPControl_Writer.hxx>
#include <StepRepr_RepresentationItem.hxx>
#include <TCollection_HAsciiString.hxx>
#include <TopExp.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopoDS_Compound.hxx>
#include <Transfer_FinderProcess.hxx>
#include <XSControl_TransferWriter.hxx>
#include <XSControl_WorkSession.hxx>
#include <gp_Trsf.hxx>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

namespace {

namespace fs = std::filesystem;

int failures = 0;

void check(bool condition, const char *text, int line) {
    if (!condition) {
        std::fprintf(stderr, "labels_test.cpp:%d: %s\n", line, text);
        ++failures;
    }
}
#define CHECK(condition) check(condition, #condition, __LINE__)

fs::path work;

// A box without a corner: nine faces, whose centres and areas tell them apart.
TopoDS_Shape notched() {
    const TopoDS_Shape box = BRepPrimAPI_MakeBox(gp_Pnt(0, 0, 0), 5, 7, 9).Shape();
    return BRepAlgoAPI_Cut(box, BRepPrimAPI_MakeBox(gp_Pnt(4, 5, 6), 5, 7, 9).Shape()).Shape();
}

gp_Pnt centre(const TopoDS_Shape &face) {
    GProp_GProps properties;
    BRepGProp::SurfaceProperties(face, properties);
    return properties.CentreOfMass();
}

TopTools_IndexedMapOfShape faces_of(const TopoDS_Shape &shape) {
    TopTools_IndexedMapOfShape faces;
    TopExp::MapShapes(shape, TopAbs_FACE, faces);
    return faces;
}

// Writes `shape` with face i of `named` called name(i), from 0.
void write(const fs::path &path, const TopoDS_Shape &shape, const TopoDS_Shape &named,
           const std::function<std::string(int)> &name) {
    STEPControl_Writer writer;
    writer.Transfer(shape, STEPControl_AsIs);
    const Handle(Transfer_FinderProcess) transfer = writer.WS()->TransferWriter()->FinderProcess();
    const TopTools_IndexedMapOfShape faces = faces_of(named);
    for (int i = 0; i < faces.Extent(); ++i) {
        const Handle(StepRepr_RepresentationItem) item = STEPConstruct::FindEntity(transfer, faces(i + 1));
        CHECK(!item.IsNull());
        item->SetName(new TCollection_HAsciiString(name(i).c_str()));
    }
    CHECK(writer.Write(path.string().c_str()) == IFSelect_RetDone);
}

void say(const fs::path &step, const std::string &text) {
    std::ofstream(fs::path(step).replace_extension(".labels.json")) << text;
}

// Turns the list of the shell's faces round: then faces and entities run against each other.
void reverse_shell(const fs::path &path) {
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const std::size_t first = text.find("(#", text.find("CLOSED_SHELL(")) + 1;
    const std::size_t last = text.find(')', first);
    std::istringstream list(text.substr(first, last - first));
    std::string reversed, reference;
    while (std::getline(list, reference, ',')) {
        reversed.insert(0, reversed.empty() ? reference : reference + ",");
    }
    std::ofstream(path, std::ios::binary) << text.replace(first, last - first, reversed);
}

// {"0": 100, "1": 101, ...}, in an order of its own.
std::string hundreds(int n) {
    std::string text = "{";
    for (int i = n - 1; i >= 0; --i) {
        text += "\"" + std::to_string(i) + "\": " + std::to_string(100 + i) + (i > 0 ? ",\n " : "}\n");
    }
    return text;
}

std::string refusal(const std::function<void()> &call) {
    try {
        call();
    } catch (const cad::part_error &error) {
        return error.what();
    }
    return "";
}

void names_find_their_faces() {
    const TopoDS_Shape shape = notched();
    const TopTools_IndexedMapOfShape faces = faces_of(shape);
    const fs::path path = work / "notched.step";
    // Names run against the faces, in steps of four: no order agrees with another.
    const auto number = [](int i) { return (4 * i + 7) % 9; };
    write(path, shape, shape, [&](int i) { return std::to_string(number(i)); });
    reverse_shell(path);
    say(path, hundreds(9));

    const cad::Part part = cad::extract(path.string());
    CHECK(part.topology.faces.size() == 9 && part.labels.has_value());
    int moved = 0;
    for (int i = 0; i < 9; ++i) {
        const gp_Pnt wanted = centre(faces(i + 1));
        int found = 0;
        for (std::size_t f = 0; f < 9; ++f) {
            const float *c = &part.faces.centroids[3 * f];
            if (wanted.Distance(gp_Pnt(c[0], c[1], c[2])) < 1e-4) {
                ++found;
                CHECK((*part.labels)[f] == 100 + number(i));
                moved += static_cast<int>(f) != number(i);
            }
        }
        CHECK(found == 1);
    }
    CHECK(moved > 0); // or positions would have done
}

// Two placements of one solid have twelve faces of six entities.
void placed_copies_share_labels() {
    const TopoDS_Shape box = BRepPrimAPI_MakeBox(1, 2, 3).Shape();
    gp_Trsf away;
    away.SetTranslation(gp_Vec(10, 0, 0));
    TopoDS_Compound both;
    BRep_Builder builder;
    builder.MakeCompound(both);
    builder.Add(both, box);
    builder.Add(both, box.Moved(TopLoc_Location(away)));
    const fs::path path = work / "twice.step";
    write(path, both, box, [](int i) { return std::to_string(5 - i); });
    say(path, hundreds(6));

    const cad::Part part = cad::extract(path.string());
    CHECK(part.topology.faces.size() == 12 && part.labels.has_value());
    for (std::size_t f = 0; f < 12; ++f) {
        int same = 0;
        for (std::size_t g = 0; g < 12; ++g) {
            const float *a = &part.faces.centroids[3 * f];
            const float *b = &part.faces.centroids[3 * g];
            const bool copies = std::abs(std::abs(a[0] - b[0]) - 10) < 1e-4 && std::abs(a[1] - b[1]) < 1e-4 &&
                                std::abs(a[2] - b[2]) < 1e-4;
            const bool labels = f != g && (*part.labels)[f] == (*part.labels)[g];
            same += labels;
            CHECK(labels == copies);
        }
        CHECK(same == 1);
    }
}

void labels_that_do_not_fit_are_refused() {
    const fs::path path = work / "six.step";
    const TopoDS_Shape box = BRepPrimAPI_MakeBox(1, 2, 3).Shape();
    write(path, box, box, [](int i) { return std::to_string(i); });
    const std::vector<cad::FaceOrigin> faces = cad::read_step(path.string()).face_origins;
    const auto wrong = [&](const std::string &text) {
        say(path, text);
        return refusal([&] { cad::read_labels(path.string(), faces); });
    };
    CHECK(wrong(hundreds(6)).empty() && wrong("[1, 2, 3, 4, 5, 6]").empty());
    CHECK(wrong("[1, 2]") == "six.labels.json labels 2 faces, the part has 6");
    CHECK(wrong(hundreds(5)) == "six.labels.json has no label for the face named '5'");
    CHECK(wrong(hundreds(7)) == "six.labels.json labels the face '6', the part has no such face");

    write(path, box, box, [](int i) { return std::to_string(i % 5); });
    const auto twins = cad::read_step(path.string()).face_origins;
    say(path, hundreds(5));
    CHECK(refusal([&] { cad::read_labels(path.string(), twins); }) ==
          "six.labels.json labels faces by name, two are named '0'");
    CHECK(refusal([&] { cad::read_labels(path.string(), {cad::FaceOrigin()}); }) ==
          "six.labels.json labels faces by name, face 0 has none");
}

void files_that_are_no_labels_are_refused() {
    const auto list = cad::parse_labels(" [ 1,-2 ,3 ]\n", "x");
    CHECK(std::get<cad::LabelList>(list) == (cad::LabelList{1, -2, 3}));
    const auto map = cad::parse_labels(R"({"a \"b\" \\": 1, " c": 2})", "x");
    CHECK(std::get<cad::LabelsByName>(map) == (cad::LabelsByName{{"a \"b\" \\", 1}, {" c", 2}}));
    CHECK(std::get<cad::LabelList>(cad::parse_labels("[]", "x")).empty());
    for (const char *text : {"", "7", "[1", "[1,]", "[1 2]", "[1.5]", "[1]]", "[99999999999]", "{\"a\"}", "{\"a\": \"1\"}",
                             "{a: 1}", "{\"a\": 1", "{\"a", "{\"\\", "{\"\\n\": 1}"}) {
        CHECK(refusal([&] { cad::parse_labels(text, "x"); }) ==
              "x is neither a JSON list of integers nor an object of them");
    }
    CHECK(refusal([] { cad::parse_labels(R"({"a": 1, "a": 2})", "x"); }) == "x labels the face 'a' twice");
    CHECK(refusal([] { cad::parse_labels(R"({"\u0061": 1})", "x"); }) ==
          "x has a key with a \\u escape: write it as UTF-8");
}

} // namespace

int main(int, char **argv) {
    work = argv[1];
    fs::create_directories(work);
    cad::silence_reader();
    names_find_their_faces();
    placed_copies_share_labels();
    labels_that_do_not_fit_are_refused();
    files_that_are_no_labels_are_refused();
    return failures == 0 ? 0 : 1;
}
