// mock-api: runs the mock order API alone, for any client. A session starts its own with it, too.
#include "cli/command.hpp"
#include "cli/metrics_options.hpp"
#include "cli/options.hpp"
#include "cli/terminal.hpp"
#include "contracts/parameters.hpp"
#include "contracts/scenario.hpp"
#include "metrics/families.hpp"
#include "metrics/family_list.hpp"
#include "metrics/served_pages.hpp"
#include "mock_api/server.hpp"
#include "system/box.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

namespace pipebench {
namespace {

class mock_api_command final : public command {
public:
    mock_api_command() { server_.api.http.mean = std::chrono::milliseconds(100); }
    void declare(option_set& options) override;
    exit_code run() override;

private:
    void check_address() const;
    [[nodiscard]] http_pages pages_of(const mock_api_server& server) const;

    server_settings server_;
    std::string scenario_{clean_scenario};
    std::string metrics_;
    bool allow_remote_ = false;
    bool quiet_ = false;
    int control_ = -1;  ///< pipe to a session, for the port first, an outage, and the counters last
};

void mock_api_command::declare(option_set& options) {
    const auto of_workload = [&](const char* name, auto form, auto& into) {
        options.value(name, form, into, parameter_of(name).help);
    };
    options.text("--listen", "ADDRESS", server_.address, "address to listen on");
    options.flag("--allow-remote", allow_remote_, "allow an address that other machines can reach");
    options.text("--metrics", "HOST:PORT", metrics_, "serve Prometheus metrics there; port 0 picks a free one");
    options.value("--port", count_form<std::uint16_t>({0, 65535}), server_.port, "port; 0 picks a free one");
    options.once(
        "--threads", "N",
        [this](auto& text) {
            server_.threads = count_form<unsigned>({1, 64}).parse(text);
        },
        "serving threads [one per core, 4 at most]");
    options.value("--max-connections", count_form({1, 1'000'000}), server_.max_connections,
                  "most open connections; further ones get 503");
    of_workload("--http-latency", duration_form(), server_.api.http.mean);
    of_workload("--http-jitter", jitter_form(), server_.api.http.spread);
    options.value("--seed", count_form({0, 1'000'000'000'000'000}), server_.api.seed, "seed of orders and jitter");
    options.text("--scenario", "NAME|FILE", scenario_, "how the API misbehaves; see 'pipebench list'");
    options.once(
        "--orders", "N",
        [this](auto& text) {
            server_.api.orders = count_form({1, 10'000'000}).parse(text);
        },
        "orders of a run: a scenario's outage begins at its share of them");
    options.flag("-q,--quiet", quiet_, "print nothing");
    options
        .once(
            "--control", "FD",
            [this](auto& text) {
                control_ = static_cast<int>(parse_count_within({0, 1'000'000}, text));
            },
            "")
        .hidden();
}

void mock_api_command::check_address() const {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(server_.address, ec);
    if (ec) throw setup_error(fmt::format("--listen: '{}' is not an IP address", printable(server_.address, 60)));
    if (!address.is_loopback() && !allow_remote_)
        throw setup_error(fmt::format("--listen: other machines can reach {}; use --allow-remote if that is intended",
                                      server_.address));
}

void send_to_session(int control, const std::string& text) {
    if (control >= 0) [[maybe_unused]]
        const auto sent = ::send(control, text.data(), text.size(), MSG_NOSIGNAL);
}

/// On the steady clock, which all processes of a machine share.
std::string outage_message(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
    const auto ns = [](auto t) { return std::chrono::nanoseconds(t.time_since_epoch()).count(); };
    return fmt::format("outage {} {}", ns(from), ns(to));
}

/// Blocks until SIGINT, SIGTERM or SIGHUP arrives. Returns the signal.
int wait_for_signal(const sigset_t& wanted) {
    int number = 0;
    sigwait(&wanted, &number);
    return number;
}

/// Blocks SIGINT, SIGTERM and SIGHUP, also in threads that start later, and returns the set.
sigset_t block_signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    return wanted;
}

http_pages mock_api_command::pages_of(const mock_api_server& server) const {
    const auto now = [this, &server] {
        const auto stats = server.stats();
        return metrics_of({.counters = stats,
                           .concurrent = stats.concurrent,
                           .open_connections = stats.open_connections,
                           .latency_s = std::chrono::duration<double>(server_.api.http.mean).count()});
    };
    return {{"/metrics", {metrics_content_type, now}}, healthz_page()};
}

exit_code mock_api_command::run() {
    check_address();
    const auto trouble = find_scenario(scenario_);
    server_.api.trouble = trouble.api;
    server_.api.scenario = trouble.name;
    raise_descriptor_limit(server_.max_connections + 100);
    const auto wanted = block_signals();  // before the server's threads start, so that they inherit the mask
    std::signal(SIGPIPE, SIG_IGN);
    listen_address metrics_at;
    std::optional<descriptor> metrics_listener;
    if (!metrics_.empty()) metrics_listener = listen_for_metrics({metrics_, allow_remote_}, metrics_at);
    server_.outage = [this](auto from, auto to) { send_to_session(control_, outage_message(from, to)); };
    mock_api_server server(server_);
    std::optional<served_pages> metrics;
    if (metrics_listener) metrics.emplace(*std::move(metrics_listener), pages_of(server));
    send_to_session(control_, std::to_string(server.port()));
    if (!quiet_ && metrics) tell(fmt::format("metrics at {}/metrics\n", metrics_at.url()));
    if (!quiet_)
        tell(fmt::format("serving orders at http://{}:{}/orders/1 until Ctrl-C\n", server_.address, server.port()));
    wait_for_signal(wanted);
    const auto stats = server.stats();
    metrics.reset();
    server.stop();
    server.wait();
    send_to_session(control_, to_json(stats));
    if (!quiet_) tell(fmt::format("{}\n", to_json(stats)));
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<command> make_mock_api() { return std::make_unique<mock_api_command>(); }

}  // namespace pipebench
