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

# The programs of all tests labelled fast, and of those labelled threads: what the sanitizer builds need.
if(SKALD_BUILD_TESTS)
  add_custom_target(fast_tests)
  add_custom_target(threads_tests)
endif()

# skald_test(NAME SOURCES ... DEPS ... LABELS ... [TIMEOUT s])
#   One GoogleTest program, registered once per program: its cases are many and short. LABELS, "fast" where none are
#   given: fast (also under the sanitizers of addresses and undefined behaviour), threads (code that several threads
#   run: also under that of threads), isa (also under every instruction set), golden, e2e, sim, slow.
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
  # What takes minutes begins first, or the last program runs beside an idle core.
  if("e2e" IN_LIST ARG_LABELS)
    set_tests_properties(${name} PROPERTIES COST 200)
  elseif("sim" IN_LIST ARG_LABELS)
    set_tests_properties(${name} PROPERTIES COST 100)
  endif()
  foreach(label fast threads)
    if(label IN_LIST ARG_LABELS)
      add_dependencies(${label}_tests ${name})
    endif()
  endforeach()
endfunction()

# The objects of one instruction set, of all libraries: what the test for weak symbols looks at.
add_custom_target(isa_objects)

set(SKALD_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c)
set(SKALD_ISA_FLAGS_avxvnni ${SKALD_ISA_FLAGS_avx2} -mavxvnni)
set(SKALD_ISA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl -mavx2 -mfma)
set(SKALD_ISA_FLAGS_avx512vnni ${SKALD_ISA_FLAGS_avx512} -mavx512vnni)
set(SKALD_ISA_FLAGS_amx ${SKALD_ISA_FLAGS_avx512} -mamx-tile -mamx-int8)
set(SKALD_ISA_FLAGS_avx512bf16 ${SKALD_ISA_FLAGS_avx512} -mavx512bf16)

# skald_isa_objects(NAME ISA SOURCES ...)
#   An object library with explicit flags, so that nothing else in the project is compiled for a processor the user may
#   not have. tests/style/weak_symbols.sh checks that none of its functions can leak.
function(skald_isa_objects name isa)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(${name} OBJECT ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${name} PRIVATE skald_defaults)
  target_compile_options(${name} PRIVATE -fno-exceptions ${SKALD_ISA_FLAGS_${isa}})
  # Apart: these take their time in the optimiser, not in headers.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
  # GCC 12 sees its own _mm512_undefined_ps() as an uninitialised read (GCC bug 105593).
  if(isa MATCHES "avx512|amx" AND CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  # Address checks as calls: inlined into the unrolled tiles they take minutes to compile.
  if(SKALD_SANITIZE MATCHES address)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      target_compile_options(${name} PRIVATE "SHELL:--param asan-instrumentation-with-call-threshold=0")
    else()
      target_compile_options(${name} PRIVATE "SHELL:-mllvm -asan-instrumentation-with-call-threshold=0")
    endif()
  endif()
  add_dependencies(isa_objects ${name})
  if(SKALD_BUILD_TESTS AND NOT SKALD_SANITIZE) # whose instrumentation has weak symbols of its own
    add_test(
      NAME weak_symbols_${name}
      COMMAND bash ${PROJECT_SOURCE_DIR}/tests/style/weak_symbols.sh $<TARGET_OBJECTS:${name}>
      COMMAND_EXPAND_LISTS)
    set_tests_properties(weak_symbols_${name} PROPERTIES LABELS "fast;isa" TIMEOUT 60)
  endif()
endfunction()
