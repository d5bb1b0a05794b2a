// Sessions with trouble, and rules that every result of one must satisfy.
#pragma once

#include "pipebench/result.hpp"
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

namespace pipebench::test {

/// In the environment of every session here; must not occur in its output or result.
inline constexpr const char* planted_secret = "sekrit-of-the-environment";

/// Writes a file with a scenario of this name and these further members.
inline std::string scenario_file(const user& someone, const std::string& name, nlohmann::json members) {
    members["name"] = name;
    const auto path = someone.file(name + ".json");
    std::ofstream(path) << members;
    return path;
}

/// The same for a list of faults of the API: {{"kind", "share", ...}, ...}.
inline std::string faulty_api(const user& someone, const std::string& name, const nlohmann::json& faults) {
    return scenario_file(someone, name, {{"api", {{"faults", faults}}}});
}

/// A scenario in which every request meets the same fault.
inline std::string api_of_only(const user& someone, const std::string& kind, nlohmann::json more = {}) {
    more.update({{"kind", kind}, {"share", 1}});
    return faulty_api(someone, kind, nlohmann::json::array({more}));
}

struct load {
    unsigned orders = 60, in_flight = 10;
    std::string http = "5ms", db = "2ms";
};

inline std::vector<std::string> arguments_for(const load& l, const std::vector<std::string>& more) {
    std::vector<std::string> out{
        "-n",   std::to_string(l.orders), "-c", std::to_string(l.in_flight), "--http-latency",
        l.http, "--db-latency",           l.db};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

struct session_end {
    command_end end;
    session_result result;
};

/// `spoiled`: the test expects findings of the ledger. `cut_short`: the run may have been killed between a write and
/// its report.
enum class books { balanced, spoiled, cut_short };

/// Checks the rules that hold after every run.
inline void check_books(const run_result& run, books expected = books::balanced) {
    CAPTURE(run.pattern, run.scenario, run.orders, run.stored, run.failed, run.dead_lettered, run.not_started);
    CHECK(run.orders == run.stored + run.failed + run.dead_lettered + run.not_started);
    std::uint64_t told = 0;
    for (const auto& f : run.failures)
        if (f.kind != error_kind::dead_letter) told += f.orders;
    CHECK(run.failed == told);
    CAPTURE(run.ledger.rows, run.ledger.lost, run.ledger.corrupt, run.ledger.unexpected, run.ledger.recovered);
    CHECK(run.ledger.lost == 0);
    CHECK_FALSE(run.verdict.text.empty());
    if (!run.ledger.checked) {
        CHECK_FALSE(run.verdict.trusted());
        return;
    }
    // A failed order with a row is `recovered`: its answer was lost, not its work.
    if (expected == books::cut_short) CHECK(run.ledger.rows >= run.stored);
    else CHECK(run.ledger.rows == run.stored + run.ledger.recovered);
    if (expected != books::spoiled) CHECK(run.ledger.corrupt == 0);
    CHECK(run.ledger.unexpected == 0);
}

inline command with_secret(command c) {
    c.environment["PGPASSWORD"] = planted_secret;
    return c;
}

/// Reads output and result of a session, and checks both against the rules above.
inline session_end checked(const user& someone, command_end end, const std::string& file,
                           books expected = books::balanced) {
    CAPTURE(end.code, end.signal, end.out, end.err);
    const auto text = read_file(file);
    REQUIRE_FALSE(text.empty());
    CHECK_FALSE(contains(end.out + end.err + text, "sekrit"));
    CHECK(someone.left_behind().empty());
    session_end out{std::move(end), parse_result(text)};
    REQUIRE_FALSE(out.result.runs.empty());
    for (const auto& run : out.result.runs) check_books(run, expected);
    return out;
}

/// Runs a whole session and checks it.
inline session_end measure(const user& someone, const load& l, const std::vector<std::string>& more,
                           books expected = books::balanced) {
    const auto file = someone.file("r.json");
    auto arguments = arguments_for(l, more);
    arguments.insert(arguments.end(), {"--export-json", file});
    return checked(someone, run(with_secret(someone.pipebench(std::move(arguments)))), file, expected);
}

inline std::string notes_of(const run_result& run) {
    std::string out;
    for (const auto& note : run.notes) out += note + '\n';
    return out;
}

/// Number of orders that failed at this stage for this reason.
inline std::uint64_t failed_as(const run_result& run, const std::string& stage, const std::string& kind) {
    std::uint64_t sum = 0;
    for (const auto& f : run.failures)
        if (name_of(f.stage) == stage && name_of(f.kind) == kind) sum += f.orders;
    return sum;
}

/// Checks that every order of the run failed for this reason.
inline void check_all_failed(const run_result& run, const std::string& stage, const std::string& kind) {
    CAPTURE(run.pattern, run.scenario, run.stored, run.failed);
    CHECK(run.failed == run.orders);
    CHECK(failed_as(run, stage, kind) == run.orders);
    CHECK(run.verdict.text == "INVALID: every order failed");
}

}  // namespace pipebench::test
