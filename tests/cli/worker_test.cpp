// Workers that join a session of redis-streams: real processes, a real PostgreSQL and a real Redis. That each is its own
// machine is scripts/scale.sh's part.
#include "support/redis_server.hpp"
#include "support/saved.hpp"
#include "support/schema.hpp"
#include "support/services.hpp"
#include "support/trouble.hpp"

#include "pipebench/workload.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <thread>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

/// The servers of a session that workers elsewhere can reach, and the commands that use them.
class scene {
public:
    [[nodiscard]] std::vector<std::string> servers() const {
        return {"--postgres", postgres(), "--redis", redis_.tcp_url(), "--target", target_};
    }
    [[nodiscard]] command session(std::vector<std::string> more) const {
        std::vector<std::string> all{
            "run",     "-p", "redis-streams", "--session", "night",         "--db-latency",        "20ms",
            "--lease", "1s", "--busy-limit",  "100%",      "--export-json", someone.file("r.json")};
        return with(std::move(all), std::move(more));
    }
    /// With 2 processes, 4 workers, 8 orders in flight.
    [[nodiscard]] command worker(std::vector<std::string> more = {}) const {
        std::vector<std::string> all{"worker", "--join",  "night", "--processes",      "2", "--workers",
                                     "4",      "--batch", "2",     "--db-connections", "2"};
        return with(std::move(all), std::move(more));
    }
    [[nodiscard]] run_result result() const {
        const auto all = parse_result(read_file(someone.file("r.json")));
        REQUIRE_FALSE(all.runs.empty());
        check_books(all.runs.back());
        return all.runs.back();
    }
    /// Whether so many results are in: the run is under way.
    [[nodiscard]] bool has_results(long long least) const {
        return comes_true([&] {
            const auto keys = redis_.ask({"KEYS", "pipebench:*:order_results"});
            return keys->elements == 1 && redis_.ask({"XLEN", keys->element[0]->str})->integer >= least;
        });
    }
    [[nodiscard]] const redis_server& redis() const { return redis_; }
    [[nodiscard]] redis_server& redis() { return redis_; }

    user someone;

private:
    [[nodiscard]] command with(std::vector<std::string> all, std::vector<std::string> more) const {
        const auto s = servers();
        all.insert(all.end(), s.begin(), s.end());
        all.insert(all.end(), more.begin(), more.end());
        return with_secret(someone.pipebench(std::move(all)));
    }
    std::string started() {
        REQUIRE(api_.says("/orders/1"));
        const auto said = api_.err();
        const auto at = said.find("http://");
        return said.substr(at, said.find("/orders") - at);
    }

    redis_server redis_;
    user other_;
    running_command api_{other_.pipebench({"mock-api", "--http-latency", "20ms"})};
    std::string target_ = started();
};

/// As a session has it.
std::string saved_workload() {
    nlohmann::json out = workload{};
    return out.dump();
}

/// The command of docs/production.md that makes the user.
redis_command documented_user(const std::string& password) {
    const auto text = read_file(std::filesystem::path(PIPEBENCH_SOURCE_DIR) / "docs/production.md");
    const auto begin = text.find("ACL SETUSER pipebench"), end = text.find("```", begin);
    REQUIRE(end != std::string::npos);
    const std::regex word(R"('[^']*'|[^\s\\]+)");
    const auto command = text.substr(begin, end - begin);
    redis_command out;
    for (std::sregex_iterator at(command.begin(), command.end(), word), none; at != none; ++at) {
        auto one = at->str();
        std::erase(one, '\'');
        out.push_back(one.starts_with('#') ? ">" + password : one);
    }
    return out;
}

}  // namespace

TEST_CASE("what workers do is told by their session, and by each of them", "[worker][events]") {
    const scene s;
    const auto file = s.someone.file("session.jsonl"), own = s.someone.file("worker.jsonl");
    running_command session(s.session({"-n", "400", "--expect-workers", "2", "--events", file}));
    running_command one(s.worker({"--events", own})), two(s.worker());
    REQUIRE(s.has_results(10));
    two.signal(SIGTERM);
    CHECK(session.wait().code == 0);
    CHECK(one.wait().code == 0);
    CHECK(two.wait().code == 0);
    const auto named = [](const std::string& path, const std::string& name) {
        std::vector<nlohmann::json> out;
        for (const auto& line : lines_of(read_file(path)))
            if (auto e = nlohmann::json::parse(line); e["event"] == name) out.push_back(std::move(e));
        return out;
    };
    CAPTURE(read_file(file), read_file(own));
    if (can_validate())
        for (const auto& path : {file, own}) CHECK(fault_of(path, "event") == "");
    CHECK(named(file, "worker_joins").size() == 2);
    const auto left = named(file, "worker_signs_off");
    REQUIRE(left.size() == 1);
    CHECK(left[0]["process"] == two.pid());
    CHECK(left[0]["run"] == 1);
    const auto joined = named(own, "worker_joins"), ended = named(own, "run_ends");
    REQUIRE(joined.size() == 1);
    CHECK(joined[0]["session"] == "night");
    REQUIRE(ended.size() == 1);
    CHECK(ended[0]["orders"] > 0);
    CHECK(named(own, "worker_signs_off").size() == 1);
    CHECK_FALSE(contains(read_file(file) + read_file(own), planted_secret));
}

TEST_CASE("two workers that join carry out every round of a session, and are accounted for", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "400", "--expect-workers", "2", "-r", "2"}));
    running_command one(s.worker()), two(s.worker());
    const auto end = session.wait();
    CAPTURE(end.out, end.err, one.err(), two.err());
    CHECK(end.code == 0);
    const auto all = parse_result(read_file(s.someone.file("r.json")));
    REQUIRE(all.runs.size() == 2);
    for (const auto& run : all.runs) {
        check_books(run);
        CHECK(run.stored == 400);
        CHECK(run.ledger.redelivered == 0);
        CHECK(run.ledger.content_checked);
        CHECK(run.in_flight_limit == 16);
        CHECK(run.latency.p50_ms >= 40);
        CHECK(run.cpu.total_s() > 0);
        REQUIRE(run.workers.size() == 2);
        CHECK(run.workers[0].ended + run.workers[1].ended == 400);
        for (const auto& w : run.workers) {
            CHECK(w.how == worker_end::stayed);
            CHECK(w.processes == 2);
            CHECK(w.ended > 0);
            CHECK(w.cpu_user_s + w.cpu_system_s > 0);
            CHECK(w.peak_rss_bytes.value_or(0) > 1'000'000);
        }
        CHECK(run.workers[0].instance != run.workers[1].instance);
        CHECK(run.workers[0].pid != run.workers[1].pid);
    }
    CHECK(contains(end.out, "Workers on other machines"));
    CHECK(one.wait().code == 0);
    CHECK(two.wait().code == 0);
    CHECK(comes_true([&] { return s.redis().ask({"DBSIZE"})->integer == 0; }));  // a last card expires
    CHECK(s.someone.left_behind().empty());
}

TEST_CASE("orders of an open run reach workers elsewhere as they arrive", "[worker]") {
    const scene s;
    running_command session(
        s.session({"--rate", "100/s", "--duration", "3s", "--slo", "p99<2s", "--expect-workers", "1"}));
    running_command one(s.worker());
    const auto end = session.wait();
    CAPTURE(end.out, end.err, one.err());
    CHECK(end.code == 0);
    const auto run = s.result();
    CHECK(run.stored == 300);
    REQUIRE(run.load);
    CHECK(run.latency.p50_ms >= 40);        // response: by the session's clock
    CHECK(run.load->service.p50_ms >= 40);  // service: by the worker's
    CHECK(run.load->wait.p50_ms < run.latency.p50_ms);
}

TEST_CASE("a worker that gets SIGTERM ends what it has in hand, and the others do the rest", "[worker][signal]") {
    const scene s;
    running_command session(s.session({"-n", "2000", "--expect-workers", "2"}));
    running_command one(s.worker()), two(s.worker());
    REQUIRE(s.has_results(100));
    one.signal(SIGTERM);
    const auto left = one.wait();
    CAPTURE(left.err);
    CHECK(left.code == 0);
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    const auto run = s.result();
    CHECK(run.stored == 2000);
    CHECK(run.ledger.redelivered == 0);
    REQUIRE(run.workers.size() == 2);
    const auto& gone = run.workers[0].how == worker_end::signed_off ? run.workers[0] : run.workers[1];
    CHECK(gone.how == worker_end::signed_off);
    CHECK(gone.left_s > 0);
    CHECK(run.in_flight_limit < 16);
}

TEST_CASE("what workers have in hand when a signal ends their session is stored, and counts", "[worker][signal]") {
    const scene s;
    running_command session(s.session({"-n", "100000", "--expect-workers", "1"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(100));
    session.signal(SIGINT);
    const auto end = session.wait();
    CAPTURE(end.out, end.err, one.err());
    CHECK(end.code == 130);
    CHECK(one.wait().code == 0);
    const auto run = s.result();
    CHECK(run.interrupted);
    CHECK(run.stored == run.ledger.rows);
    CHECK(run.ledger.recovered == 0);
}

TEST_CASE("a worker that drains while Redis takes nothing hands its results over when it does again", "[worker]") {
    const scene s;
    auto with_long_leases = s.session({"-n", "1500", "--expect-workers", "2"});
    *(std::ranges::find(with_long_leases.arguments, "--lease") + 1) = "30s";
    running_command session(with_long_leases);
    running_command one(s.worker()), two(s.worker());
    REQUIRE(s.has_results(100));
    s.redis().set("maxmemory", "1");
    one.signal(SIGTERM);
    REQUIRE(one.says("ending what is in hand"));
    std::this_thread::sleep_for(1s);  // the time that Redis takes nothing
    s.redis().set("maxmemory", "0");
    const auto left = one.wait();
    const auto end = session.wait();
    CAPTURE(left.err, end.out, end.err, two.err());
    CHECK(left.code == 0);
    const auto run = s.result();
    CHECK(run.stored == 1500);
    CHECK(run.ledger.redelivered == 0);
    CHECK(run.time_s < 30);  // nothing of its orders had to wait for the end of a lease
}

TEST_CASE("a worker and its session need no more rights in Redis than the documentation says", "[worker]") {
    const scene s;
    s.redis().ask(documented_user("secret"));
    const auto login = [&s](command c) {
        for (auto& word : c.arguments)
            if (word == s.redis().tcp_url()) word = s.redis().tcp_url("pipebench:secret@");
        return c;
    };
    running_command session(login(s.session({"-n", "400", "--expect-workers", "1"})));
    running_command one(login(s.worker()));
    const auto end = session.wait();
    const auto left = one.wait();
    CAPTURE(end.out, end.err, left.err);
    CHECK(end.code == 0);
    CHECK(left.code == 0);
    CHECK(s.result().stored == 400);
    CHECK(std::ranges::none_of(std::array{end.err, left.err}, [](auto& text) { return contains(text, "NOPERM"); }));
}

TEST_CASE("a worker that its machine cannot hold is refused before it joins", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "40", "--expect-workers", "1"}));
    REQUIRE(session.says("waiting for 1 worker"));
    auto too_large = s.worker({"-q"});
    *(std::ranges::find(too_large.arguments, "--workers") + 1) = "100000";
    check_refusal(run(too_large), {"this worker: 200000 orders in flight need"});
    session.signal(SIGINT);
    session.wait();
}

TEST_CASE("a worker that is killed with all its processes loses no order, and the row is not trusted", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "2000", "--expect-workers", "2"}));
    running_command one(s.worker()), two(s.worker());
    REQUIRE(s.has_results(100));
    one.signal(SIGKILL);
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    const auto run = s.result();
    CHECK(run.stored == 2000);
    CHECK(run.verdict.kind == verdict_kind::invalid_death);
    CHECK(contains(run.verdict.text, "went missing"));
    CHECK(two.wait().code == 0);
}

TEST_CASE("a worker that joins amid a run takes part in the rest of it", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "2000", "--expect-workers", "1"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(100));
    running_command late(s.worker());
    const auto end = session.wait();
    CAPTURE(end.out, end.err, late.err());
    CHECK(end.code == 0);
    const auto run = s.result();
    REQUIRE(run.workers.size() == 2);
    CHECK(std::max(run.workers[0].joined_s, run.workers[1].joined_s) > 0);
    CHECK(run.workers[0].ended + run.workers[1].ended == 2000);
    CHECK(run.in_flight_limit > 8);
}

TEST_CASE("workers end by themselves when their session was killed, and its name is free again", "[worker]") {
    const scene s;
    auto first = std::make_unique<running_command>(s.session({"-n", "100000", "--expect-workers", "1"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(20));
    first->signal(SIGKILL);
    const auto end = one.wait();
    CAPTURE(end.err);
    CHECK(end.code == 0);
    first.reset();
    running_command again(s.session({"-n", "100", "--expect-workers", "1"}));
    running_command other(s.worker());
    const auto done = again.wait();
    CAPTURE(done.err, other.err());
    CHECK(done.code == 0);
}

TEST_CASE("a session whose last worker has gone ends, and says so", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "100000", "--expect-workers", "1", "--join-timeout", "2s"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(50));
    one.signal(SIGTERM);
    CHECK(one.wait().code == 0);
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    CHECK(contains(s.result().verdict.text, "no worker was left"));
}

TEST_CASE("a Redis that is gone for longer than a session's record lasts, and comes back empty, loses nobody",
          "[worker]") {
    scene s;
    running_command session(s.session({"-n", "1500", "--expect-workers", "1"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(100));
    s.redis().kill();
    std::this_thread::sleep_for(5s);  // the outage
    s.redis().start();
    const auto end = session.wait();
    CAPTURE(end.out, end.err, one.err());
    const auto run = s.result();
    CHECK(run.stored == 1500);
    CHECK(one.wait().code == 0);
}

TEST_CASE("everything that a session has in Redis can be deleted amid a run, and no order is lost", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "1500", "--expect-workers", "1"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(100));
    s.redis().ask({"FLUSHALL"});
    const auto end = session.wait();
    CAPTURE(end.out, end.err, one.err());
    const auto run = s.result();
    CHECK(run.stored == 1500);
    CHECK(run.ledger.lost == 0);
    CHECK(run.ledger.corrupt == 0);
}

TEST_CASE("nonsense in the keys of a session is ignored, and said", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "1000", "--expect-workers", "1"}));
    running_command one(s.worker());
    REQUIRE(s.has_results(50));
    const auto keys = s.redis().ask({"KEYS", "pipebench:*:order_results"});
    s.redis().ask({"XADD", keys->element[0]->str, "*", "order", "999999999", "outcome", "stored"});
    s.redis().ask({"XADD", keys->element[0]->str, "*", "rubbish", "\x1b[2J"});
    std::string orders = keys->element[0]->str;
    orders.replace(orders.find("order_results"), std::string::npos, "orders");
    s.redis().ask({"XADD", orders, "*", "order", "999999999"});  // nobody's: it must not be carried out
    s.redis().ask({"XADD", orders, "*", "rubbish", "1"});
    s.redis().ask({"HSET", "pipebench:session:night:workers", "0123456789abcdef", "{\"protocol\":1}"});
    s.redis().ask({"HSET", "pipebench:session:night:workers", "x", "\x01"});
    s.redis().ask({"SET", "pipebench:session:night:card", "{{{{"});
    const auto end = session.wait();
    CAPTURE(end.out, end.err, one.err());
    CHECK(end.code == 0);
    const auto run = s.result();
    CHECK(run.stored == 1000);
    CHECK(contains(notes_of(run), "no worker has added"));
    CHECK(contains(notes_of(run), "the card of a worker in Redis"));
    CHECK_FALSE(contains(end.out + end.err, "\x1b[2J"));
}

TEST_CASE("a session waits for its workers for as long as it was told, and says who is there", "[worker]") {
    const scene s;
    const auto end = run(s.session({"-n", "40", "--expect-workers", "3", "--join-timeout", "1s"}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    CHECK(contains(end.err, "0 of 3 workers joined the session 'night' within 1s"));
    CHECK(s.redis().ask({"DBSIZE"})->integer == 0);
}

TEST_CASE("a second session of one name is refused", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "40", "--expect-workers", "1"}));
    REQUIRE(session.says("waiting for 1 worker"));
    check_refusal(run(s.session({"-n", "40", "--expect-workers", "1", "-q"})), {"--session", "'night' is running"});
    session.signal(SIGINT);
    CHECK(session.wait().code == 130);
}

TEST_CASE("what workers elsewhere cannot do is refused before anything starts", "[worker]") {
    const user someone;
    const std::vector<std::string> servers{"--postgres", "postgresql://u@127.0.0.1:1/x",
                                           "--redis",    "redis://127.0.0.1:1",
                                           "--target",   "http://127.0.0.1:1"};
    const auto [arguments, said] = GENERATE(table<std::vector<std::string>, std::string>({
        {{"-p", "redis-streams", "--expect-workers", "2"}, "--session NAME"},
        {{"-p", "redis-streams", "--session", "x"}, "--expect-workers N"},
        {{"-p", "redis-streams", "--session", "X_1", "--expect-workers", "2"}, "no name of a session"},
        {{"-p", "semaphore", "--session", "x", "--expect-workers", "2"}, "-p redis-streams alone"},
        {{"-p", "redis-streams", "--session", "x", "--expect-workers", "2", "--chaos", "kill-worker@50%"}, "--chaos"},
        {{"-p", "redis-streams", "--session", "x", "--expect-workers", "2", "--rate-limit", "5/s"}, "--rate-limit"},
    }));
    auto all = arguments;
    all.insert(all.begin(), "run");
    all.insert(all.end(), servers.begin(), servers.end());
    check_refusal(someone.run_pipebench(all), {said});
}

TEST_CASE("throwaway servers are refused for workers elsewhere", "[worker]") {
    const user someone;
    check_refusal(someone.run_pipebench({"run", "-p", "redis-streams", "--session", "x", "--expect-workers", "2"}),
                  {"cannot reach throwaway servers", "--redis"});
}

TEST_CASE("a worker without its servers, its session or with a wrong one is refused", "[worker]") {
    const scene s;
    const user someone;
    check_refusal(someone.run_pipebench({"worker", "--join", "Nope!"}), {"--join", "no name of a session"});
    check_refusal(someone.run_pipebench({"worker", "--join", "x", "--redis", s.redis().tcp_url()}), {"--postgres"});
    check_refusal(run(s.worker({"--wait", "300ms", "-q"})), {"no session 'night' within 300ms"});
}

TEST_CASE("a worker of another version, or with another PostgreSQL or target, is refused", "[worker]") {
    const scene s;
    running_command session(s.session({"-n", "40", "--expect-workers", "1"}));
    REQUIRE(session.says("waiting for 1 worker"));
    auto elsewhere = s.worker({"-q"});
    auto at = std::ranges::find(elsewhere.arguments, postgres());
    REQUIRE(at != elsewhere.arguments.end());
    const auto database = at->find("/postgres?");
    REQUIRE(database != std::string::npos);
    at->replace(database, 10, "/template1?");
    check_refusal(run(elsewhere), {"--postgres", "it has no schema"});
    auto without_api = s.worker({"-q"});
    for (auto& word : without_api.arguments)
        if (word.starts_with("http://")) word = "http://127.0.0.1:1";
    check_refusal(run(without_api), {"--target", "connection refused"});
    session.signal(SIGINT);
    session.wait();
    const auto card =
        std::string(R"({"protocol":1,"version":"99.0","session":"0123456789abcdef","phase":"between","run":0,)") +
        R"("work":)" + saved_workload() +
        R"(,"schema":"pipebench_1234abcd","table":"","stream":"","transform_rounds_per_us":0})";
    s.redis().ask({"SET", "pipebench:session:night:card", card});
    check_refusal(run(s.worker({"-q"})), {"is of pipebench 99.0", "one version everywhere"});
}

TEST_CASE("a host that --chaos kills is the finding, and no reason to distrust the row", "[worker][chaos]") {
    const scene s;
    const auto pid_file = s.someone.file("pid");
    running_command session(s.session({"-n", "2000", "--expect-workers", "2", "--chaos", "kill-host@30%",
                                       "--chaos-command", "kill -9 $(cat " + pid_file + ")"}));
    running_command one(s.worker()), two(s.worker());
    std::ofstream(pid_file) << one.pid();
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    const auto run = s.result();
    CHECK(run.stored == 2000);
    CHECK(run.recovery.killed == kill_target::host);
    CHECK(run.verdict.trusted());
    REQUIRE(run.workers.size() == 2);
    CHECK(std::ranges::count(run.workers, worker_end::missing, &joined_worker::how) == 1);
}

TEST_CASE("a host is killed by a command, and only with workers elsewhere", "[worker][chaos]") {
    const user someone;
    check_refusal(someone.run_pipebench({"-p", "redis-streams", "--chaos", "kill-host@50%"}),
                  {"--session and --expect-workers"});
    check_refusal(someone.run_pipebench({"-p", "redis-streams", "--chaos-command", "true"}), {"--chaos-command"});
    check_refusal(someone.run_pipebench(
                      {"-p", "redis-streams", "--session", "x", "--expect-workers", "2", "--chaos", "kill-host@50%"}),
                  {"--chaos-command"});
}
