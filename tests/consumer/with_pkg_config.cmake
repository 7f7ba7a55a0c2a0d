# Compiles the consumer with nothing but what pkg-config says about the installed prefix, and runs it.

set(prefix "${BUILD}/prefix")
set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig")
execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs "datastorage >= 0.1" OUTPUT_VARIABLE flags RESULT_VARIABLE status
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "pkg-config does not find datastorage in $ENV{PKG_CONFIG_PATH}")
endif()
separate_arguments(flags)

function(build_and_run compiler source output)
  execute_process(COMMAND "${compiler}" ${ARGN} "${SOURCE}/${source}" -o "${output}" ${flags} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${source} does not compile with: ${flags}")
  endif()
  set(ENV{LD_LIBRARY_PATH} "${prefix}/${LIBDIR}")
  execute_process(COMMAND "${output}" RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${output} ended with ${status}")
  endif()
endfunction()

build_and_run("${CC}" main.c "${BUILD}/consumer_pc_c")
build_and_run("${CXX}" main.cpp "${BUILD}/consumer_pc_cpp" -std=c++17)
