// A gate without processes: the order of the contenders, comparability, early ends, and the output of a binary. If
// one contender lacked a round, all later rounds would be paired wrongly.
#include "session/gate_binaries.hpp"

#include "contracts/error.hpp"
#include "report/gate.hpp"
#include "support/command.hpp"
#include "support/sample_result.hpp"
#include "support/widest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

using namespace pipebench;
using namespace pipebench::test;
using test::sample_session;

namespace {

using words = std::vector<std::string>;

needs three_connections(const workload&) { return {.in_flight = 1, .database_connections = 3}; }
needs redis_alone(const workload&) { return {.in_flight = 1, .redis = true}; }
const pattern semaphore{.id = "semaphore", .title = "", .summary = "", .needs_at = three_connections, .run = nullptr};
const pattern streams{.id = "redis-streams", .title = "", .summary = "", .needs_at = redis_alone, .run = nullptr};

/// The result of one run of the pattern.
session_result result_of(const pattern& p, double time_s = 1) {
    auto out = sample_session();
    const auto wanted =
        std::find_if(out.runs.begin(), out.runs.end(), [&](const auto& r) { return r.pattern == p.id; });
    const auto run = *wanted;
    out.runs = {run};
    out.runs[0].time_s = time_s;
    out.parameters = {{"orders", 10'000}};
    return out;
}

/// Returns prepared results and records its calls.
class fake_contenders final : public gate_contenders {
public:
    std::function<std::optional<session_result>(contender, const pattern&)> on_run = [](contender, const pattern& p) {
        return result_of(p);
    };
    std::vector<contender> runs;
    words patterns;
    needs most;
    bool started = false;
    std::string version = "9.9";

    std::string version_of(contender) override { return version; }
    void start_servers(const needs& need, const say& message, const say& warning) override {
        started = true;
        most = need;
        message("a server");
        warning("a warning");
    }
    std::optional<session_result> run(contender c, const pattern& p) override {
        runs.push_back(c);
        patterns.emplace_back(p.id);
        return on_run(c, p);
    }
};

struct bench {
    gate_settings settings;
    gate_observer observer;
    fake_contenders contenders;
    signal_watch signals;
    words messages;
    std::vector<gate_outcome> saved;

    bench() {
        settings.base = "/old/pipebench";
        settings.head = "/new/pipebench";
        settings.patterns = {&semaphore};
        settings.rounds = 8;
        observer.message = [this](const std::string& text) { messages.push_back(text); };
        observer.can_be_saved = [this](const gate_outcome& so_far) { saved.push_back(so_far); };
    }
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    gate_outcome run() { return run_gate(settings, observer, contenders, signals); }
    std::string refusal() {
        try {
            static_cast<void>(run());
            return {};
        } catch (const setup_error& e) {
            return e.what();
        }
    }
};

bool has(const words& all, const std::string& part) {
    return std::any_of(all.begin(), all.end(), [&](const auto& text) { return contains(text, part); });
}

/// The output of a program that ended by itself with this code.
program_output printed(const std::string& out, int code = 0, const std::string& err = {}) {
    program_output seen;
    seen.end.status = code << 8;
    seen.out = out;
    seen.err = err;
    return seen;
}

std::string as_json(const session_result& r) {
    nlohmann::ordered_json out;
    to_json(out, r);
    return out.dump(2);
}

/// The error message; empty if the output is valid.
std::string complaint_about(const program_output& seen) {
    try {
        static_cast<void>(result_in(seen, "semaphore", std::chrono::seconds(2)));
        return {};
    } catch (const setup_error& e) {
        return e.what();
    }
}

std::string complaint_about_version(const program_output& seen) {
    try {
        static_cast<void>(version_in(seen));
        return {};
    } catch (const setup_error& e) {
        return e.what();
    }
}

}  // namespace

// --- rounds ---

TEST_CASE("all three contenders run in every round, in six rounds in each of their six orders", "[gate]") {
    bench b;
    b.settings.rounds = 6;
    const auto g = b.run();
    REQUIRE(b.contenders.runs.size() == 18);
    std::set<std::vector<contender>> orders;
    for (std::size_t round = 0; round < 6; ++round) {
        const auto first = b.contenders.runs.begin() + static_cast<std::ptrdiff_t>(3 * round);
        orders.emplace(first, first + 3);
        CHECK(std::set(first, first + 3).size() == 3);
    }
    CHECK(orders.size() == 6);
}

TEST_CASE("a binary against itself gives a verdict over all its rounds", "[gate]") {
    bench b;
    const auto g = b.run();
    CHECK(g.complete);
    CHECK(g.rounds == 8);
    CHECK(g.base_binary == "/old/pipebench");
    CHECK(g.head_version == "9.9");
    CHECK(g.verdict.passed());
    CHECK(code_of(g) == exit_code::ok);
    CHECK(g.verdict.rows.size() == 4);
    CHECK(has(b.messages, "round 8 of 8"));
    for (const auto* series : {&g.series.base, &g.series.again, &g.series.head}) {
        REQUIRE(series->runs.size() == 8);
        CHECK(series->rounds == 8);
        for (std::size_t i = 0; i < 8; ++i) {
            CHECK(series->runs[i].round == i + 1);
            CHECK(series->runs[i].pattern == "semaphore");
        }
    }
    CHECK(reporting::render_text(g, colours::off).starts_with("gate: "));
}

TEST_CASE("patterns take turns within a round, and a pattern's three runs follow each other", "[gate]") {
    bench b;
    b.settings.patterns = {&semaphore, &streams};
    static_cast<void>(b.run());
    REQUIRE(b.contenders.patterns.size() >= 48);
    std::map<std::string, int> turns;
    for (std::size_t i = 0; i < 48; i += 3) {
        const auto& turn = b.contenders.patterns;
        CHECK(turn[i] == turn[i + 1]);
        CHECK(turn[i] == turn[i + 2]);
        ++turns[turn[i]];
    }
    CHECK(turns["semaphore"] == 8);
    CHECK(turns["redis-streams"] == 8);
    CHECK(b.contenders.most.database_connections == 3);
    CHECK(b.contenders.most.redis);
}

TEST_CASE("after every round all there is can be saved, without a verdict", "[gate]") {
    bench b;
    static_cast<void>(b.run());
    REQUIRE(b.saved.size() == 8);
    for (std::size_t i = 0; i < 8; ++i) {
        CHECK(b.saved[i].series.head.runs.size() == i + 1);
        CHECK_FALSE(b.saved[i].complete);
        CHECK(b.saved[i].verdict.rows.empty());
    }
}

TEST_CASE("a suspect is measured once more, alone, and what is slower again is a regression", "[gate]") {
    bench b;
    b.settings.patterns = {&semaphore, &streams};
    b.contenders.on_run = [](contender c, const pattern& p) {
        return result_of(p, c == contender::head && p.id == "semaphore" ? 2 : 1);
    };
    const auto g = b.run();
    CHECK(has(b.messages, "suspects: semaphore; measured once more"));
    CHECK(has(b.messages, "confirmation, round 8 of 8"));
    CHECK(b.contenders.runs.size() == 48 + 24);
    CHECK(b.contenders.patterns.back() == "semaphore");
    CHECK_FALSE(g.verdict.regressions().empty());
    CHECK_FALSE(g.verdict.passed());
    CHECK(code_of(g) == exit_code::check_failed);
}

// --- what cannot be compared, or trusted ---

TEST_CASE("a baseline that lost an order is not to be trusted, whatever the numbers say", "[gate]") {
    bench b;
    b.contenders.on_run = [](contender c, const pattern& p) {
        auto out = result_of(p);
        if (c != contender::head) out.runs[0].ledger.lost = 3;
        return out;
    };
    const auto g = b.run();
    CHECK(code_of(g) == exit_code::not_trustworthy);
    CHECK(g.unbalanced.size() == 16);
    CHECK(has(g.unbalanced, "base, semaphore, round 8"));
    const auto text = reporting::render_text(g, colours::off);
    for (const std::size_t width : {80u, 100u})
        CHECK(test::widest_line(reporting::render_text(g, {colours::off, width})) <= width);
    CHECK(text.starts_with("gate: INVALID: the ledger of 16 runs did not balance"));
    CHECK(contains(text, "base, semaphore, round 8"));
}

TEST_CASE("a baseline of another build type is refused with the field as soon as both have run, unless it is wanted",
          "[gate]") {
    bench b;
    b.contenders.on_run = [](contender c, const pattern& p) {
        auto out = result_of(p);
        if (c != contender::head) out.build.type = "MinSizeRel";
        return out;
    };
    SECTION("refused") {
        const auto said = b.refusal();
        for (const auto* part : {"gate: ", "not comparable", "build.type: MinSizeRel against ", "--allow-mismatch"})
            CHECK(contains(said, part));
        CHECK(b.contenders.runs.size() <= 3);
    }
    SECTION("wanted") {
        b.settings.allow_mismatch = true;
        const auto g = b.run();
        CHECK(g.complete);
        CHECK(has(g.warnings, "build.type"));
        CHECK(contains(reporting::render_text(g, colours::off), "build.type"));
    }
}

TEST_CASE("a parameter that only the new one has is a warning, and no reason not to compare", "[gate]") {
    bench b;
    b.contenders.on_run = [](contender c, const pattern& p) {
        auto out = result_of(p);
        if (c == contender::head) out.parameters["new"] = 1;
        return out;
    };
    const auto g = b.run();
    CHECK(g.complete);
    CHECK(has(g.warnings, "a parameter that only one of the two has: parameters.new"));
}

// --- signals ---

TEST_CASE("a signal ends a gate without a verdict, after the run that it came in", "[gate][signal]") {
    bench b;
    b.contenders.on_run = [&](contender, const pattern& p) -> std::optional<session_result> {
        if (b.contenders.runs.size() < 5) return result_of(p);
        ::raise(SIGINT);
        b.signals.poll();  // as a real run does
        return std::nullopt;
    };
    const auto g = b.run();
    CHECK(g.signal == SIGINT);
    CHECK(code_of(g) == exit_code::interrupted);
    CHECK_FALSE(g.complete);
    CHECK(g.verdict.rows.empty());
    CHECK(b.contenders.runs.size() == 5);
    CHECK(g.series.base.runs.size() + g.series.again.runs.size() + g.series.head.runs.size() == 4);
    CHECK(reporting::render_text(g, colours::off).starts_with("gate: INTERRUPTED"));
}

TEST_CASE("a binary that fails after the first round costs nothing that was measured", "[gate]") {
    const std::size_t rounds = GENERATE(0u, 1u);  // that were complete
    bench b;
    b.contenders.on_run = [&](contender, const pattern& p) -> std::optional<session_result> {
        if (b.contenders.runs.size() > 3 * rounds) throw setup_error("gate: base /old/pipebench: it crashed");
        return result_of(p);
    };
    if (rounds == 0) {
        CHECK(b.refusal() == "gate: base /old/pipebench: it crashed");
        return;
    }
    const auto out = b.run();
    CHECK(out.failure == "gate: base /old/pipebench: it crashed");
    CHECK_FALSE(out.complete);
    CHECK(out.series.base.runs.size() == 1);
    CHECK(out.series.head.runs.size() == 1);
}

TEST_CASE("a signal while a binary is asked for its version starts no server", "[gate][signal]") {
    bench b;
    ::raise(SIGINT);
    b.signals.poll();
    CHECK_FALSE(b.run().complete);
    CHECK_FALSE(b.contenders.started);
}

// --- what a binary prints ---

TEST_CASE("what a run of a binary printed is its result, or one line that says what was wrong with it", "[gate]") {
    CHECK(complaint_about(printed(as_json(result_of(semaphore)))).empty());
    CHECK(complaint_about(printed(as_json(result_of(semaphore)), 3)).empty());  // an invalid row
    const auto [seen, why] = GENERATE(table<program_output, std::string>(
        {{printed("garbage"), "not a pipebench result"},
         {printed(""), "not a pipebench result"},
         {printed(R"({"schema": "pipebench.result/7"})"), "pipebench.result/7"},
         {printed(as_json(result_of(semaphore)).substr(0, 500)), "not a pipebench result"},
         {printed("", 2, "no such option --profile\n"), "no such option --profile"},
         {printed("", 1, "\033[31mred\nlast \033[2J words"), "last \\x1b[2J words"},
         {printed("", 1), "exited with 1"}}));
    CHECK(contains(complaint_about(seen), why));
}

TEST_CASE("a result of another run, or of half a run, is refused", "[gate]") {
    auto other = result_of(streams);
    CHECK(complaint_about(printed(as_json(other))) == "its result is not of the run that was asked for");
    auto two = result_of(semaphore);
    two.runs.push_back(two.runs[0]);
    CHECK(complaint_about(printed(as_json(two))) == "its result is not of the run that was asked for");
    auto half = result_of(semaphore);
    half.runs[0].interrupted = true;
    CHECK(complaint_about(printed(as_json(half))) == "its run was interrupted");
    auto dead = result_of(semaphore);
    dead.runs[0].stored -= 1;
    dead.runs[0].not_started = 1;
    dead.runs[0].verdict = {verdict_kind::invalid_death, "INVALID: the run failed: no memory"};
    CHECK(complaint_about(printed(as_json(dead), 3)) == "its run failed: INVALID: the run failed: no memory");
}

TEST_CASE("a run that did not end by itself has no result", "[gate]") {
    program_output seen = printed(as_json(result_of(semaphore)));
    seen.how = program_output::ending::out_of_time;
    CHECK(complaint_about(seen) == "did not end within 2s (--run-limit)");
    seen.how = program_output::ending::printed_too_much;
    CHECK(complaint_about(seen) == "printed more than a result can be");
    seen.how = program_output::ending::by_itself;
    seen.end.status = SIGSEGV;
    CHECK(contains(complaint_about(seen), "killed by signal 11"));
}

TEST_CASE("the version of a pipebench is what stands behind its name", "[gate]") {
    CHECK(version_in(printed("pipebench 9.9\n")) == "9.9");
    CHECK(version_in(printed("pipebench 9.9\nand more\n")) == "9.9");
    CHECK(version_in(printed("pipebench " + std::string(1000, '9'))).size() <= 60);
}

TEST_CASE("a baseline that does not say in time, or says without end, what it is, is none", "[gate]") {
    program_output late;
    late.how = program_output::ending::out_of_time;
    CHECK(complaint_about_version(late) == "--version did not end within 10s");
    auto endless = printed("pipeben");
    endless.how = program_output::ending::printed_too_much;
    for (const auto& seen :
         {endless, printed("", 0), printed("ls (GNU coreutils) 9.1\n"), printed("pipebench 9.9\n", 1)})
        CHECK(complaint_about_version(seen) == "it is not pipebench: --version does not say so");
}
