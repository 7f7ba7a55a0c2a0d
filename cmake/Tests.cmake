# What ctest runs besides the examples: C and C++ tests, the header matrix, the exported symbols, types that must not
# compile, and a consumer that knows nothing but find_package. The valgrind runs are labelled: `ctest -L valgrind`.

# ---- programs ------------------------------------------------------------------------------------------------------

file(GLOB _c_tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/c/test_*.c" "${PROJECT_SOURCE_DIR}/tests/c/stress*.c")
find_program(VALGRIND_EXECUTABLE valgrind)
foreach(source IN LISTS _c_tests)
  get_filename_component(name "${source}" NAME_WE)
  datastorage_program(c_${name} "${source}")
  if(UNIX AND NOT APPLE)
    target_link_libraries(c_${name} PRIVATE m)
  endif()
  datastorage_test(c.${name} c_${name})
  if(VALGRIND_EXECUTABLE AND NOT DATASTORAGE_SANITIZE AND NOT CMAKE_CROSSCOMPILING AND NOT name MATCHES "stress|fork")
    datastorage_test(valgrind.${name} ${VALGRIND_EXECUTABLE} --quiet --error-exitcode=1 --leak-check=full
                     --errors-for-leak-kinds=definite,indirect $<TARGET_FILE:c_${name}>)
    set_tests_properties(valgrind.${name} PROPERTIES LABELS valgrind TIMEOUT 900)
  endif()
endforeach()

file(GLOB _cpp_tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/cpp/test_*.cpp")
foreach(source IN LISTS _cpp_tests)
  get_filename_component(name "${source}" NAME_WE)
  datastorage_program(cpp_${name} "${source}")
  datastorage_test(cpp.${name} cpp_${name})
endforeach()

# ---- headers -------------------------------------------------------------------------------------------------------

# Each header alone and twice, under every language version it promises. Compiling is the test.
set(_header_dir "${PROJECT_BINARY_DIR}/headers")
function(datastorage_header_test header language standard)
  foreach(times IN ITEMS 1 2)
    set(source "${_header_dir}/${header}_${standard}_${times}.${language}")
    string(REPEAT "#include <${header}>\n" ${times} text)
    file(WRITE "${source}" "${text}int datastorage_header_test;\n")
    if(language STREQUAL "c")
      set(compiler "${CMAKE_C_COMPILER}")
      set(flags ${DATASTORAGE_C_FLAGS})
    else()
      set(compiler "${CMAKE_CXX_COMPILER}")
      set(flags ${DATASTORAGE_CXX_FLAGS})
    endif()
    if(MSVC)
      list(APPEND flags /std:${standard} /c /Fo${source}.obj)
    else()
      list(APPEND flags -std=${standard} -c -o "${source}.o")
    endif()
    add_test(NAME header.${header}.${standard}.${times} COMMAND "${compiler}" ${flags} "-I${PROJECT_SOURCE_DIR}/include" "${source}")
  endforeach()
endfunction()
if(NOT MSVC)
  datastorage_header_test(datastorage.h c c99)
endif()
datastorage_header_test(datastorage.h c c11)
datastorage_header_test(datastorage_dlpack.h c c11)
datastorage_header_test(datastorage_dlpack.h cpp c++17)
datastorage_header_test(datastorage.h cpp c++17)
foreach(header IN ITEMS datastorage.hpp datastorage_dataset.hpp datastorage_schema.hpp datastorage/types.hpp datastorage/array.hpp datastorage/json.hpp datastorage/regions.hpp datastorage/session.hpp datastorage/view.hpp)
  datastorage_header_test(${header} cpp c++17)
endforeach()
datastorage_header_test(datastorage.hpp cpp c++20)

# Types that cannot be stored fail to compile with a sentence; case 0 is the control that compiles.
if(NOT MSVC)
  foreach(case RANGE 0 8)
    add_test(NAME cpp.refused_type.${case}
             COMMAND "${CMAKE_CXX_COMPILER}" -std=c++17 -fsyntax-only -DCASE=${case} "-I${PROJECT_SOURCE_DIR}/include"
                     "${PROJECT_SOURCE_DIR}/tests/cpp/refused_types.cpp")
    if(case GREATER 0)
      set_tests_properties(cpp.refused_type.${case} PROPERTIES PASS_REGULAR_EXPRESSION "ds: (unsupported|metadata is|save_bytes takes)")
    endif()
  endforeach()
endif()

# ---- the library as a file -----------------------------------------------------------------------------------------

if(CMAKE_NM AND UNIX AND NOT APPLE)
  add_test(NAME library.symbols
           COMMAND "${CMAKE_COMMAND}" -DNM=${CMAKE_NM} -DREADELF=${CMAKE_READELF} -DLIBRARY=$<TARGET_FILE:datastorage::datastorage>
                   -DSYMBOLS=${PROJECT_SOURCE_DIR}/include/symbols.txt -DSONAME=libdatastorage.so.${DATASTORAGE_SOVERSION} -P
                   "${PROJECT_SOURCE_DIR}/cmake/CheckSymbols.cmake")
endif()

add_test(NAME consumer.cmake
         COMMAND "${CMAKE_COMMAND}" -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR}/tests/consumer
                 -DGENERATOR=${CMAKE_GENERATOR} -DCONFIG=$<CONFIG> -DCC=${CMAKE_C_COMPILER} -DCXX=${CMAKE_CXX_COMPILER}
                 -DTOOLCHAIN=${CMAKE_TOOLCHAIN_FILE} -DWINDOWS=$<BOOL:${WIN32}> "-DEMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}" -P
                 "${PROJECT_SOURCE_DIR}/tests/consumer/with_cmake.cmake")
set_tests_properties(consumer.cmake PROPERTIES FIXTURES_SETUP installed)
find_program(PKG_CONFIG_EXECUTABLE pkg-config)
if(PKG_CONFIG_EXECUTABLE AND UNIX AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME consumer.pkg_config
           COMMAND "${CMAKE_COMMAND}" -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR}/tests/consumer
                   -DPKG_CONFIG=${PKG_CONFIG_EXECUTABLE} -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DCC=${CMAKE_C_COMPILER}
                   -DCXX=${CMAKE_CXX_COMPILER} -P "${PROJECT_SOURCE_DIR}/tests/consumer/with_pkg_config.cmake")
  set_tests_properties(consumer.pkg_config PROPERTIES FIXTURES_REQUIRED installed)
endif()
