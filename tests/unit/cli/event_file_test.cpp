// The lines of --events, and a file of them.
#include "cli/event_file.hpp"

#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

TEST_CASE("an event is a line of JSON: its time, when it happened on the run's clock, its name, its run, its fields",
          "[events]") {
    const event kill{
        .kind = event_kind::kill, .at_s = 1.25, .fields = {{"target", "worker"}, {"hit", true}}, .run = 2};
    CHECK(line_of(kill, 1'795'821'753'007) ==
          R"({"time":"2026-11-27T23:22:33.007Z","at":1.25,"event":"kill","run":2,"hit":true,"target":"worker"})");
    CHECK(line_of({.kind = event_kind::warning, .fields = {{"text", "a\nb"}}}, 0) ==
          R"({"time":"1970-01-01T00:00:00.000Z","event":"warning","text":"a\nb"})");
}

TEST_CASE("text that is not UTF-8 does no harm to a line", "[events]") {
    const auto line = line_of({.kind = event_kind::warning, .fields = {{"text", "\xff"}}}, 0);
    CHECK(nlohmann::json::parse(line)["text"] == "\xEF\xBF\xBD");
}

TEST_CASE("every event has a name of its own", "[events]") {
    for (std::size_t a = 0; a < event_kind_count; ++a)
        for (std::size_t b = 0; b < a; ++b) CHECK(name_of(event_kind(a)) != name_of(event_kind(b)));
}

TEST_CASE("a file holds what was written, at once, and nothing of before", "[events]") {
    const private_directory there;
    const auto path = there / "events";
    std::ofstream(path) << "of yesterday\n";
    event_file file(path);
    CHECK(read_file(path).empty());
    file.write({.kind = event_kind::session_ends, .fields = {{"runs", 1}}});
    CHECK(lines_of(read_file(path)).size() == 1);
    file.write({.kind = event_kind::warning, .fields = {{"text", "x"}}});
    CHECK(lines_of(read_file(path)).size() == 2);
}

TEST_CASE("without a path nothing is written", "[events]") {
    event_file file("");
    CHECK_NOTHROW(file.write({.kind = event_kind::warning}));
}
