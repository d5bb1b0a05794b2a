// Checks of saved results and of refusals, for the tests of several commands.
#pragma once

#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace pipebench::test {

inline nlohmann::json saved(const std::string& path) { return nlohmann::json::parse(read_file(path)); }

/// Number of notes of a run that contain the text.
inline std::ptrdiff_t notes_that_say(const nlohmann::json& run, const std::string& text) {
    return std::count_if(run["notes"].begin(), run["notes"].end(),
                         [&](const nlohmann::json& note) { return contains(note.get<std::string>(), text); });
}

/// Checks for one line on stderr that contains all of these texts, an empty stdout, and exit code 2.
inline void check_refusal(const command_end& end, const std::vector<std::string>& said) {
    CAPTURE(end.out, end.err);
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    REQUIRE(lines_of(end.err).size() == 1);
    CHECK(end.err.starts_with("pipebench: "));
    CHECK(end.err.size() < 2000);
    for (const auto& part : said) CHECK(contains(end.err, part));
    CHECK_FALSE(contains(end.err, "sekrit"));
}

}  // namespace pipebench::test
