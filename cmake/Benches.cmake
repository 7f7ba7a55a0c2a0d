# The comparison of the main job with plain zstd. It measures and asserts nothing, so it is no test.

find_path(ZSTD_INCLUDE_DIR zstd.h)
find_library(ZSTD_LIBRARY zstd)
if(UNIX AND ZSTD_INCLUDE_DIR AND ZSTD_LIBRARY)
  find_package(Threads REQUIRED)
  foreach(name IN ITEMS part large view)
    datastorage_program(${name}_bench "${PROJECT_SOURCE_DIR}/benches/${name}/${name}_bench.cpp")
    target_include_directories(${name}_bench PRIVATE "${ZSTD_INCLUDE_DIR}")
    target_link_libraries(${name}_bench PRIVATE "${ZSTD_LIBRARY}" Threads::Threads)
  endforeach()
else()
  message(STATUS "datastorage: zstd.h was not found (or this is no Unix), the benchmarks are not built")
endif()
