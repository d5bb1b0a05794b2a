# Settings that all targets share: include paths, warnings, sanitizers, Boost's macros.

add_library(pipebench_settings INTERFACE)
target_include_directories(pipebench_settings INTERFACE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_include_directories(pipebench_settings SYSTEM INTERFACE ${PIPEBENCH_BOOST_INCLUDE})
target_link_libraries(pipebench_settings INTERFACE Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)

target_compile_options(pipebench_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wconversion -Wsign-conversion
    -Woverloaded-virtual $<$<BOOL:${PIPEBENCH_WERROR}>:-Werror>)

# g++ 12 has false positives: overlaps and overflows in std::string (GCC bug 105651, more with a precompiled header),
# unset std::optional values, and coroutine frames freed by another allocator. clang still checks for all of these.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(pipebench_settings INTERFACE
        -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-maybe-uninitialized
        -Wno-mismatched-new-delete)
endif()

target_compile_definitions(pipebench_settings INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ASIO_NO_DEPRECATED
    BOOST_ALLOW_DEPRECATED_HEADERS
    _FILE_OFFSET_BITS=64 # for hiredis; set for all, since targets with one precompiled header must not differ
    PIPEBENCH_VERSION="${PROJECT_VERSION}"
    PIPEBENCH_BUILD_TYPE="${CMAKE_BUILD_TYPE}"
    PIPEBENCH_SANITIZERS="${PIPEBENCH_SANITIZE}")

# ThreadSanitizer does not support the fences of Asio, and g++ warns about them.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND PIPEBENCH_SANITIZE MATCHES "thread")
    target_compile_options(pipebench_settings INTERFACE -Wno-tsan)
endif()

if(PIPEBENCH_SANITIZE)
    target_compile_options(pipebench_settings INTERFACE
        -fsanitize=${PIPEBENCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(pipebench_settings INTERFACE -fsanitize=${PIPEBENCH_SANITIZE})
    # clang 14 cannot assemble its check of function pointers in front of a coroutine ("Cannot represent a difference
    # across sections").
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND PIPEBENCH_SANITIZE MATCHES "undefined")
        target_compile_options(pipebench_settings INTERFACE -fno-sanitize=function)
    endif()
endif()

# The branches of the whole tree guide the fuzzers, so all of it is instrumented. The assertions of the standard
# library find a wrong index inside an allocation, which AddressSanitizer does not.
if(PIPEBENCH_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "PIPEBENCH_FUZZ needs clang: cmake --preset fuzz (scripts/fuzz.sh does it)")
    endif()
    target_compile_options(pipebench_settings INTERFACE -fsanitize=fuzzer-no-link)
    target_compile_definitions(pipebench_settings INTERFACE _GLIBCXX_ASSERTIONS)
endif()

# Code that no order passes through: analysis, reports, the command line, sessions, servers. A release build optimises
# it less, to compile faster.
function(pipebench_off_the_hot_path)
    foreach(target IN LISTS ARGN)
        target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
    endforeach()
endfunction()

# Precompiles the headers that nearly every file includes, which saves a second of CPU per file. Without JSON and
# Asio, because loading these takes as long as parsing them. Call it at the end of a directory, for all of its
# targets. Every file must still include what it uses: the preset `clang` builds without this.
function(pipebench_precompile)
    get_property(targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
        get_target_property(type ${target} TYPE)
        if(target STREQUAL "pipebench_contracts")
            target_precompile_headers(${target} PRIVATE <algorithm> <array> <chrono> <functional> <map> <memory>
                <optional> <string> <string_view> <vector> <fmt/format.h>)
        elseif(type MATCHES "LIBRARY|EXECUTABLE" AND NOT type STREQUAL "INTERFACE_LIBRARY")
            target_precompile_headers(${target} REUSE_FROM pipebench_contracts)
        endif()
    endforeach()
endfunction()
