// worker: joins a session of redis-streams from anywhere, and works for it until it is over.
#include "cli/command.hpp"
#include "cli/event_file.hpp"
#include "cli/metrics_options.hpp"
#include "cli/options.hpp"
#include "cli/server_options.hpp"
#include "cli/terminal.hpp"
#include "contracts/number.hpp"
#include "contracts/session_cards.hpp"
#include "session/worker_agent.hpp"
#include "system/box.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

class worker_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override;

private:
    void require_servers() const;

    worker_settings worker_;
    server_choice servers_;
    metrics_options metrics_;
    std::string events_;
    bool quiet_ = false;
};

void worker_command::declare(option_set& options) {
    const auto of_session = [&](const char* name, count_range range, unsigned& into, const char* help) {
        options.once(
            name, "N", [&into, range](auto& text) { into = count_form<unsigned>(range).parse(text); },
            fmt::format("{} [the session's]", help));
    };
    options.text("--join", "NAME", worker_.name, "the session: its --session").required();
    options.value("--wait", duration_form({{}, std::chrono::hours{24}}), worker_.wait,
                  "how long to wait for the session");
    options.value("--grace", duration_form({{}, std::chrono::hours{1}}), worker_.grace,
                  "time to end what is in hand, after SIGTERM");
    declare_metrics(options, metrics_);
    declare_events(options, events_);
    options.flag("-q,--quiet", quiet_, "print nothing but errors");
    options.group("Its share of the work");
    of_session("--processes", {1, 1000}, worker_.processes, "worker processes");
    of_session("--workers", {1, 100'000}, worker_.workers, "asynchronous workers, all processes together");
    of_session("--batch", {1, 10'000}, worker_.batch, "orders that a worker takes at once");
    of_session("--db-connections", {1, 10'000}, worker_.db_connections,
               "PostgreSQL connections, one per process at least");
    options.group("Servers, as this machine reaches them");
    declare_databases(options, servers_);
    options.text("--target", "URL", servers_.target, "http://...: the session's order API")
        .environment("PIPEBENCH_TARGET");
}

void worker_command::require_servers() const {
    if (!is_session_name(worker_.name))
        throw setup_error(
            fmt::format("--join: '{}' is no name of a session: a-z, 0-9 and '-', a letter first, at most 40",
                        printable(worker_.name, 60)));
    for (const auto& [value, option] :
         {std::pair(&servers_.redis, "--redis"), std::pair(&servers_.postgres, "--postgres"),
          std::pair(&servers_.target, "--target")})
        if (value->empty())
            throw setup_error(
                fmt::format("{}: a worker needs the session's three servers, as this machine reaches them: "
                            "--redis, --postgres and --target",
                            option));
}

exit_code worker_command::run() {
    require_servers();
    check_addresses(servers_);
    worker_.redis = servers_.redis;
    worker_.postgres = servers_.postgres;
    worker_.target = servers_.target;
    worker_.binary = own_binary();
    const auto feed = open_metrics(metrics_, "worker", quiet_ ? verbosity::quiet : verbosity::normal);
    worker_.feed = feed.get();
    event_file events(events_);
    signal_watch signals;
    const auto say = [this](const std::string& text) {
        if (!quiet_) tell_line("worker: " + text);
    };
    try {
        const auto done = work_for_session(worker_, signals, say, [&events](const event& e) { events.write(e); });
        say(fmt::format("{} in {}", counted(done.orders, "order", "orders"), counted(done.runs, "run", "runs")));
        if (done.failure.empty()) return exit_code::ok;
        tell(fmt::format("pipebench: gave up: {}; {} stay pending, and other workers take them over\n", done.failure,
                         counted(done.left_pending, "order", "orders")));
        return exit_code::check_failed;
    } catch (const interrupted&) {
        return code_of_signal(signals.first());
    }
}

}  // namespace

std::unique_ptr<command> make_worker() { return std::make_unique<worker_command>(); }

}  // namespace pipebench
