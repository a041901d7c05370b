# skald_library(NAME SOURCES ... DEPS ... PRIVATE_DEPS ...)
#   One static library per folder of src/, skald_NAME; headers are included by their path below src/.
function(skald_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(skald_${name} STATIC ${ARG_SOURCES})
  target_include_directories(
    skald_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                         $<INSTALL_INTERFACE:include>)
  target_link_libraries(skald_${name} PUBLIC ${ARG_DEPS} PRIVATE skald_defaults ${ARG_PRIVATE_DEPS})
  set_target_properties(skald_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# The programs of all tests labelled fast: what the sanitizer builds need.
if(SKALD_BUILD_TESTS)
  add_custom_target(fast_tests)
endif()

# skald_test(NAME SOURCES ... DEPS ... LABELS ... [TIMEOUT s])
#   One GoogleTest program, registered once per program: its cases are many and short.
function(skald_test name)
  if(NOT SKALD_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE skald_defaults ${ARG_DEPS} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE SKALD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)  # a busy machine under a sanitizer
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
  if("fast" IN_LIST ARG_LABELS)
    add_dependencies(fast_tests ${name})
  endif()
endfunction()
