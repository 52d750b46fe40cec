set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
option(WEFT_TESTS "build the tests" ON)
option(WEFT_BENCH "the measurements of bench/" OFF)
option(WEFT_TIDY "clang-tidy among the tests: minutes when nothing is remembered" OFF)
option(WEFT_WERROR "warnings are errors: in every build but the one that is shipped" ON)
option(WEFT_SANITIZE "address and undefined behaviour sanitizers" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

if(WEFT_WERROR)
  set(werror -Werror)
endif()
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
                    -Wnon-virtual-dtor -Wimplicit-fallthrough ${werror} -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # so that ccache sees through precompiled headers
  # g++ 12 reports these inside its own headers when it inlines them; there is no way to fix them here.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
                      -Wno-dangling-pointer)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12's stable_sort uses a buffer that it marks as deprecated itself.
  add_compile_options(-Wno-deprecated-declarations)
endif()
if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
find_program(WEFT_MOLD mold)
if(WEFT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
