# The tests of the encoder: what is measured, on solids made here; the programs, on the two parts that
# come with OpenCASCADE (Debian: occt-misc).

add_executable(cad_measure_test "${CMAKE_CURRENT_LIST_DIR}/measure_test.cpp")
target_link_libraries(cad_measure_test PRIVATE cad_measure TKBO TKPrim)
add_test(NAME cad.measure COMMAND cad_measure_test)

add_executable(cad_labels_test "${CMAKE_CURRENT_LIST_DIR}/labels_test.cpp")
target_link_libraries(cad_labels_test PRIVATE cad_measure TKBO TKPrim)
add_test(NAME cad.labels COMMAND cad_labels_test "${CMAKE_CURRENT_BINARY_DIR}/labels")

find_path(
  CAD_STEP_DIR linkrods.step
  HINTS ENV CAD_STEP_DIR
  PATHS /usr/share/opencascade/data/step
  PATH_SUFFIXES share/opencascade/data/step
  DOC "Directory with linkrods.step and screw.step")
if(NOT CAD_STEP_DIR)
  message(STATUS "datastorage: linkrods.step was not found, the CAD encoder is built without tests (set CAD_STEP_DIR)")
  return()
endif()

set(_out "${CMAKE_CURRENT_BINARY_DIR}/encoded")
set(_linkrods "${CAD_STEP_DIR}/linkrods.step")
set(_screw "${CAD_STEP_DIR}/screw.step")

foreach(format zarr json)
  add_test(NAME cad.encode.${format} COMMAND cad_encode --format ${format} "${_out}/${format}" "${_linkrods}" "${_screw}")
  set_tests_properties(cad.encode.${format} PROPERTIES FIXTURES_SETUP cad_${format} PASS_REGULAR_EXPRESSION "2 of 2 parts")
endforeach()
add_test(NAME cad.encode.directory COMMAND cad_encode --keep-directory --sync none "${_out}/directory" "${_screw}")
set_tests_properties(cad.encode.directory PROPERTIES FIXTURES_SETUP cad_directory)

# Counts as gmsh and a newer OpenCASCADE give them.
add_test(NAME cad.verify.linkrods COMMAND cad_verify --faces 37 --edges 108 "${_out}/zarr/linkrods.zarr.data")
add_test(NAME cad.verify.screw COMMAND cad_verify --faces 10 --edges 22 "${_out}/zarr/screw.zarr.data")
add_test(NAME cad.verify.json COMMAND cad_verify --faces 10 --edges 22 "json:${_out}/json/screw")
add_test(NAME cad.verify.directory COMMAND cad_verify --faces 10 --edges 22 "${_out}/directory/screw.zarr")
set_tests_properties(cad.verify.linkrods cad.verify.screw PROPERTIES FIXTURES_REQUIRED cad_zarr)
set_tests_properties(cad.verify.json PROPERTIES FIXTURES_REQUIRED cad_json)
set_tests_properties(cad.verify.directory PROPERTIES FIXTURES_REQUIRED cad_directory)

# Bad input, and the good part beside it.
add_test(
  NAME cad.broken_input
  COMMAND "${CMAKE_COMMAND}" -DENCODE=$<TARGET_FILE:cad_encode> -DSTEP=${_screw} -DWORK=${CMAKE_CURRENT_BINARY_DIR}/broken
          -P "${CMAKE_CURRENT_LIST_DIR}/broken_input.cmake")

# A worker that crashes or hangs costs its own part only.
find_program(CAD_SH sh)
if(UNIX AND CAD_SH)
  add_test(NAME cad.worker_death COMMAND "${CAD_SH}" "${CMAKE_CURRENT_LIST_DIR}/worker_death.sh" $<TARGET_FILE:cad_encode>
                                         "${_linkrods}" "${_screw}" "${CMAKE_CURRENT_BINARY_DIR}/worker_death")
endif()
