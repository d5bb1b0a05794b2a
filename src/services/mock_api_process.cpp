#include "services/mock_api_process.hpp"

#include "contracts/api_counters.hpp"
#include "contracts/error.hpp"
#include "contracts/number_in.hpp"
#include "contracts/units.hpp"
#include "system/cpu_time.hpp"
#include "system/environment.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <charconv>

namespace pipebench {
namespace {

constexpr int control_number = 3;
constexpr auto start_limit = std::chrono::seconds(10);
constexpr auto stop_limit = std::chrono::seconds(5);

/// One message of the server, at most 4 KiB; empty if none comes in time.
std::string receive(int channel, std::chrono::milliseconds limit, const patience& until) {
    if (until.wait(channel, POLLIN, patience::clock::now() + limit) != wait_end::ready) return {};
    std::array<char, 4096> text{};
    const auto n = ::recv(channel, text.data(), text.size(), 0);
    return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : std::string{};
}

}  // namespace

struct mock_api_process::started {
    descriptor channel;
    child_process server;
};

mock_api_process::started mock_api_process::start(const std::string& binary, const workload& work,
                                                  const std::string& scenario) {
    auto [ours, theirs] = make_channel("the mock API");
    child_settings settings;
    settings.arguments = {binary,
                          "mock-api",
                          "--quiet",
                          "--port",
                          "0",
                          "--control",
                          std::to_string(control_number),
                          "--seed",
                          std::to_string(work.seed),
                          "--orders",
                          std::to_string(work.orders),
                          "--http-latency",
                          format_duration(work.http.mean),
                          "--http-jitter",
                          format_jitter(work.http.spread)};
    if (!scenario.empty()) settings.arguments.insert(settings.arguments.end(), {"--scenario", scenario});
    settings.environment = own_environment();
    settings.descriptors = {{control_number, theirs.get()}};
    auto server = child_process::spawn(settings);
    return {std::move(ours), std::move(server)};
}

mock_api_process::mock_api_process(const std::string& binary, const workload& work, const std::string& scenario,
                                   const patience& until)
    : mock_api_process(start(binary, work, scenario), until) {}

mock_api_process::mock_api_process(started s, const patience& until)
    : channel_(std::move(s.channel)), server_(std::move(s.server)) {
    const auto hello = receive(channel_.get(), start_limit, until);
    if (until.is_over()) throw interrupted();
    const auto [end, error] = std::from_chars(hello.data(), hello.data() + hello.size(), port_);
    if (error != std::errc{} || port_ == 0) throw setup_error("the mock API did not start");
}

std::string mock_api_process::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::string mock_api_process::failure() {
    const auto end = server_.wait_for(std::chrono::milliseconds(0));
    return end ? "the mock API died amid the run: " + end->describe() : std::string();
}

std::optional<mock_api_process::outage> mock_api_process::take_outage() {
    std::array<char, 128> text{};
    const auto n = ::recv(channel_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return n > 0 ? parse_outage({text.data(), static_cast<std::size_t>(n)}) : std::nullopt;
}

mock_api_process::usage mock_api_process::stop(const patience& until) {
    server_.signal(SIGTERM);
    auto last = receive(channel_.get(), stop_limit, until);
    if (parse_outage(last)) last = receive(channel_.get(), stop_limit, until);  // nobody has taken it
    const auto seen = parse_api_counters(last);
    const auto end = server_.stop(SIGTERM, stop_limit, until);
    return {.seen = seen, .cpu_s = cpu_seconds(end.usage)};
}

std::optional<mock_api_process::outage> parse_outage(std::string_view message) {
    constexpr std::string_view word = "outage ";
    if (!message.starts_with(word)) return std::nullopt;
    message.remove_prefix(word.size());
    const auto middle = message.find(' ');
    if (middle == std::string_view::npos) return std::nullopt;
    const auto from = number_in<std::int64_t>(message.substr(0, middle));
    const auto to = number_in<std::int64_t>(message.substr(middle + 1));
    if (!from || !to) return std::nullopt;
    using time_point = std::chrono::steady_clock::time_point;
    return mock_api_process::outage{time_point(std::chrono::nanoseconds(*from)),
                                    time_point(std::chrono::nanoseconds(*to))};
}

api_view parse_api_counters(const std::string& stats) {
    const auto in = nlohmann::json::parse(stats, nullptr, false);
    api_view out;
    if (!in.is_object()) return out;
    out.known = true;
    for_each_counter<api_view>(
        [&](const char* name, auto counter) { out.*counter = in.value(name, std::uint64_t{0}); });
    return out;
}

}  // namespace pipebench
