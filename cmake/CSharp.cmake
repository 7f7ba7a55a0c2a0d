# The C# binding and its tests, compiled by Mono's mcs and run by mono, one test a group. Nothing is built and nothing
# registered when either program is missing: `scripts/setup.sh --test` installs them.

find_program(MCS_EXECUTABLE mcs)
find_program(MONO_EXECUTABLE mono)
if(NOT MCS_EXECUTABLE OR NOT MONO_EXECUTABLE)
  message(STATUS "datastorage: mcs or mono was not found, the C# binding is not built")
  return()
endif()

set(_csharp "${PROJECT_SOURCE_DIR}/bindings/csharp")
set(_csharp_out "${PROJECT_BINARY_DIR}/csharp")
file(GLOB_RECURSE _csharp_sources CONFIGURE_DEPENDS "${_csharp}/src/*.cs")
file(GLOB _csharp_tests CONFIGURE_DEPENDS "${_csharp}/tests/*.cs")
file(MAKE_DIRECTORY "${_csharp_out}")
# C# 7.2 is the newest that mcs knows whole; -doc makes a public member without a comment an error.
set(_mcs "${MCS_EXECUTABLE}" -nologo -debug -unsafe -langversion:7.2 -warn:4 -warnaserror -r:System.Core -r:System.Numerics)

add_custom_command(
  OUTPUT "${_csharp_out}/DataStorage.dll" "${_csharp_out}/DataStorage.xml"
  COMMAND ${_mcs} -target:library "-doc:${_csharp_out}/DataStorage.xml" "-out:${_csharp_out}/DataStorage.dll" ${_csharp_sources}
  DEPENDS ${_csharp_sources}
  COMMENT "mcs DataStorage.dll"
  VERBATIM)
add_custom_command(
  OUTPUT "${_csharp_out}/tests.exe"
  COMMAND ${_mcs} "-r:${_csharp_out}/DataStorage.dll" "-out:${_csharp_out}/tests.exe" ${_csharp_tests}
  DEPENDS ${_csharp_tests} "${_csharp_out}/DataStorage.dll"
  COMMENT "mcs tests.exe"
  VERBATIM)
add_custom_command(
  OUTPUT "${_csharp_out}/example.exe"
  COMMAND ${_mcs} "-r:${_csharp_out}/DataStorage.dll" "-out:${_csharp_out}/example.exe" "${_csharp}/examples/Part.cs"
  DEPENDS "${_csharp}/examples/Part.cs" "${_csharp_out}/DataStorage.dll"
  COMMENT "mcs example.exe"
  VERBATIM)
add_custom_target(csharp ALL DEPENDS "${_csharp_out}/tests.exe" "${_csharp_out}/example.exe")
add_dependencies(csharp datastorage_cargo)

# datastorage_csharp_test(<name> <program> [<argument>...]): runs a program of this directory against the built library.
function(datastorage_csharp_test name program)
  datastorage_test(${name} "${MONO_EXECUTABLE}" --debug "${_csharp_out}/${program}" ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS csharp ENVIRONMENT
                       "LD_LIBRARY_PATH=${PROJECT_BINARY_DIR}/lib;DATASTORAGE_HEADER=${PROJECT_SOURCE_DIR}/include/datastorage.h")
endfunction()
foreach(group IN ITEMS header arrays strings regions views bundles options nodes metadata schema datasets life progress wrong_use garbage leaks
        specification)
  datastorage_csharp_test(csharp.${group} tests.exe ${group})
endforeach()
datastorage_csharp_test(csharp.example example.exe)
