# Builds for Windows from Linux: cmake --toolchain cmake/toolchains/x86_64-w64-mingw32.cmake. Tests run under Wine
# (`make test-windows` does the same without CMake).
# The posix variant of the compiler has std::thread; rustc calls it by the plain name when it links the DLL.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
find_program(_mingw_cc NAMES x86_64-w64-mingw32-gcc-posix x86_64-w64-mingw32-gcc REQUIRED)
find_program(_mingw_cxx NAMES x86_64-w64-mingw32-g++-posix x86_64-w64-mingw32-g++ REQUIRED)
set(CMAKE_C_COMPILER "${_mingw_cc}")
set(CMAKE_CXX_COMPILER "${_mingw_cxx}")
# `make windows-shim` fills the directory with what Debian's Wine lacks.
get_filename_component(_source "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(CMAKE_CROSSCOMPILING_EMULATOR env "DS_WINDOWS_DIR=${_source}/build/windows" "${_source}/scripts/windows-run.sh")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
set(DATASTORAGE_CARGO_TARGET x86_64-pc-windows-gnu CACHE STRING "Rust target triple")
