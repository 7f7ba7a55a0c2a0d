# Empties the directories that the tests run in, so that a second ctest begins like the first.
file(GLOB _directories "${WORK}/*")
foreach(_directory IN LISTS _directories)
  file(REMOVE_RECURSE "${_directory}")
  file(MAKE_DIRECTORY "${_directory}")
endforeach()
