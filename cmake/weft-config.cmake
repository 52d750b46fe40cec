# The libraries are static, so a host program links the same third-party libraries as Weft itself.
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/weft-targets.cmake)
