# Finds the libraries. The error for a missing one names its package.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# Boost's CMake files differ between the distributions; its headers do not.
find_path(PIPEBENCH_BOOST_INCLUDE boost/url/url_view.hpp)
if(NOT PIPEBENCH_BOOST_INCLUDE)
    message(FATAL_ERROR "Boost >= 1.81 not found: apt-get install libboost1.81-dev (scripts/run.sh does it)")
endif()

# Boost 1.81 lets a program compile Boost.URL from its headers. In later versions it is a library, and the header of the
# sources is gone or holds only an #error.
set(sources ${PIPEBENCH_BOOST_INCLUDE}/boost/url/src.hpp)
set(refusal "")
if(EXISTS ${sources})
    file(STRINGS ${sources} refusal REGEX "^#error")
endif()
add_library(pipebench_boost_url INTERFACE)
if(EXISTS ${sources} AND NOT refusal)
    target_sources(pipebench_boost_url INTERFACE ${PROJECT_SOURCE_DIR}/src/boost/url.cpp)
else()
    find_library(PIPEBENCH_BOOST_URL boost_url)
    if(NOT PIPEBENCH_BOOST_URL)
        message(FATAL_ERROR "Boost.URL not found: apt-get install libboost-url-dev (scripts/run.sh does it)")
    endif()
    target_link_libraries(pipebench_boost_url INTERFACE ${PIPEBENCH_BOOST_URL})
endif()

find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(MUPARSER REQUIRED IMPORTED_TARGET muparser)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
find_package(OpenSSL REQUIRED)

add_library(pipebench_pqxx INTERFACE)
target_link_libraries(pipebench_pqxx INTERFACE PkgConfig::PQXX PkgConfig::PQ)
add_library(pipebench_muparser INTERFACE)
target_link_libraries(pipebench_muparser INTERFACE PkgConfig::MUPARSER)
add_library(pipebench_hiredis INTERFACE)
target_link_libraries(pipebench_hiredis INTERFACE PkgConfig::HIREDIS)
add_library(pipebench_prometheus INTERFACE)
target_link_libraries(pipebench_prometheus INTERFACE PkgConfig::PROMETHEUS)
