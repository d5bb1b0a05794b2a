// The contract for runners in docs/runners.md.
#pragma once

#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>

#include <regex>
#include <string>
#include <vector>

namespace pipebench::test {

/// The names in the table of variables.
inline std::vector<std::string> promised_variables() {
    const std::regex name("`(PIPEBENCH_[A-Z_]+)`");
    std::vector<std::string> out;
    for (const auto& line : lines_of(read_file(PIPEBENCH_SOURCE_DIR "/docs/runners.md"))) {
        if (!line.starts_with("| `PIPEBENCH_")) continue;
        const auto names = line.substr(0, line.find('|', 1));
        for (std::sregex_iterator m(names.begin(), names.end(), name), end; m != end; ++m)
            out.push_back((*m)[1].str());
    }
    REQUIRE(out.size() > 10);
    return out;
}

}  // namespace pipebench::test
