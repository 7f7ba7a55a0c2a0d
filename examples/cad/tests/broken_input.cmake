# Files that are no parts: each gets a line that names it, the good one among them is stored, and
# the exit status says that something failed. ENCODE, STEP and WORK are given with -D.

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/in" "${WORK}/empty")
file(WRITE "${WORK}/in/a_text.step" "this is no STEP file\n")
file(WRITE "${WORK}/in/b_empty.step" "")
file(READ "${STEP}" head LIMIT 20000)
file(WRITE "${WORK}/in/c_truncated.step" "${head}")
file(WRITE "${WORK}/in/d_nothing.step"
     "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n"
     "FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n")
file(COPY "${STEP}" DESTINATION "${WORK}/in")
file(COPY "${STEP}" DESTINATION "${WORK}/labelled")
file(WRITE "${WORK}/labelled/screw.labels.json" "[1, 2, 3]")

function(expect status pattern_out pattern_err)
  execute_process(COMMAND "${ENCODE}" ${ARGN} RESULT_VARIABLE got OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT got STREQUAL status)
    message(FATAL_ERROR "cad_encode ${ARGN}: wanted exit status ${status}, got ${got}\n${out}${err}")
  endif()
  if(NOT out MATCHES "${pattern_out}")
    message(FATAL_ERROR "cad_encode ${ARGN}: '${pattern_out}' is not in its output:\n${out}")
  endif()
  if(NOT err MATCHES "${pattern_err}")
    message(FATAL_ERROR "cad_encode ${ARGN}: '${pattern_err}' is not in its errors:\n${err}")
  endif()
endfunction()

expect(1 "1 of 5 parts" "a_text.step: is not a STEP file" "${WORK}/out" "${WORK}/in")
foreach(name b_empty c_truncated d_nothing)
  expect(1 "0 of 1 parts" "${name}.step: [a-z]" "${WORK}/out" "${WORK}/in/${name}.step")
endforeach()
file(GLOB stored RELATIVE "${WORK}/out" "${WORK}/out/*.zarr*")
if(NOT stored STREQUAL "screw.zarr.data")
  message(FATAL_ERROR "wanted screw.zarr.data alone, found '${stored}'")
endif()

expect(1 "0 of 1 parts" "absent.step: cannot be opened: No such file" "${WORK}/out" "${WORK}/absent.step")
expect(1 "0 of 1 parts" "labels 3 faces, the part has 10" "${WORK}/out" "${WORK}/labelled/screw.step")
expect(1 "\"error\": \"is not a STEP file" "a_text.step" --json "${WORK}/out" "${WORK}/in/a_text.step")

expect(2 "" "wanted OUT_DIR")
expect(2 "" "no .step or .stp file" "${WORK}/out" "${WORK}/empty")
expect(2 "" "unknown option --turbo" --turbo 9 "${WORK}/out" "${STEP}")
expect(2 "" "profile" --profile nonsense "${WORK}/out" "${STEP}")
expect(2 "" "would both be stored" "${WORK}/out" "${STEP}" "${WORK}/in/screw.step")
expect(0 "usage: cad_encode" "" --help)
