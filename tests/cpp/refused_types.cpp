// Each case but 0 must fail to compile with a sentence that begins with "ds:".

#include <datastorage.hpp>

struct point {
    float x, y, z;
};

void refused(ds::store &store) {
#if CASE == 0
    store.save("k", std::vector<float>{1.0f});
    store.set_metadata("k", 1);
    static_cast<void>(store.load<float>("k"));
#elif CASE == 1
    store.save("k", std::vector<point>{{1.0f, 2.0f, 3.0f}});
#elif CASE == 2
    store.save("k", 'c');
#elif CASE == 3
    store.save("k", std::vector<long double>{1.0L});
#elif CASE == 4
    static_cast<void>(store.load<point>("k"));
#elif CASE == 5
    store.save("k", ds::view<wchar_t>(L"wide", {4}));
#elif CASE == 6
    store.set_metadata("k", point{});
#elif CASE == 7
    static_cast<void>(store.metadata<std::vector<int>>("k"));
#elif CASE == 8
    store.save_bytes("k", std::vector<int>{1});
#else
#error "unknown case"
#endif
}
