# varde_needs(DEBIAN-PACKAGE NAME [find_package words...]): the library, found before anything is compiled; where it is
# missing the configure step says in one sentence which package has it. All of them: docker/packages.txt.
macro(varde_needs package name)
  find_package(${name} QUIET ${ARGN})
  if(NOT ${name}_FOUND)
    varde_missing(${package} ${name})
  endif()
endmacro()

# The same by pkg-config, for a library without a CMake package: the target is PkgConfig::NAME.
macro(varde_needs_module package name)
  find_package(PkgConfig QUIET)
  if(NOT PkgConfig_FOUND)
    varde_missing(pkg-config pkg-config)
  endif()
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${name})
  if(NOT ${name}_FOUND)
    varde_missing(${package} ${name})
  endif()
endmacro()

# A library with neither: the target is varde_NAME.
function(varde_needs_library package name header)
  find_library(${name}_LIBRARY ${name})
  find_path(${name}_INCLUDE ${header})
  if(NOT ${name}_LIBRARY OR NOT ${name}_INCLUDE)
    varde_missing(${package} ${name})
  endif()
  add_library(varde_${name} INTERFACE)
  target_link_libraries(varde_${name} INTERFACE ${${name}_LIBRARY})
  target_include_directories(varde_${name} INTERFACE ${${name}_INCLUDE})
endfunction()

function(varde_missing package name)
  message(FATAL_ERROR "${name} is missing: install the Debian package ${package} (./run and ./test install all that they need).")
endfunction()
