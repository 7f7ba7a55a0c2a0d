# The comparison of the main job with plain zstd. It measures and asserts nothing, so it is no test.

find_path(ZSTD_INCLUDE_DIR zstd.h)
find_library(ZSTD_LIBRARY zstd)
if(UNIX AND ZSTD_INCLUDE_DIR AND ZSTD_LIBRARY)
  datastorage_program(part_bench "${PROJECT_SOURCE_DIR}/benches/part/part_bench.cpp")
  target_include_directories(part_bench PRIVATE "${ZSTD_INCLUDE_DIR}")
  target_link_libraries(part_bench PRIVATE "${ZSTD_LIBRARY}")
else()
  message(STATUS "datastorage: zstd.h was not found (or this is no Unix), the benchmark is not built")
endif()
