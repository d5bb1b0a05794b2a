#include "pipeline/async_fetcher.hpp"

#include "concurrency/watchdog.hpp"
#include "contracts/cpu_section.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <optional>

namespace pipebench {

using boost::system::error_code;
using tcp = asio::ip::tcp;

class async_fetcher::connection {
public:
    /// `spare`: memory that all connections share; the next body that begins takes it.
    connection(executor ex, std::string& spare, run_findings findings)
        : spare_(spare),
          findings_(findings),
          socket_(ex),
          deadline_(ex, [this] { expire(); }),
          buffer_(max_response_header + 4096) {}

    void set_deadline(time_point when) {
        expired_ = false;
        deadline_.set(when);
    }

    // The CPU section is marked again after each wait, because other coroutines have run meanwhile. We do it by hand:
    // a completion token for three places would need its own async_result.
    task<error_kind> connect(tcp::endpoint where) {
        error_code ec;
        co_await socket_.async_connect(where, asio::redirect_error(use_task, ec));
        work_for(cpu_section::fetch);
        if (!ec) socket_.set_option(tcp::no_delay(true), ec);
        co_return kind_explained(ec, exchange_phase::connecting);
    }

    task<fetch_result> exchange(const api_endpoint& api, order_id id, connection_use use) {
        error_code ec;
        render_request(request_, api, id, use);
        co_await asio::async_write(socket_, asio::buffer(request_), asio::redirect_error(use_task, ec));
        work_for(cpu_section::fetch);
        parser_.emplace(spare_);
        unsigned interim = 0;  // responses that only announce the answer
        while (!ec) {
            co_await http::async_read(socket_, buffer_, *parser_, asio::redirect_error(use_task, ec));
            work_for(cpu_section::fetch);
            if (ec || !parser_->is_interim()) break;
            if (++interim > max_interim_responses) ec = http::error::bad_status;
            else parser_.emplace(spare_);
        }
        deadline_.clear();
        fetch_result result{kind(ec, exchange_phase::exchanging), {}, {}};
        stale_ = used_before_ && interim == 0 && !parser_->got_some() && result.kind == error_kind::reset;
        used_before_ = true;
        // Bytes after the answer belong to no request; the next request would read them as its answer.
        reusable_ = !ec && use == connection_use::keep_alive && parser_->keep_alive() && buffer_.size() == 0;
        if (!ec) result = read_response(*parser_, wall_clock_now());
        if (ec && !stale_) kind_explained(ec, exchange_phase::exchanging);
        else if (!ec) findings_.explain(stage::fetch, result.kind, [&] { return reason_of(*parser_); });
        parser_.reset();
        co_return result;
    }

    /// The exchange failed before its first byte, on a connection used before.
    [[nodiscard]] bool stale() const noexcept { return stale_; }
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }

private:
    [[nodiscard]] error_kind kind(const error_code& ec, exchange_phase phase) const {
        return ec && expired_ ? error_kind::timeout : kind_of(ec, phase);
    }
    error_kind kind_explained(const error_code& ec, exchange_phase phase) const {
        const auto k = kind(ec, phase);
        findings_.explain(stage::fetch, k, [&] { return reason_of(ec, k, phase); });
        return k;
    }
    void expire() {
        expired_ = true;
        error_code ignored;
        socket_.close(ignored);
    }

    std::string& spare_;
    run_findings findings_;
    asio::basic_stream_socket<tcp, executor> socket_;
    watchdog deadline_;
    boost::beast::flat_buffer buffer_;
    std::optional<response_parser> parser_;
    std::string request_;
    bool expired_ = false, used_before_ = false, stale_ = false, reusable_ = false;
};

async_fetcher::async_fetcher(executor ex, api_endpoint api, tcp::endpoint where, connection_use use,
                             run_findings findings)
    : executor_(ex),
      api_(std::move(api)),
      where_(where),
      use_(use),
      findings_(findings),
      spare_(std::make_unique<std::string>()) {}

async_fetcher::async_fetcher(async_fetcher&&) noexcept = default;
async_fetcher::~async_fetcher() = default;

void async_fetcher::close() noexcept { idle_.clear(); }

std::unique_ptr<async_fetcher::connection> async_fetcher::take_idle() noexcept {
    if (idle_.empty()) return nullptr;
    auto taken = std::move(idle_.back());
    idle_.pop_back();
    return taken;
}

task<fetch_result> async_fetcher::fetch(order_id id, time_point deadline) {
    while (true) {
        auto used = take_idle();
        const bool reused = used != nullptr;
        if (!reused) used = std::make_unique<connection>(executor_, *spare_, findings_);
        used->set_deadline(deadline);
        if (!reused) {
            const auto kind = co_await used->connect(where_);
            if (kind != error_kind::none) co_return fetch_result{kind, {}, {}};
        }
        auto result = co_await used->exchange(api_, id, use_);
        // A server may close an idle connection: that is not a failure of the order (RFC 9110, 9.2.2).
        if (used->stale()) continue;
        if (used->reusable()) idle_.push_back(std::move(used));
        co_return result;
    }
}

}  // namespace pipebench
