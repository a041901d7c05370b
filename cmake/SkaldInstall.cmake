# install(EXPORT) so that find_package(skald) gives the target skald::engine; tests/install proves it.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(SKALD_LIBRARIES skald_base skald_audio_mel skald_audio skald_text skald_model skald_cpu skald_decode skald_hub skald_engine
    skald_npu_spec skald_npu_aie_host skald_npu_counting skald_npu_kernels skald_npu_program skald_npu_sim skald_npu_plan
    skald_npu_emit skald_npu_device skald_npu_sim_device skald_npu_suite skald_npu_encoder)
set_target_properties(skald_engine PROPERTIES EXPORT_NAME engine)

install(
  TARGETS ${SKALD_LIBRARIES} skald_defaults
  EXPORT skald-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/skald DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models/mini.en DESTINATION ${CMAKE_INSTALL_DATADIR}/skald/models)
install(FILES samples/minute.ogg DESTINATION ${CMAKE_INSTALL_DATADIR}/skald/samples)
if(SKALD_BUILD_CLI)
  install(TARGETS skald RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(SKALD_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/skald)
install(EXPORT skald-targets NAMESPACE skald:: DESTINATION ${SKALD_CONFIG_DIR})
configure_package_config_file(cmake/skald-config.cmake.in ${PROJECT_BINARY_DIR}/skald-config.cmake
                              INSTALL_DESTINATION ${SKALD_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/skald-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/skald-config.cmake ${PROJECT_BINARY_DIR}/skald-config-version.cmake
        DESTINATION ${SKALD_CONFIG_DIR})
