# Generates a header with the texts of bench/scenarios, which are built into the binary. For a new scenario, add a
# file and its name here. Every list of scenarios has this order.
set(PIPEBENCH_SCENARIOS clean throttled flaky black-hole outage slow-db db-restart poison hostile)

list(LENGTH PIPEBENCH_SCENARIOS count)
set(texts "")
foreach(name IN LISTS PIPEBENCH_SCENARIOS)
    set(file ${PROJECT_SOURCE_DIR}/bench/scenarios/${name}.json)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    string(APPEND texts "    R\"scenario(${text})scenario\",\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/contracts/scenario_files.hpp @ONLY CONTENT
"// Made by cmake/scenarios.cmake from bench/scenarios.
#pragma once

#include <array>
#include <string_view>

namespace pipebench {
inline constexpr std::array<std::string_view, @count@> scenario_files{
@texts@};
}  // namespace pipebench
")
