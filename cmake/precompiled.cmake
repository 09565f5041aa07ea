# What nearly every file includes is read by the compiler once and not 900 times: a quarter of a cold build. A file still
# includes whatever it uses; clang-tidy reads each without this and so finds a missing #include (.ci/checks).
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)   # would refuse one from the compiler's cache: it is newer than its header
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

# What Poco defines for the system's headers (Debian defines it anyway) would make them other headers than these.
get_target_property(poco_definitions Poco::Foundation INTERFACE_COMPILE_DEFINITIONS)
list(FILTER poco_definitions EXCLUDE REGEX "^_")
set_target_properties(Poco::Foundation PROPERTIES INTERFACE_COMPILE_DEFINITIONS "${poco_definitions}")

# varde_headers(TARGET [header...]): a library of nothing but precompiled headers, those named beside the usual ones.
function(varde_headers target)
  add_library(${target} STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(${target} PRIVATE fmt::fmt tl::expected Threads::Threads)
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory>
    <optional> <set> <span> <string> <string_view> <utility> <vector> <fmt/format.h> <tl/expected.hpp> ${ARGN})
endfunction()
varde_headers(varde_standard)

# varde_precompiled(TARGET FROM): TARGET takes the precompiled headers of FROM, whose threads and formatting it must share.
function(varde_precompiled target from)
  target_link_libraries(${target} PRIVATE fmt::fmt Threads::Threads)
  target_precompile_headers(${target} REUSE_FROM ${from})
endfunction()
