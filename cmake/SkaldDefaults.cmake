# Language level, build type, warnings and sanitizers, as one interface target that every Skald target links.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# What the headers take is most of a file's compile time. Per batch, so that two cores have work in a folder of twenty
# files; OFF compiles each file by itself, which shows that it includes what it needs.
option(SKALD_UNITY "Compile the files of a library in batches" ON)
set(CMAKE_UNITY_BUILD ${SKALD_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
find_program(SKALD_CCACHE ccache)
if(SKALD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SKALD_CCACHE})
endif()

add_library(skald_defaults INTERFACE)
target_compile_features(skald_defaults INTERFACE cxx_std_23)
target_compile_options(
  skald_defaults
  INTERFACE -Wall
            -Wextra
            -Wconversion
            -Wshadow
            # Members left out of a designated initializer have their defaults, on purpose.
            -Wno-missing-field-initializers
            # False for std::string's operator+ in GCC 12 (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            # The scalar kernels are the definition: a fused multiply-add is written where it is wanted, never chosen
            # by the compiler.
            -ffp-contract=off
            $<$<BOOL:${SKALD_WERROR}>:-Werror>)
if(SKALD_SANITIZE)
  target_compile_options(skald_defaults INTERFACE -fsanitize=${SKALD_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all)
  target_link_options(skald_defaults INTERFACE -fsanitize=${SKALD_SANITIZE})
endif()

# What the fuzzers feed: a library with parsers links it. With coverage in the same build, so that tests/fuzz/run.sh can
# tell what the fuzzers have reached.
add_library(skald_fuzzed INTERFACE)
if(SKALD_BUILD_FUZZERS)
  target_compile_options(skald_fuzzed INTERFACE -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(skald_fuzzed INTERFACE -fprofile-instr-generate)
endif()
