#include "pipeline/async_fetcher.hpp"

#include "concurrency/suspend.hpp"
#include "concurrency/watchdog.hpp"
#include "contracts/cpu_section.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

namespace pipebench {

using boost::system::error_code;
using tcp = asio::ip::tcp;

/// Memory that all connections share: with very many orders in flight, what each keeps for itself is what they cost.
struct async_fetcher::shared_memory {
    std::string body;                                ///< the next body that begins takes it
    std::string request;                             ///< of whoever is sending
    std::array<char, max_response_header> response;  ///< of whoever is reading the first answer of a connection
};

class async_fetcher::connection {
public:
    connection(executor ex, shared_memory& shared, run_findings findings)
        : shared_(shared), findings_(findings), socket_(ex), deadline_(ex, [this] { expire(); }) {}

    void set_deadline(time_point when) {
        expired_ = false;
        deadline_.set(when);
    }

    /// Only begins to connect: the first request waits for the connection, and fails if there is none. A server nearby
    /// has answered by then, and nobody waits.
    /// Without TCP_NODELAY: one request at a time never waits for the acknowledgement of another (RFC 9293, 3.7.4).
    error_kind begin_to_connect(const tcp::endpoint& where) {
        error_code ec;
        socket_.open(where.protocol(), ec);
        if (!ec) socket_.non_blocking(true, ec);
        if (!ec && ::connect(socket_.native_handle(), where.data(), static_cast<socklen_t>(where.size())) != 0 &&
            errno != EINPROGRESS)
            ec.assign(errno, boost::system::system_category());
        return kind_explained(ec, exchange_phase::connecting);
    }

    // The CPU section is marked again after each wait, because other coroutines have run meanwhile. We do it by hand:
    // a completion token for two places would need its own async_result.
    task<fetch_result> exchange(const api_endpoint& api, order_id id, connection_use use) {
        error_code ec;
        render_request(shared_.request, api, id, use);
        std::size_t sent = socket_.write_some(asio::buffer(shared_.request), ec);
        if (sent < shared_.request.size() && (!ec || ec == asio::error::would_block)) {
            sent += co_await write(shared_.request.substr(sent), ec);
            work_for(cpu_section::fetch);
        }
        if (ec && sent == 0 && !used_before_ && !was_connected(ec))
            co_return fetch_result{kind_explained(ec, exchange_phase::connecting), {}, {}};
        parser_.emplace(shared_.body);
        parser_->eager(true);
        if (!ec && used_before_) {
            buffer_.reserve(usual_response);
            co_await turn_of_the_others();
        } else if (!ec) {
            co_await socket_.async_wait(tcp::socket::wait_read, asio::redirect_error(use_task, ec));
            if (!ec) read_into_shared_memory(ec);
        }
        unsigned interim = 0;  // responses that only announce the answer
        while (!ec) {
            if (!parser_->is_done())
                co_await http::async_read(socket_, buffer_, *parser_, asio::redirect_error(use_task, ec));
            work_for(cpu_section::fetch);
            if (ec || !parser_->is_interim()) break;
            if (++interim > max_interim_responses) ec = http::error::bad_status;
            else parser_.emplace(shared_.body);
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
    /// A coroutine of its own, so that orders that do not need it do not keep memory for it.
    task<std::size_t> write(std::string rest, error_code& ec) {
        co_return co_await asio::async_write(socket_, asio::buffer(rest), asio::redirect_error(use_task, ec));
    }
    /// What has arrived of the first answer, without a buffer of the connection's own: fan-out has as many connections
    /// as orders, and all of them wait at once. What is not understood yet goes to that buffer.
    void read_into_shared_memory(error_code& ec) {
        const auto size = socket_.read_some(asio::buffer(shared_.response), ec);
        if (ec == asio::error::eof || ec == asio::error::would_block) ec = {};  // it is read again
        if (ec || size == 0) return;
        const auto used = parser_->put(asio::buffer(shared_.response.data(), size), ec);
        if (ec == http::error::need_more) ec = {};
        const auto rest = asio::buffer(shared_.response.data() + used, size - used);
        if (!ec && rest.size() > 0) buffer_.commit(asio::buffer_copy(buffer_.prepare(rest.size()), rest));
    }
    /// Asio first tries to read: by then the answer may be there.
    task<> turn_of_the_others() {
        return suspend([this](resumer<> resume) { resume_soon(socket_.get_executor(), std::move(resume)); });
    }
    [[nodiscard]] error_kind kind(const error_code& ec, exchange_phase phase) const {
        return ec && expired_ ? error_kind::timeout : kind_of(ec, phase);
    }
    error_kind kind_explained(const error_code& ec, exchange_phase phase) const {
        const auto k = kind(ec, phase);
        findings_.explain(stage::fetch, k, [&] { return reason_of(ec, k, phase); });
        return k;
    }
    /// The error that ends an open connection, and not the attempt to open one.
    static bool was_connected(const error_code& ec) {
        return ec == asio::error::connection_reset || ec == asio::error::broken_pipe;
    }
    void expire() {
        expired_ = true;
        error_code ignored;
        socket_.close(ignored);
    }

    shared_memory& shared_;
    run_findings findings_;
    asio::basic_stream_socket<tcp, executor> socket_;
    watchdog deadline_;
    boost::beast::flat_buffer buffer_{max_response_header + 4096};
    std::optional<response_parser> parser_;
    bool expired_ = false, used_before_ = false, stale_ = false, reusable_ = false;
};

async_fetcher::async_fetcher(executor ex, api_endpoint api, tcp::endpoint where, connection_use use,
                             run_findings findings)
    : executor_(ex),
      api_(std::move(api)),
      where_(where),
      use_(use),
      findings_(findings),
      shared_(std::make_unique<shared_memory>()) {}

async_fetcher::async_fetcher(async_fetcher&&) noexcept = default;
async_fetcher::~async_fetcher() = default;

void async_fetcher::give_back(std::string body) noexcept { shared_->body = std::move(body); }

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
        if (!reused) used = std::make_unique<connection>(executor_, *shared_, findings_);
        used->set_deadline(deadline);
        if (!reused) {
            const auto kind = used->begin_to_connect(where_);
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
