// Sessions whose output and saved result several tests share; each test checks a part.
#pragma once

#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

namespace pipebench::test {

/// A session that has ended, and its result in every format. Share one as a `static const` of a function.
struct finished_session : user {
    explicit finished_session(std::vector<std::string> arguments, std::chrono::milliseconds limit = test::patience) {
        for (const char* format : {"json", "csv", "markdown"})
            arguments.insert(arguments.end(), {std::string("--export-") + format, saved_as(format)});
        end = run(pipebench(std::move(arguments)), limit);
    }

    [[nodiscard]] std::string saved_as(const std::string& format) const { return file("result." + format); }
    [[nodiscard]] nlohmann::json result() const { return nlohmann::json::parse(read_file(saved_as("json"))); }
    [[nodiscard]] command_end report(const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{"report", saved_as("json")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_pipebench(std::move(arguments));
    }

    command_end end;
};

/// Checks that `report` reproduces the output of the session from the saved result.
inline void check_rendered_again(const finished_session& s) {
    const auto again = [&](const std::string& format) {
        const auto end = s.report({"--format", format});
        CHECK(end.code == 0);
        CHECK(end.err.empty());
        return end.out;
    };
    CHECK(again("text") == s.end.out);
    for (const char* format : {"json", "csv", "markdown"}) CHECK(again(format) == read_file(s.saved_as(format)));
}

/// Checks a result by docs/result.schema.json. Skips the test without a validator.
inline void check_valid_by_schema(const std::string& path) {
    if (run({{"/usr/bin/python3", "-c", "import jsonschema"}, {}}).code != 0)
        SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const auto check = run({{"/usr/bin/python3", "-W", "ignore", "-m", "jsonschema", "-i", path,
                             PIPEBENCH_SOURCE_DIR "/docs/result.schema.json"},
                            {}});
    CHECK(check.err.empty());
    CHECK(check.code == 0);
}

}  // namespace pipebench::test
