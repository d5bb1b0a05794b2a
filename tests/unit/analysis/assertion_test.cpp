#include "analysis/assertion.hpp"
#include "contracts/error.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::string> three_patterns{"fan-out", "semaphore", "redis-streams"};

run_result run_of(const std::string& pattern, double throughput) {
    run_result r;
    r.pattern = pattern;
    r.orders = r.stored = 100;
    r.orders_per_s = throughput;
    r.latency.p99_ms = 12.5;
    r.memory.peak_rss_bytes = 96'300'000;
    return r;
}

/// Throughputs of 10, 20 and 1234.5.
session_result session() {
    session_result s;
    s.runs = {run_of("fan-out", 10), run_of("semaphore", 20), run_of("redis-streams", 1234.5)};
    return s;
}

assertion_outcome outcome_of(const std::string& text, const session_result& s = session()) {
    return assertion(text, three_patterns).check(s);
}
bool holds(const std::string& text, const session_result& s = session()) { return outcome_of(text, s).held; }
std::string detail(const std::string& text, const session_result& s = session()) {
    return outcome_of(text, s).detail;
}

std::string complaint(const std::string& text, const std::vector<std::string>& patterns = three_patterns) {
    try {
        assertion refused(text, patterns);
    } catch (const setup_error& e) {
        return e.what();
    }
    return "accepted";
}

std::string brackets(std::size_t depth) { return std::string(depth, '(') + "all.lost==0" + std::string(depth, ')'); }

}  // namespace

TEST_CASE("a condition holds or does not, by the values of the result", "[assertion]") {
    CHECK(holds("semaphore.throughput == 20"));
    CHECK(holds("semaphore.throughput >= 20"));
    CHECK(holds("semaphore.throughput <= 20"));
    CHECK(holds("semaphore.throughput != 21"));
    CHECK(holds("semaphore.throughput > 19.5"));
    CHECK(holds("semaphore.throughput < 2.1e1"));
    CHECK_FALSE(holds("semaphore.throughput == 21"));
    CHECK_FALSE(holds("semaphore.throughput >= 21"));
    CHECK_FALSE(holds("semaphore.throughput <= 19"));
    CHECK_FALSE(holds("semaphore.throughput != 20"));
    CHECK_FALSE(holds("semaphore.throughput > 20"));
    CHECK_FALSE(holds("semaphore.throughput < 20"));
}

TEST_CASE("a ratio between two patterns is a condition, and '-' of their ids is '_'", "[assertion]") {
    CHECK(holds("redis_streams.throughput >= 0.9 * semaphore.throughput"));
    CHECK_FALSE(holds("fan_out.throughput >= 0.9 * semaphore.throughput"));
    CHECK(holds("fan_out.throughput / semaphore.throughput == 0.5"));
}

TEST_CASE("arithmetic binds as everywhere", "[assertion]") {
    CHECK(holds("semaphore.throughput == 2 + 3 * 6"));
    CHECK(holds("semaphore.throughput == 50 - 10 - 20"));
    CHECK(holds("semaphore.throughput == 160 / 4 / 2"));
    CHECK(holds("(2 + 3) * 4 == semaphore.throughput"));
    CHECK(holds("-semaphore.throughput <-19"));
    CHECK(holds("abs(fan_out.throughput - semaphore.throughput) == 10"));
    CHECK(holds("min(fan_out.throughput, semaphore.throughput, 30) == 10"));
    CHECK(holds("max(fan_out.throughput, semaphore.throughput, 5) == 20"));
}

TEST_CASE("conditions are joined by && and ||, of which && binds closer", "[assertion]") {
    CHECK(holds("semaphore.throughput > 5 && fan_out.throughput > 5"));
    CHECK_FALSE(holds("semaphore.throughput > 5 && fan_out.throughput > 50"));
    CHECK(holds("semaphore.throughput > 5 || fan_out.throughput > 50"));
    CHECK_FALSE(holds("semaphore.throughput > 50 || fan_out.throughput > 50"));
    CHECK(holds("1 == 1 || semaphore.lost == 0 && 1 == 2"));
    CHECK_FALSE(holds("(1 == 1 || semaphore.lost == 0) && (1 == 2)"));
    CHECK(holds("(1 == 1 || semaphore.lost == 0) == (semaphore.lost == 0)"));
    CHECK(holds("(1 == 2 || semaphore.lost == 0) == (1 == 1 && semaphore.lost == 0)"));
}

TEST_CASE("`all` must hold for every pattern, the same one wherever it stands", "[assertion]") {
    CHECK(holds("all.lost == 0"));
    CHECK_FALSE(holds("all.throughput > 15"));
    CHECK(holds("all.throughput == 10 || all.throughput > 15"));
    CHECK(holds("all.throughput - all.throughput == 0"));
    CHECK(holds("all.throughput >= 0.5 * semaphore.throughput"));
}

TEST_CASE("a pattern that was asked for and never ran does not hold, `all` included", "[assertion]") {
    session_result early = session();
    early.runs.pop_back();
    CHECK_FALSE(holds("redis_streams.lost == 0", early));
    CHECK(detail("redis_streams.lost == 0", early) == "redis_streams.lost has no value");
    CHECK_FALSE(holds("all.lost == 0", early));
    CHECK(detail("all.lost == 0", early) == "1 of 3 failed: redis_streams.lost has no value");
}

TEST_CASE("a value that is not there holds under no operator and behind no other condition", "[assertion]") {
    session_result s = session();
    s.runs[0].orders = s.runs[0].stored = 0;  // no order ended: no latency
    for (const auto* text :
         {"fan_out.p99_ms < 100", "fan_out.p99_ms != 5", "fan_out.p99_ms > 0", "!(fan_out.p99_ms > 0)",
          "fan_out.p99_ms < 100 || 1 == 1", "max(5, fan_out.p99_ms) < 100", "max(fan_out.p99_ms, 5) < 100",
          "min(5, fan_out.p99_ms) < 100", "semaphore.lost == 0 || fan_out.p99_ms > 0"}) {
        CAPTURE(text);
        if (text[0] == '!') CHECK(complaint(text) != "accepted");
        else CHECK_FALSE(holds(text, s));
    }
    CHECK(detail("fan_out.p99_ms < 100", s) == "fan_out.p99_ms has no value");
}

TEST_CASE("a division by 0 does not hold, whatever it is compared with", "[assertion]") {
    for (const auto* text : {"semaphore.throughput < 1 / semaphore.lost", "semaphore.throughput / semaphore.lost > 5",
                             "semaphore.lost / semaphore.lost != 5", "max(5, semaphore.lost / semaphore.lost) < 100",
                             "semaphore.throughput < 1 / 0", "semaphore.lost < 1e308 * 10"}) {
        CAPTURE(text);
        CHECK_FALSE(holds(text));
        CHECK_THAT(detail(text), ContainsSubstring("one side is not a number"));
    }
}

TEST_CASE("over rounds a measure is the median, and lost orders add up", "[assertion]") {
    session_result s = session();
    for (const double throughput : {30.0, 1000.0}) s.runs.push_back(run_of("semaphore", throughput));
    s.runs[1].ledger.lost = 1;
    s.runs.back().ledger.lost = 2;
    CHECK(detail("semaphore.throughput == 30", s) == "semaphore.throughput = 30 /s");
    CHECK(holds("semaphore.throughput == 30", s));
    CHECK(holds("semaphore.lost == 3", s));
}

TEST_CASE("of several scenarios it has to hold under each, and the detail says which", "[assertion]") {
    session_result s = session();
    for (auto run : session().runs) {
        run.scenario = "flaky";
        run.orders_per_s /= 2;
        s.runs.push_back(run);
    }
    CHECK(holds("semaphore.throughput >= 10", s));
    CHECK_FALSE(holds("semaphore.throughput >= 15", s));
    CHECK_FALSE(holds("semaphore.throughput <= 15", s));
    CHECK(detail("semaphore.throughput >= 15", s) ==
          "clean: semaphore.throughput = 20 /s; flaky: semaphore.throughput = 10 /s");
    CHECK(holds("redis_streams.throughput >= 0.9 * semaphore.throughput", s));  // within each scenario
    CHECK(detail("all.lost == 0", s) == "clean: 3 patterns; flaky: 3 patterns");
    s.runs.pop_back();
    CHECK_FALSE(holds("all.lost == 0", s));
    CHECK_FALSE(holds("redis_streams.lost == 0", s));
    CHECK(holds("fan_out.lost == 0", s));
}

TEST_CASE("the detail gives every value once, in the order of the text, with its unit", "[assertion]") {
    CHECK(detail("redis_streams.throughput >= 0.9 * semaphore.throughput + 0 * redis_streams.throughput") ==
          "redis_streams.throughput = 1234.5 /s, semaphore.throughput = 20 /s");
    CHECK(detail("fan_out.rss_mb < 100") == "fan_out.rss_mb = 96.3 MB");
    CHECK(detail("fan_out.lost == 0") == "fan_out.lost = 0");
    session_result s = session();
    s.runs[0].orders_per_s = 12'345'678.4;
    CHECK(detail("fan_out.throughput > 1", s) == "fan_out.throughput = 12345678 /s");
}

TEST_CASE("the detail of `all` names those that failed, or says how many held", "[assertion]") {
    CHECK(detail("all.lost == 0") == "3 patterns");
    CHECK(assertion("all.lost == 0", {"semaphore"}).check(session()).detail == "1 pattern");
    CHECK(detail("all.throughput > 15") == "1 of 3 failed: fan_out.throughput = 10 /s");
    CHECK(detail("all.throughput > 15 && all.throughput < 1000") ==
          "2 of 3 failed: fan_out.throughput = 10 /s; redis_streams.throughput = 1234.5 /s");
}

TEST_CASE("the detail stays short, with however many patterns", "[assertion]") {
    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i) many.push_back("pattern-" + std::to_string(i));
    const auto outcome = assertion("all.lost == 0", many).check({});
    CHECK_FALSE(outcome.held);
    CHECK(outcome.detail.size() < 500);
    CHECK_THAT(outcome.detail, ContainsSubstring("1000 of 1000 failed"));
}

TEST_CASE("the text is kept as it was given", "[assertion]") {
    const assertion a(" all.lost==0 ", three_patterns);
    CHECK(a.text() == " all.lost==0 ");
    CHECK(a.check(session()).text == " all.lost==0 ");
}

TEST_CASE("an unknown pattern is answered with the nearest and with those there are", "[assertion]") {
    CHECK(complaint("semafore.lost == 0") ==
          "--assert 'semafore.lost == 0': 'semafore' is not a pattern of this session, did you mean 'semaphore'? "
          "(known: fan_out, semaphore, redis_streams, all)");
    CHECK_THAT(complaint("thread_pool.lost == 0"),
               ContainsSubstring("'thread_pool' is not a pattern of this session ("));
    CHECK_THAT(complaint("redis-streams.lost == 0"), ContainsSubstring("'redis' is not"));
    CHECK_THAT(complaint("All.lost == 0"), ContainsSubstring("did you mean 'all'?"));
    CHECK_THAT(complaint("all.lost == 0", {}), ContainsSubstring("'all' is not a pattern of this session"));
}

TEST_CASE("an unknown metric is answered with the nearest and with those there are", "[assertion]") {
    const auto said = complaint("all.throughputs > 1");
    CHECK_THAT(said, ContainsSubstring("'throughputs' is not a metric, did you mean 'throughput'? (known: time_s, "));
    CHECK_THAT(said, ContainsSubstring("p99_ms") && ContainsSubstring("redelivered"));
    CHECK_THAT(complaint("all. > 1"), ContainsSubstring("'' is not a metric"));
    CHECK_THAT(complaint("all.lost.p99_ms > 1"), ContainsSubstring("'lost.p99_ms' is not a metric"));
    CHECK_THAT(complaint("lost == 0"), ContainsSubstring("'lost' is not a value: write pattern.metric"));
    CHECK_THAT(complaint("_pi < 4"), ContainsSubstring("'_pi' is not a value"));
}

TEST_CASE("an unknown name is found behind a condition that already decides", "[assertion]") {
    CHECK_THAT(complaint("1 == 1 || nobody.lost == 0"), ContainsSubstring("'nobody' is not a pattern"));
    CHECK_THAT(complaint("1 == 2 && all.nothing == 0"), ContainsSubstring("'nothing' is not a metric"));
}

TEST_CASE("what is not a condition is refused", "[assertion]") {
    for (const auto* text :
         {"fan_out.rss_mb", "1", "all.lost + 1", "(fan_out.rss_mb)", "max(all.lost < 1, 0)", "(all.lost < 1) + 1",
          "all.lost == 0 && fan_out.rss_mb", "fan_out.rss_mb || all.lost == 0", "all.lost == 0 && (all.corrupt)"}) {
        CAPTURE(text);
        CHECK_THAT(complaint(text), ContainsSubstring("is not a condition: compare it"));
    }
    CHECK_THAT(complaint("all.lost == 0 && fan_out.rss_mb"), ContainsSubstring("'fan_out.rss_mb' is not"));
    CHECK_THAT(complaint("1 < 2"), ContainsSubstring("it names no value"));
}

TEST_CASE("a chain of comparisons, which would compare 0 or 1, is refused", "[assertion]") {
    for (const auto* text : {"0 <= all.lost <= 5", "all.lost == all.corrupt == 0", "((1 < all.p99_ms < 2))"})
        CHECK_THAT(complaint(text), ContainsSubstring("compares twice"));
    CHECK(complaint("(all.lost == 0) == (all.corrupt == 0)") == "accepted");
}

TEST_CASE("a list is refused", "[assertion]") {
    for (const auto* text : {"all.lost == 0, all.corrupt == 0", "1, all.lost == 0"})
        CHECK_THAT(complaint(text), ContainsSubstring("is a list"));
    for (const auto* text : {"(1, 2) < all.lost", "(1, all.lost) == 0", "all.lost == 0 && (1, all.lost == 0)"}) {
        CAPTURE(text);
        CHECK(complaint(text) != "accepted");
    }
}

TEST_CASE("a lone '=' is refused with what to write", "[assertion]") {
    for (const auto* text :
         {"all.lost = 0", "all.lost =< 0", "all.lost => 0", "all.lost === 0", "max(all.lost=1) > 0"})
        CHECK_THAT(complaint(text), ContainsSubstring("'=' compares nothing: use =="));
}

TEST_CASE("what the language does not have is refused, with its place", "[assertion]") {
    CHECK_THAT(complaint("all.lost == \"x\""), ContainsSubstring("'\"' (character 13) has no meaning here"));
    for (const auto* text :
         {"all.lost ? 1 < 2 : 2 < 1", "all.lost == 0;", "all.lost == 'x'", "\xc3\xa4 < all.lost",
          "all.lost == 0 # yes", "all.lost ^ 2 == 0", "all.lost\t== 0", "all.lost\n== 0", "\x1b[2J == all.lost"}) {
        CAPTURE(text);
        CHECK_THAT(complaint(text), ContainsSubstring("has no meaning here"));
    }
    CHECK_THAT(complaint(std::string("all.lost == 0\0", 14)), ContainsSubstring("'\\x00' (character 14)"));
}

TEST_CASE("a syntax error is one line with the text, the place, and nothing to guess", "[assertion]") {
    for (const auto* text : {"all.lost <",        "< 5",
                             "all.lost <> 5",     "all.lost all.lost == 0",
                             "(all.lost == 0",    "all.lost == 0)",
                             "all.lost & 1 == 0", "all.lost ! 1",
                             "0x1F < all.lost",   "5.all < 3",
                             "sin(all.lost) < 1", "rnd() < all.lost",
                             "not all.lost == 0", "all.lost == 0 or all.lost == 1",
                             "1..2 < all.lost",   "()",
                             "abs() < all.lost",  "abs(1, 2) < all.lost",
                             "all.lost == 0 &&",  "all.lost - == 0",
                             "all.lost == 0 == "}) {
        const auto said = complaint(text);
        CAPTURE(text, said);
        CHECK(said.starts_with("--assert '" + std::string(text) + "': "));
        CHECK(said.find('\n') == std::string::npos);
        CHECK(said.size() < 700);
        const bool has_place = said.find("position ") != std::string::npos;
        CHECK((has_place || said.find("' is not a ") != std::string::npos));
    }
}

TEST_CASE("an empty and a very long text are refused", "[assertion]") {
    CHECK_THAT(complaint(""), ContainsSubstring("it is empty"));
    CHECK_THAT(complaint("   "), ContainsSubstring("it is empty"));
    const std::string longest = "all.lost == 0" + std::string(longest_assertion - 13, ' ');
    CHECK(complaint(longest) == "accepted");
    CHECK_THAT(complaint(longest + " "), ContainsSubstring("1001 characters; at most 1000"));
    CHECK(complaint(std::string(1'000'000, '(')).size() < 300);
}

TEST_CASE("the deepest text that is short enough is read, or refused in one line", "[assertion]") {
    CHECK(complaint(brackets((longest_assertion - 11) / 2)) == "accepted");
    CHECK(assertion(brackets(490), three_patterns).check(session()).held);
    for (const std::string part : {"(", "-", "abs(", "max(1,", "1<", "1+", "!", "1&&", ")", "all.lost=="}) {
        std::string text;
        while (text.size() + part.size() <= longest_assertion) text += part;
        CAPTURE(part);
        CHECK(complaint(text).size() < 700);
        CHECK(complaint(text) != "accepted");
    }
}

TEST_CASE("a result whose patterns an enemy named is checked all the same", "[assertion]") {
    const auto hostile = test::hostile_session();
    CHECK_FALSE(holds("all.lost == 0", hostile));
    std::vector<std::string> names;
    for (const auto& run : hostile.runs) names.push_back(run.pattern);
    CHECK(complaint("nobody.lost == 0", names).find('\n') == std::string::npos);
    const auto outcome = assertion("all.lost == 1", names).check(hostile);
    CHECK_FALSE(outcome.held);
    CHECK(outcome.detail.find('\x1b') == std::string::npos);
}

TEST_CASE("all held means every one of them", "[assertion]") {
    CHECK(all_held({}));
    CHECK(all_held({{"a", true, ""}, {"b", true, ""}}));
    CHECK_FALSE(all_held({{"a", true, ""}, {"b", false, ""}}));
}
