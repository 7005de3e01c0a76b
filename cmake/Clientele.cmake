set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
option(CLIENTELE_FAILPOINTS "Compile the failpoints that tests of faults use" OFF)

set(CLIENTELE_WARNINGS -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror)

function(_clientele_compile target)
  target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/gen")
  target_compile_options(${target} PRIVATE ${CLIENTELE_WARNINGS} "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
  if(CLIENTELE_FAILPOINTS)
    target_compile_definitions(${target} PUBLIC CLIENTELE_FAILPOINTS=1)
  endif()
endfunction()

# clientele_library(NAME pg SOURCES … DEPS …): the static library clientele_pg.
function(clientele_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_library(clientele_${ARG_NAME} STATIC ${ARG_SOURCES})
  _clientele_compile(clientele_${ARG_NAME})
  target_link_libraries(clientele_${ARG_NAME} PUBLIC ${ARG_DEPS})
endfunction()

# clientele_binary(NAME customer-service SOURCES … DEPS …)
function(clientele_binary)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  _clientele_compile(${ARG_NAME})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS})
  if(CMAKE_BUILD_TYPE STREQUAL "Release") # the others may bring a sanitizer's allocator
    target_link_libraries(${ARG_NAME} PRIVATE PkgConfig::JEMALLOC)
  endif()
endfunction()

# clientele_test(NAME pg_test SOURCES … DEPS … [LABELS …] [NO_MAIN]): one ctest test, one process; it starts
# what it needs. NO_MAIN: the sources bring their own main.
function(clientele_test)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(ARG "NO_MAIN" "NAME" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  _clientele_compile(${ARG_NAME})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest)
  if(NOT ARG_NO_MAIN)
    target_link_libraries(${ARG_NAME} PRIVATE GTest::gmock_main)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  if(ARG_LABELS)
    set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()

# clientele_migrations(TARGET FILES…): compiles SQL files into `target` as
# clientele::migrations::k<Name>, in the order given.
function(clientele_migrations target symbol)
  set(out "${CMAKE_BINARY_DIR}/gen/migrations/${symbol}.cc")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} "-DFILES=${ARGN}"
            -P "${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake"
    DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake"
    VERBATIM)
  target_sources(${target} PRIVATE "${out}")
endfunction()
