// mock-api: the mock order API alone, for any client; also how a session starts its own.
#include "cli/command.hpp"
#include "cli/values.hpp"
#include "contracts/scenario.hpp"
#include "mock_api/server.hpp"
#include "system/box.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

namespace pipebench {
namespace {

struct mock_api_options {
    server_settings server;
    std::string scenario{calm};
    bool allow_remote = false;
    bool quiet = false;
    int control = -1;  ///< of a session: gets the port first and the counters last
};

void check_address(const mock_api_options& options) {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(options.server.address, ec);
    if (ec)
        throw setup_error(fmt::format("--listen: '{}' is not an IP address", printable(options.server.address, 60)));
    if (!address.is_loopback() && !options.allow_remote)
        throw setup_error(
            fmt::format("--listen: {} can be reached from other machines; --allow-remote says that this is meant",
                        options.server.address));
}

void tell(int control, const std::string& text) {
    if (control >= 0) [[maybe_unused]]
        const auto sent = ::send(control, text.data(), text.size(), MSG_NOSIGNAL);
}

/// Until SIGINT or SIGTERM, whichever thread of the server is doing what.
int wait_for_signal(const sigset_t& wanted) {
    int number = 0;
    sigwait(&wanted, &number);
    return number;
}

exit_code serve(mock_api_options options) {
    check_address(options);
    options.server.api.trouble = find_scenario(options.scenario).api;
    raise_descriptor_limit(options.server.max_connections + 100);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);  // before the server's threads, so that they do not get them
    std::signal(SIGPIPE, SIG_IGN);
    mock_api_server server(options.server);
    tell(options.control, std::to_string(server.port()));
    if (!options.quiet)
        fmt::print(stderr, "serving orders at http://{}:{}/orders/1 until Ctrl-C\n", options.server.address,
                   server.port());
    wait_for_signal(wanted);
    const auto stats = server.stats();
    server.stop();
    server.wait();
    tell(options.control, to_json(stats));
    if (!options.quiet) fmt::print(stderr, "{}\n", to_json(stats));
    return exit_code::ok;
}

}  // namespace

action declare_mock_api(CLI::App& app) {
    const auto options = std::make_shared<mock_api_options>();
    auto& server = options->server;
    server.api.http.mean = std::chrono::milliseconds(100);
    app.add_option("--listen", server.address, "address to listen on [127.0.0.1]")->type_name("ADDRESS");
    app.add_flag("--allow-remote", options->allow_remote, "allow an address that other machines can reach");
    add_count(app, "--port", {0, 65535}, "port; 0 picks a free one [0]",
              [&server](auto n) { server.port = static_cast<std::uint16_t>(n); });
    add_count(app, "--threads", {1, 64}, "serving threads [cores, at most 4]",
              [&server](auto n) { server.threads = static_cast<unsigned>(n); });
    add_count(app, "--max-connections", {1, 1'000'000}, "open at once; more get 503 [20000]",
              [&server](auto n) { server.max_connections = n; });
    add_duration(app, "--http-latency", {}, "time an order takes to answer, on average [100ms]",
                 [&server](duration d) { server.api.http.mean = d; });
    add_jitter(app, [&server](const jitter& j) { server.api.http.spread = j; });
    add_count(app, "--seed", {0, 1'000'000'000'000'000}, "orders and jitter follow from it [42]",
              [&server](auto n) { server.api.seed = n; });
    app.add_option("--scenario", options->scenario, "how the API misbehaves; see 'pipebench list' [clean]")
        ->type_name("NAME|FILE");
    add_count(app, "--orders", {1, 10'000'000}, "orders of a whole run: an outage begins at its share of them",
              [&server](auto n) { server.api.orders = n; });
    app.add_flag("-q,--quiet", options->quiet, "print nothing");
    app.add_option("--control", options->control)->group("");
    return [options] { return serve(*options); };
}

}  // namespace pipebench
