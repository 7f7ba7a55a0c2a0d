// A program of somebody else, in C++: an array through a store in memory.
#include <datastorage.hpp>

int main() {
    auto store = ds::open_memory();
    const std::vector<float> areas{1.5f, 2.3f, 4.1f};
    store.save("face_areas", areas);
    const bool same = store.load<float>("face_areas").vector() == areas;
    store.close();
    return same ? 0 : 1;
}
