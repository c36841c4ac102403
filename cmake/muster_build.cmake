# How every target of muster is compiled, and the one way to declare a floor.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# ccache takes a unit that reads a precompiled header only if it is told that this is meant; without
# the base folder, a second checkout would find nothing of the first one's.
find_program(MUSTER_CCACHE ccache)
if(MUSTER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
    "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${MUSTER_CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# What every translation unit obeys.
add_library(muster_flags INTERFACE)
target_compile_options(muster_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wextra-semi -Wimplicit-fallthrough
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 in libstdc++'s own std::string and std::variant.
  target_compile_options(muster_flags INTERFACE
    -Wno-restrict -Wno-dangling-pointer -Wno-maybe-uninitialized)
endif()
target_include_directories(muster_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")

set(MUSTER_SANITIZE "" CACHE STRING "Sanitizers, as given to -fsanitize")
if(MUSTER_SANITIZE)
  target_compile_options(muster_flags INTERFACE
    -fsanitize=${MUSTER_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(muster_flags INTERFACE -fsanitize=${MUSTER_SANITIZE})
endif()

# Most of what a small source costs is the headers that it reads, so the sources of a folder are
# compiled together, a few at a time (docs/adr/0015-compiled-together.md). What two of them call
# alike in their anonymous namespaces, they call differently.
option(MUSTER_TOGETHER "Compile sources of a folder together; without, each alone" ON)
set(MUSTER_TOGETHER_MAX 10)

# muster_together(NAME): the sources of that target.
function(muster_together name)
  if(NOT MUSTER_TOGETHER)
    return()
  endif()
  get_target_property(sources ${name} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cc$")
  list(SORT sources)
  foreach(source IN LISTS sources)
    file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${source}")
    get_filename_component(folder "${folder}" DIRECTORY)
    string(MAKE_C_IDENTIFIER "${folder}" folder)
    if(NOT DEFINED number_of_${folder})
      set(number_of_${folder} 0)
    endif()
    math(EXPR group "${number_of_${folder}} / ${MUSTER_TOGETHER_MAX}")
    math(EXPR number_of_${folder} "${number_of_${folder}} + 1")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${folder}_${group}")
  endforeach()
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# muster_floor(NAME FOLDER [EXCEPT file...] [LINKS target...]): the library of the sources below
# FOLDER, but for those files in it.
function(muster_floor name folder)
  cmake_parse_arguments(FLOOR "" "" "EXCEPT;LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc" "${folder}/*.h")
  list(TRANSFORM FLOOR_EXCEPT PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/")
  list(REMOVE_ITEM sources ${FLOOR_EXCEPT} "")
  add_library(${name} STATIC ${sources})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PUBLIC muster_flags ${FLOOR_LINKS})
  # In angle brackets: what CMake then writes is the same in every checkout, and so ccache finds it.
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/cmake")
  target_precompile_headers(${name} PRIVATE <pch.h>)
  muster_together(${name})
endfunction()
