// Runners: an invalid name or command is found before any measurement, and the environment has all variables of
// docs/runners.md.
#include "measure/user_runner.hpp"

#include "contracts/error.hpp"
#include "measure/schedule_file.hpp"
#include "pipeline/order_table.hpp"
#include "support/runners.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>

using namespace pipebench;
using namespace std::chrono_literals;
using test::contains;

namespace {

/// The error message; empty if the text is valid.
std::string refusal_of(const std::string& text) {
    try {
        static_cast<void>(parse_runner(text));
        return {};
    } catch (const setup_error& e) {
        return e.what();
    }
}

/// Checks for a one-line error that contains `why`.
void check_refusal(const std::string& text, const std::string& why) {
    const auto said = refusal_of(text);
    CAPTURE(text, said);
    CHECK(said.starts_with("--runner: "));
    CHECK(contains(said, why));
    CHECK(said.find_first_of("\n\x1b") == std::string::npos);
    CHECK(said.size() < 300);
}

const addresses somewhere{"http://127.0.0.1:8080",
                          "postgresql:///postgres?host=/tmp/p&user=pipebench",
                          "unix:///tmp/r/redis.sock",
                          "pipebench_1",
                          "mine_1",
                          "pipebench:1:1"};

/// The environment of a runner, by name. Checks that each PIPEBENCH_* name occurs once.
std::map<std::string, std::string> told(const workload& work, const std::string& schedule = {}) {
    std::map<std::string, std::string> out;
    run_spec spec{"mine", work, somewhere};
    spec.schedule = schedule;
    for (const auto& entry : runner_environment(spec)) {
        const auto equals = entry.find('=');
        const bool is_new = out.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second;
        CAPTURE(entry);
        CHECK((is_new || !entry.starts_with("PIPEBENCH_")));
    }
    return out;
}

/// Sets a variable of the environment for its lifetime.
class environment_variable {
public:
    environment_variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
    environment_variable(const environment_variable&) = delete;
    environment_variable& operator=(const environment_variable&) = delete;
    ~environment_variable() { ::unsetenv(name_); }

private:
    const char* name_;
};

}  // namespace

// --- NAME=COMMAND ---

TEST_CASE("a name and a command take a pattern's place", "[runner]") {
    const auto runner = parse_runner("my-own-2=true --fast 'a b' c=d");
    CHECK(runner->id() == "my-own-2");
    CHECK(runner->title() == "my-own-2");
    CHECK(runner->command() == "true --fast 'a b' c=d");  // only the first '=' separates
    CHECK(runner->needs_at(workload{}).in_flight == workload{}.runner_concurrency);
}

TEST_CASE("what is not NAME=COMMAND is refused", "[runner]") {
    const std::string text = GENERATE("", "mine", "./my-pipeline --fast", "mine=", "mine=   ", "=", "\x1b[2J");
    check_refusal(text, "is not NAME=COMMAND");
}

TEST_CASE("a name is a letter, and letters, digits and dashes behind it: 30 at the most", "[runner]") {
    for (const std::string& name : std::vector<std::string>{"a", "z9", "my-own-2", "a-", std::string(30, 'x')})
        CHECK(parse_runner(name + "=true")->id() == name);
}

TEST_CASE("any other name is refused, with what a name is", "[runner]") {
    const auto name =
        GENERATE(as<std::string>{}, "", "A", "mY", "1st", "-x", "a_b", "a b", " a", "a ", "a.b", "a/b", "\xc3\xa4",
                 "a\n", "a\x1b[2J", std::string("a\0b", 3), std::string(31, 'x'), std::string(5000, 'x'));
    check_refusal(name + "=true", "is not a name: 1 to 30 of a-z, 0-9 and '-', a letter first");
}

TEST_CASE("a command that the shell does not find is refused with its name", "[runner]") {
    const std::string command =
        GENERATE("no-such-program-of-mine", "no-such-program-of-mine --fast && true", "  no-such-program-of-mine",
                 "./no-such-program-of-mine", "/nowhere/at/all", "-no-such-program-of-mine");
    check_refusal("mine=" + command, "mine: the shell finds no such command: " + command.substr(0, 15));
}

TEST_CASE("a long command that is not found is shown in part", "[runner]") {
    check_refusal("mine=nowhere-" + std::string(5000, 'x'), "the shell finds no such command: nowhere-xxx");
}

TEST_CASE("whatever a shell can do is a command", "[runner]") {
    for (const std::string command : {"true", "  true", "exit 7", "cd / && true", "A=1 true", "'true'",
                                      "$SHELL -c true", "(true)", "if true; then true; fi", "/bin/sh -c true"}) {
        CAPTURE(command);
        CHECK(refusal_of("mine=" + command).empty());
    }
}

// --- environment ---

TEST_CASE("every variable that is promised is there, and no other of ours", "[runner]") {
    const auto promised = test::promised_variables();
    const auto environment = told(workload{});
    for (const auto& name : promised) {
        CAPTURE(name);
        CHECK(environment.contains(name));
    }
    for (const auto& [name, value] : environment) {
        CAPTURE(name, value);
        CHECK((!name.starts_with("PIPEBENCH_") || std::ranges::find(promised, name) != promised.end()));
    }
}

TEST_CASE("a variable of ours that is set for pipebench itself does not pass, and every other does", "[runner]") {
    const environment_variable foreign("PIPEBENCH_FOREIGN", "1"), wrong("PIPEBENCH_ORDERS", "999"),
        other("NOT_OF_PIPEBENCH", "a=b");
    workload work;
    work.orders = 20;
    const auto environment = told(work);
    CHECK_FALSE(environment.contains("PIPEBENCH_FOREIGN"));
    CHECK(environment.at("PIPEBENCH_ORDERS") == "20");
    CHECK(environment.at("NOT_OF_PIPEBENCH") == "a=b");
}

TEST_CASE("a program is told where everything is", "[runner]") {
    const auto environment = told(workload{});
    CHECK(environment.at("PIPEBENCH_TARGET") == somewhere.target);
    CHECK(environment.at("PIPEBENCH_POSTGRES") == somewhere.postgres);
    CHECK(environment.at("PIPEBENCH_REDIS") == somewhere.redis);
    CHECK(environment.at("PIPEBENCH_STREAM") == somewhere.stream);
    CHECK(environment.at("PIPEBENCH_TABLE") == "\"pipebench_1\".\"mine_1\"");
    CHECK(environment.at("PIPEBENCH_INSERT") == insert_sql({"pipebench_1", "mine_1"}));
}

TEST_CASE("a program is told what the work is, as the patterns are", "[runner]") {
    workload work;
    work.orders = 20;
    work.runner_concurrency = 7;
    work.http.mean = 1500us;
    work.db_latency = 0us;
    work.connections = connection_use::per_order;
    work.retry.attempts = 3;
    work.write = write_mode::batch;
    work.write_batch = 50;
    work.seed = std::numeric_limits<std::uint64_t>::max();
    const auto environment = told(work);
    CHECK(environment.at("PIPEBENCH_ORDERS") == "20");
    CHECK(environment.at("PIPEBENCH_CONCURRENCY") == "7");
    CHECK(environment.at("PIPEBENCH_HTTP_LATENCY_MS") == "1.5");
    CHECK(environment.at("PIPEBENCH_DB_LATENCY_MS") == "0");
    CHECK(environment.at("PIPEBENCH_CONNECTIONS") == "per-order");
    CHECK(environment.at("PIPEBENCH_ATTEMPTS") == "3");
    CHECK(environment.at("PIPEBENCH_WRITE_MODE") == "batch");
    CHECK(environment.at("PIPEBENCH_WRITE_BATCH") == "50");
    CHECK(environment.at("PIPEBENCH_SEED") == "18446744073709551615");
    const nlohmann::json parameters = work;
    CHECK(nlohmann::json::parse(environment.at("PIPEBENCH_PARAMETERS")) == parameters);
    CHECK(environment.at("PIPEBENCH_RATE").empty());
    CHECK(told(workload{}).at("PIPEBENCH_CONNECTIONS") == "keep-alive");
    CHECK(told(workload{}).at("PIPEBENCH_WRITE_MODE") == "row");
}

TEST_CASE("a program is told when the orders of an open run arrive", "[runner]") {
    workload work;
    work.orders = 3;
    work.arrive.rate = {50'000, 1h};
    const schedule_file file{arrival_schedule(work)};
    const auto environment = told(work, file.path());
    CHECK(environment.at("PIPEBENCH_RATE") == "50k/h");
    CHECK(text_of_file(environment.at("PIPEBENCH_SCHEDULE")) == "0.000\n72.000\n144.000\n");
}

TEST_CASE("a program may have a connection to PostgreSQL per order in flight, or a pool as ours, and Redis",
          "[runner]") {
    workload work;
    work.runner_concurrency = 300;
    CHECK(needs_of_runner(work).in_flight == 300);
    CHECK(needs_of_runner(work).database_connections >= 300);
    CHECK(needs_of_runner(work).redis);
    work.runner_concurrency = 1;
    work.db_connections = 500;
    CHECK(needs_of_runner(work).in_flight == 1);
    CHECK(needs_of_runner(work).database_connections >= 500);
}
