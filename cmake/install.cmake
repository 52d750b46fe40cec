# cmake --install: the programs, the public headers, and the libraries for a host program, which finds
# them by find_package(weft) and links weft::api.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS weft RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
install(TARGETS weft-helper RUNTIME DESTINATION libexec/weft COMPONENT programs)

get_property(layers GLOBAL PROPERTY weft_layers)
install(TARGETS ${layers} EXPORT weft ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/weft COMPONENT embedding)
install(DIRECTORY include/weft DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT embedding)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
install(EXPORT weft NAMESPACE weft:: FILE weft-targets.cmake DESTINATION ${package} COMPONENT embedding)
install(FILES cmake/dependencies.cmake cmake/weft-config.cmake DESTINATION ${package} COMPONENT embedding)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/weft-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/weft-config-version.cmake DESTINATION ${package} COMPONENT embedding)
