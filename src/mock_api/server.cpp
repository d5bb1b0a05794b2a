#include "mock_api/server.hpp"

#include "contracts/error.hpp"
#include "contracts/without_signals.hpp"
#include "mock_api/connection_acceptor.hpp"
#include "mock_api/server_loop.hpp"
#include "mock_api/trouble_state.hpp"
#include "pipebench/async.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

constexpr unsigned max_threads = 64;
constexpr unsigned default_max_threads = 4;

unsigned serving_threads(const server_settings& settings) {
    if (settings.threads > max_threads)
        throw setup_error(
            fmt::format("the mock API takes at most {} threads, not {}", max_threads, settings.threads));
    if (settings.threads > 0) return settings.threads;
    return std::clamp(std::thread::hardware_concurrency(), 1U, default_max_threads);
}

}  // namespace

class mock_api_server::implementation {
public:
    explicit implementation(const server_settings& settings) : settings_(settings) { start(); }
    ~implementation() {
        stop();
        wait();
    }
    implementation(const implementation&) = delete;
    implementation& operator=(const implementation&) = delete;

    void stop() {
        asio::post(acceptor_.context(), [this] {
            acceptor_.stop();
            // After the last connection was passed on, so that none arrives at a loop that has ended.
            for (const auto& loop : loops_) asio::post(loop->context(), [&loop] { loop->stop(); });
        });
    }
    void wait() {
        for (std::thread& t : threads_) t.join();
        threads_.clear();
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return acceptor_.port(); }
    [[nodiscard]] api_stats stats() const noexcept { return count_.read(); }

private:
    [[nodiscard]] std::unique_ptr<trouble_state> make_trouble() {
        return settings_.api.trouble.none()
                   ? nullptr
                   : std::make_unique<trouble_state>(settings_.api, count_, settings_.outage);
    }
    [[nodiscard]] server_loops make_loops() {
        server_loops made(serving_threads(settings_));
        for (auto& loop : made) loop = std::make_unique<server_loop>(settings_, count_, trouble_.get());
        return made;
    }

    void start() try {
        const without_signals guard;
        for (const auto& loop : loops_) threads_.emplace_back([&loop] { loop->context().run(); });
        threads_.emplace_back([this] { acceptor_.context().run(); });
    } catch (const std::system_error& e) {
        stop_loops();
        throw start_failure("a thread of the mock API", e.code().value());
    }

    /// The acceptor's thread, which stops the others, may be the one that could not be started.
    void stop_loops() {
        for (const auto& loop : loops_) loop->context().stop();
        wait();
    }

    const server_settings settings_;
    counters count_{serving_threads(settings_)};
    const std::unique_ptr<trouble_state> trouble_ = make_trouble();
    server_loops loops_ = make_loops();
    connection_acceptor acceptor_{settings_, count_, loops_};
    std::vector<std::thread> threads_;
};

mock_api_server::mock_api_server(const server_settings& settings)
    : implementation_(std::make_unique<implementation>(settings)) {}
mock_api_server::~mock_api_server() = default;

std::uint16_t mock_api_server::port() const noexcept { return implementation_->port(); }
api_stats mock_api_server::stats() const noexcept { return implementation_->stats(); }
void mock_api_server::stop() { implementation_->stop(); }
void mock_api_server::wait() { implementation_->wait(); }

}  // namespace pipebench
