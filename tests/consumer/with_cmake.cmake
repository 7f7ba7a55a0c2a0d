# Installs into a prefix of the build tree that is then moved (nothing may remember where it was), then configures,
# builds and runs the consumer against that prefix alone.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed (${status}): ${ARGN}")
  endif()
endfunction()

set(prefix "${BUILD}/prefix")
set(build "${BUILD}/consumer")
file(REMOVE_RECURSE "${prefix}" "${prefix}.first" "${build}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}.first" --config "${CONFIG}" --strip)
file(RENAME "${prefix}.first" "${prefix}")

set(compilers "-DCMAKE_C_COMPILER=${CC}" "-DCMAKE_CXX_COMPILER=${CXX}")
if(TOOLCHAIN)
  set(compilers "-DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}")
endif()
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${build}" -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_BUILD_TYPE=${CONFIG}"
    ${compilers})
run("${CMAKE_COMMAND}" --build "${build}" --config "${CONFIG}")

if(WINDOWS)
  file(COPY "${prefix}/bin/datastorage.dll" DESTINATION "${build}")
  set(suffix ".exe")
endif()
foreach(program IN ITEMS consumer_c consumer_cpp)
  set(path "${build}/${program}${suffix}")
  if(NOT EXISTS "${path}")
    set(path "${build}/${CONFIG}/${program}${suffix}")
  endif()
  run(${EMULATOR} "${path}")
endforeach()
