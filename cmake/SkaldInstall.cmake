# install(EXPORT) so that find_package(skald) gives the targets skald::engine (C++) and skald::skald (C), and pkg-config the
# C library; tests/install proves it.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(SKALD_LIBRARIES skald_base skald_audio_mel skald_audio skald_text skald_model skald_cpu skald_decode skald_hub skald_engine
    skald_npu_spec skald_npu_aie_host skald_npu_counting skald_npu_kernels skald_npu_program skald_npu_sim skald_npu_plan
    skald_npu_emit skald_npu_device skald_npu_sim_device skald_npu_xrt skald_npu_suite skald_npu_encoder skald_npu_decoder)
set_target_properties(skald_engine PROPERTIES EXPORT_NAME engine)
set_target_properties(skald_c PROPERTIES EXPORT_NAME skald)

install(
  TARGETS ${SKALD_LIBRARIES} skald_c skald_defaults skald_fuzzed
  EXPORT skald-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/skald DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models/mini.en DESTINATION ${CMAKE_INSTALL_DATADIR}/skald/models)
install(FILES samples/minute.ogg DESTINATION ${CMAKE_INSTALL_DATADIR}/skald/samples)
if(SKALD_BUILD_CLI)
  # What skald npu build gives to the core compiler.
  install(
    DIRECTORY src/npu/kernels/
    DESTINATION ${CMAKE_INSTALL_DATADIR}/skald/npu/kernels
    FILES_MATCHING
    PATTERN *.cc
    PATTERN *.h
    PATTERN *_test.cc EXCLUDE
    PATTERN *for_tests* EXCLUDE)
  install(TARGETS skald RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # Where man and the shells look of themselves.
  foreach(page IN ITEMS "manual|man/man1|skald.1" "completion bash|bash-completion/completions|skald"
                        "completion zsh|zsh/site-functions|_skald" "completion fish|fish/vendor_completions.d|skald.fish")
    string(REPLACE "|" ";" page "${page}")
    list(GET page 0 command)
    list(GET page 1 folder)
    list(GET page 2 name)
    separate_arguments(command)
    set(file ${PROJECT_BINARY_DIR}/documentation/${folder}/${name})
    add_custom_command(
      OUTPUT ${file}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/documentation/${folder}
      COMMAND skald ${command} > ${file}
      DEPENDS skald
      VERBATIM)
    list(APPEND SKALD_DOCUMENTATION ${file})
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
  endforeach()
  add_custom_target(skald_documentation ALL DEPENDS ${SKALD_DOCUMENTATION})
endif()

if(SKALD_SHARED)
  # Relative, so that an installation can be moved.
  file(RELATIVE_PATH SKALD_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(cmake/skald.pc.in ${PROJECT_BINARY_DIR}/skald.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/skald.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

set(SKALD_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/skald)
install(EXPORT skald-targets NAMESPACE skald:: DESTINATION ${SKALD_CONFIG_DIR})
configure_package_config_file(cmake/skald-config.cmake.in ${PROJECT_BINARY_DIR}/skald-config.cmake
                              INSTALL_DESTINATION ${SKALD_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/skald-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/skald-config.cmake ${PROJECT_BINARY_DIR}/skald-config-version.cmake
        DESTINATION ${SKALD_CONFIG_DIR})
