// Bad input: one line on stderr with the error and its solution, exit code 2, nothing measured, nothing left behind.
#include "support/saved.hpp"
#include "support/services.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

struct refusal {
    std::vector<std::string> arguments;
    std::vector<std::string> said;  ///< parts of the line: the error and its solution
};

void check_refusal(const refusal& r) {
    const user someone;
    CAPTURE(r.arguments);
    check_refusal(someone.run_pipebench(r.arguments), r.said);
    CHECK(someone.left_behind().empty());
}

}  // namespace

TEST_CASE("a wrong option, command or value is refused in one line with the right one", "[bad-input]") {
    const auto r = GENERATE(values<refusal>({
        {{"--frobnicate"}, {"--frobnicate", "pipebench run --help"}},
        {{"--patern", "all"}, {"--patern", "did you mean '--pattern'?"}},
        {{"rnu"}, {"'rnu'", "did you mean 'run'?"}},
        {{""}, {"not a command", "known: run"}},
        {{"run", "surplus"}, {"surplus"}},
        {{"-n"}, {"--orders"}},
        {{"--pattern", "fanout"}, {"'fanout'", "did you mean 'fan-out'?"}},
        {{"--pattern", "thread-pol,fan-out"}, {"'thread-pol'", "did you mean 'thread-pool'?"}},
        {{"--pattern", "xyz"}, {"'xyz'", "known: all, none, fan-out"}},
        {{"--profile", "equel"}, {"--profile", "did you mean 'equal'?"}},
        {{"--color", "maybe"}, {"--color", "'maybe'", "always"}},
        {{"--batch-mode", "both"}, {"--batch-mode", "together"}},
        {{"--write-mode", "wrong"}, {"--write-mode", "'wrong'", "row, batch"}},
        {{"--write-mode", "bacth"}, {"--write-mode", "did you mean 'batch'?"}},
        {{"--write-mode", ""}, {"--write-mode", "row, batch"}},
        {{"report"}, {"report: FILE is missing", "--export-json", "pipebench report --help"}},
        {{"gate"}, {"gate: --baseline BINARY is missing", "pipebench gate --help"}},
        {{"gate", "--busy-limit"}, {"gate: unknown option --busy-limit", "an option of run"}},
        {{"run", "--percentile", "99"}, {"run: unknown option --percentile", "an option of report"}},
        {{"report", "a.json", "b.json"}, {"report: 'b.json' is one word too many", "FILE"}},
        {{"doctor", "-n", "5"}, {"doctor: unknown option -n", "an option of run"}},
        {{"--quick=5"}, {"--quick: takes no value"}},
        {{"--tag", "foo"}, {"--tag", "'foo' is not KEY=VALUE"}},
        {{"--rate", "100"}, {"--rate", "did you mean '100/s'?"}},
        {{"--http-latency", "20"}, {"--http-latency", "did you mean '20ms'?"}},
        {{"--chaos", "kill-wroker@50%"}, {"--chaos", "did you mean 'kill-worker'?"}},
        {{"report", "--format", "xml", "x.json"}, {"--format", "'xml'", "markdown"}},
        {{"mock-api", "--listen", "0.0.0.0"}, {"--listen", "--allow-remote"}},
        {{"mock-api", "--listen", "localhost"}, {"--listen", "'localhost'"}},
        {{"mock-api", "--port", "65536"}, {"--port", "'65536'", "65535"}},
    }));
    check_refusal(r);
}

TEST_CASE("a number that is none, or out of bounds, is refused with its bounds", "[bad-input]") {
    const std::string n =
        GENERATE("0", "-5", "1e30", "99999999999999999999999", "ten", "", "1.5", "10kk", "0x10", " 5");
    check_refusal({{"-n", n}, {"--orders", '\'' + n + '\'', "from 1 to"}});
}

TEST_CASE("a size of batches that is none, or out of bounds, is refused with its bounds", "[bad-input]") {
    const std::string n = GENERATE("0", "-1", "1001", "1k1", "all", "", "2.5");
    check_refusal(
        {{"--write-mode", "batch", "--write-batch", n}, {"--write-batch", '\'' + n + '\'', "from 1 to 1000"}});
}

TEST_CASE("a duration without a unit, negative or too long is refused with what is accepted", "[bad-input]") {
    const std::string option = GENERATE("--http-latency", "--db-latency", "--attempt-timeout", "--lease", "--grace");
    const std::string value = GENERATE("-5ms", "5", "5 parsecs", "1e9h", "");
    check_refusal({{option, value}, {option, '\'' + value + '\'', "unit"}});
}

TEST_CASE("parameters that contradict each other are refused", "[bad-input]") {
    const auto r = GENERATE(values<refusal>({
        {{"--workers", "2", "--processes", "3"}, {"--processes", "--workers"}},
        {{"--attempt-timeout", "2s", "--order-timeout", "1s"}, {"--order-timeout", "--attempt-timeout"}},
        {{"--http-latency", "5ms", "--http-jitter", "uniform:6ms"}, {"--http-jitter", "--http-latency"}},
        {{"--http-jitter", "gaussian"}, {"--http-jitter", "lognormal"}},
        {{"--transform-cost", "11s"}, {"--transform-cost", "1us to 10s"}},
        {{"--transform-cost", "1ms", "--runner", "mine=true"}, {"--transform-cost", "--runner"}},
        {{"--transform-on", "threads:65"}, {"--transform-on", "1 to 64"}},
        {{"--transform-on", "threads:2", "-p", "thread-pool,process-pool"}, {"--transform-on", "semaphore"}},
        {{"--export-json", "-", "--export-csv", "-"}, {"--export", "stdout"}},
    }));
    check_refusal(r);
}

TEST_CASE("a URL of the wrong kind is refused, and not repeated", "[bad-input][secret]") {
    const auto r = GENERATE(values<refusal>({
        {{"--target", "ftp://sekrit"}, {"--target", "http://host"}},
        {{"--target", "http://me:sekrit@host"}, {"--target", "http://host"}},
        {{"--target", "http://host:99999/sekrit"}, {"--target"}},
        {{"--target", "sekrit"}, {"--target", "http://host"}},
        {{"--redis", "http://sekrit"}, {"--redis", "redis://"}},
        {{"--redis", "redis://:sekrit@host:0x1"}, {"--redis"}},
        {{"--postgres", "sekrit"}, {"--postgres", "postgresql://"}},
        {{"--postgres", "mysql://me:sekrit@host/db"}, {"--postgres", "postgresql://"}},
    }));
    check_refusal(r);
}

TEST_CASE("an export that cannot be written is found out before the run", "[bad-input]") {
    const std::string path = GENERATE("/nowhere/result", "/proc/result", "/");
    const std::string format = GENERATE("json", "csv", "markdown");
    check_refusal({{"-n", "1000000", "--export-" + format, path}, {"--export-" + format, path}});
}

TEST_CASE("a server of the user's that does not answer is refused before anything is started",
          "[bad-input][secret]") {
    const auto r = GENERATE(values<refusal>({
        {{"-n", "9", "--postgres", "postgresql://me:sekrit@127.0.0.1:1/db"}, {"--postgres", "127.0.0.1"}},
        {{"-n", "9", "--postgres", "host=/nowhere password=sekrit"}, {"--postgres", "/nowhere"}},
        {{"-n", "9", "--redis", "redis://:sekrit@127.0.0.1:1"}, {"--redis", "127.0.0.1:1"}},
        {{"-n", "9", "--redis", "unix:///nowhere.sock"}, {"--redis", "/nowhere.sock"}},
    }));
    check_refusal(r);
}

TEST_CASE("a target whose host does not exist is refused", "[bad-input]") {
    check_refusal({{"-n", "9", "-p", "semaphore", "--target", "http://no-such-host.invalid"},
                   {"--target", "no-such-host.invalid"}});
}

TEST_CASE("a wrong password is refused, and not repeated", "[bad-input][secret]") {
    const user someone;
    const auto end = someone.run_pipebench({"-n", "9", "--postgres", url_with_wrong_password("sekrit-9")});
    check_refusal(end, {"--postgres", "password authentication failed"});
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a directory without PostgreSQL's programs is refused with its name", "[bad-input]") {
    check_refusal({{"-n", "9", "--pg-bindir", "/nowhere"}, {"--pg-bindir", "/nowhere", "initdb"}});
}

TEST_CASE("too few descriptors are found out before the run, with the numbers", "[bad-input]") {
    const user someone;
    auto limited = someone.pipebench({"-n", "5000", "-p", "fan-out"});
    std::vector<std::string> prefix{"prlimit", "--nofile=200:200"};
    // Root could raise the limit again, so it drops that capability.
    if (::geteuid() == 0) prefix.insert(prefix.begin(), {"setpriv", "--bounding-set", "-sys_resource"});
    if (run({{"which", prefix.front()}, {}}).code != 0) SKIP(prefix.front() + " is not installed");
    limited.arguments.insert(limited.arguments.begin(), prefix.begin(), prefix.end());
    check_refusal(run(limited), {"fan-out", "5000", "descriptors", "200", "ulimit -n"});
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a file that is no result is refused by report with its name", "[bad-input]") {
    const user someone;
    const auto path = someone.file("result.json");
    const std::string content =
        GENERATE("", "{}", "[]", "words", "{\"schema\": \"pipebench.result/2\"}",
                 "{\"schema\": \"pipebench.result/1\"}", "{\"schema\": \"pipebench.result/1\"");
    std::ofstream(path) << content;
    CAPTURE(content);
    check_refusal(someone.run_pipebench({"report", path}), {"report", path});
}

TEST_CASE("a result that is not there or a directory is refused by report", "[bad-input]") {
    const std::string path = GENERATE("/nowhere.json", "/tmp");
    check_refusal({{"report", path}, {"report", path}});
}

TEST_CASE("output that cannot be written is an error", "[bad-input]") {
    const std::string command = GENERATE("list", "run --help", "report");
    const user someone;
    const auto file = someone.file("r.json");
    if (command == "report")
        REQUIRE(someone.run_pipebench({"-n", "5", "-p", "fan-out", "--export-json", file}).code == 0);
    const auto end =
        run({{"sh", "-c",
              fmt::format("{} {} {} > /dev/full", PIPEBENCH_BINARY, command, command == "report" ? file : "")},
             {}});
    CAPTURE(command);
    check_refusal(end, {"stdout"});
}
