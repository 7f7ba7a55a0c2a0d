# Every file of examples/c and examples/cpp is one program, and running it is one test.

foreach(language IN ITEMS c cpp)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/${language}/*.${language}")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    datastorage_program(example_${language}_${name} "${source}")
    datastorage_test(example.${language}.${name} example_${language}_${name})
  endforeach()
endforeach()
