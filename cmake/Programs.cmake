# How every C and C++ program of this project is compiled: the strict flags that the headers promise to bear.

find_package(Threads REQUIRED)

if(MSVC)
  set(DATASTORAGE_C_FLAGS /W4 /WX)
  set(DATASTORAGE_CXX_FLAGS /W4 /WX /permissive- /EHsc)
else()
  set(DATASTORAGE_CXX_FLAGS -Wall -Wextra -pedantic -Werror -Wconversion)
  set(DATASTORAGE_C_FLAGS ${DATASTORAGE_CXX_FLAGS} -Wstrict-prototypes)
endif()

# datastorage_program(<name> <source>...): an executable over the library.
function(datastorage_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE datastorage::datastorage Threads::Threads)
  set_target_properties(${name} PROPERTIES C_STANDARD 11 CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:${DATASTORAGE_C_FLAGS}>
                                         $<$<COMPILE_LANGUAGE:CXX>:${DATASTORAGE_CXX_FLAGS}>)
  if(DATASTORAGE_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${DATASTORAGE_SANITIZE} -g)
    target_link_options(${name} PRIVATE -fsanitize=${DATASTORAGE_SANITIZE})
  endif()
  if(MINGW)
    target_link_options(${name} PRIVATE -static) # the compiler's own libraries; a DLL stays a DLL
  endif()
endfunction()

# datastorage_test(<name> <target> [<argument>...]): runs a program in a directory of its own, empty when ctest begins.
function(datastorage_test name target)
  set(work "${PROJECT_BINARY_DIR}/work/${name}")
  file(MAKE_DIRECTORY "${work}")
  add_test(NAME ${name} COMMAND ${target} ${ARGN} WORKING_DIRECTORY "${work}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 FIXTURES_REQUIRED clean_work)
endfunction()
