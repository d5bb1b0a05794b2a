#include "mock_api/connection.hpp"

#include "mock_api/faults.hpp"

#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t output_size = 64 * 1024;    ///< pipelined answers collected before they are sent
constexpr std::size_t idle_capacity = 1024;       ///< largest input buffer that an idle connection keeps
constexpr std::size_t linger_bytes = 256 * 1024;  ///< read and dropped so that the last answer arrives
constexpr std::chrono::seconds linger_time{2};
static_assert(filler_piece <= output_size);

bool asks_for_order(const api_reply& reply) { return reply.resource == api_resource::order; }

}  // namespace

connection::connection(connection_context& shared, stream&& socket)
    : shared_(shared), socket_(std::move(socket)), delay_(shared.where) {
    reader_.emplace(shared_.settings.api);
}

connection::~connection() {
    end_concurrent();
    close();  // first: only a closed connection may be counted as closed
    shared_.count.close_connection();
}

void connection::close() {
    error_code ignored;
    socket_.close(ignored);
    delay_.cancel();
}

bool connection::overdue(server_clock::time_point now) const {
    const bool delaying = reply_ && phase_ != phase::holding && (output_.empty() || phase_ == phase::dripping);
    if (delaying) return false;
    const duration limit = phase_ == phase::lingering ? linger_time : shared_.settings.idle_timeout;
    return now - quiet_since_ > limit;
}

void connection::receive() {
    if (shared_.trouble != nullptr && shared_.trouble->cut_off(server_clock::now())) return reset();
    error_code ec;
    const std::size_t size = socket_.read_some(asio::buffer(shared_.input), ec);
    if (ec == asio::error::would_block) return await_readable();
    if (ec) return remove();
    input_.append(shared_.input.data(), size);
    proceed();
}

/// Answers as many requests as it can, then waits for room to send, for the end of a delay or for more to read.
void connection::proceed() {
    const bool in_pieces = phase_ == phase::flooding || phase_ == phase::dripping;
    if (in_pieces && shared_.trouble->cut_off(received_at_)) return reset();
    do {
        switch (send()) {
            case sending::blocked: return await(stream::wait_write, &connection::proceed);
            case sending::paced: return await_delay();
            case sending::broken: return remove();
            case sending::done: break;
        }
        // A client that reads fast must not block the others.
        if (phase_ == phase::flooding && compose()) return await(stream::wait_write, &connection::proceed);
    } while (compose());
    if (phase_ == phase::cut_off) return reset();
    if (phase_ == phase::holding) return hold();
    if (reply_) return await_delay();
    if (phase_ == phase::answered_last) return finish();
    await_readable();
}

/// Composes the answers that are due, in order, up to output_size. False if none is due.
bool connection::compose() {
    output_ = std::move(shared_.spare_output);
    if (phase_ == phase::dripping) end_reply();
    if (phase_ == phase::flooding &&
        shared_.writer.append_more(output_, *reply_, filler_) == reply_writer::remainder::none)
        end_reply();
    while (output_.size() < output_size && phase_ == phase::serving) {
        if (!reply_ && !read_request()) break;
        if (!reply_is_due()) break;
        if (shared_.trouble != nullptr && !may_answer()) break;
        compose_reply();
    }
    if (!output_.empty()) return true;
    give_back_output();
    return false;
}

bool connection::read_request() {
    auto rest = std::string_view(input_).substr(taken_);
    const auto progress = reader_->feed(rest);
    taken_ = input_.size() - rest.size();
    if (progress == request_reader::progress::incomplete) return false;
    lingers_ = progress == request_reader::progress::failed;
    reply_ = reader_->reply();
    reader_.emplace(shared_.settings.api);
    concurrent_ = asks_for_order(*reply_);
    if (concurrent_) shared_.count.count_request();
    if (shared_.trouble != nullptr) apply_trouble();
    if (reply_->delay > duration{}) due_ = server_clock::now() + reply_->delay;
    if (concurrent_) shared_.count.begin_concurrent();
    return true;
}

void connection::apply_trouble() {
    received_at_ = server_clock::now();
    if (concurrent_) concurrent_ = shared_.trouble->apply(*reply_, received_at_) == trouble_state::admission::served;
}

bool connection::reply_is_due() const { return reply_->delay == duration{} || server_clock::now() >= due_; }

/// False if the scenario gives the client no answer, or not yet.
bool connection::may_answer() {
    if (shared_.trouble->cut_off(received_at_)) {
        phase_ = phase::cut_off;
        return false;
    }
    if (!reply_->fault) return true;
    if (!output_.empty()) return false;  // a fault must affect only its own answer: earlier ones are sent first
    if (reply_->fault != fault_kind::black_hole) return true;
    phase_ = phase::holding;
    quiet_since_ = server_clock::now();
    return false;
}

void connection::compose_reply() {
    // Before it is sent: when the client has the answer, it must be counted.
    end_concurrent();
    if (asks_for_order(*reply_)) shared_.count.count_response();
    const bool stats = reply_->resource == api_resource::stats;
    shared_.writer.append(output_, *reply_, stats ? shared_.count.read() : api_stats{});
    quiet_since_ = server_clock::now();
    if (shared_.trouble != nullptr) shared_.trouble->answered(*reply_, quiet_since_);
    if (reply_->fault) phase_ = phase_of_reply();
    if (phase_ == phase::serving) end_reply();
}

connection::phase connection::phase_of_reply() {
    switch (*reply_->fault) {
        case fault_kind::reset: return phase::cut_off;
        case fault_kind::truncated:
            lingers_ = true;
            reply_->connection = persistence::close;  // although its header promises keep-alive
            return phase::serving;
        case fault_kind::drip: return phase::dripping;
        case fault_kind::huge_body:
        case fault_kind::endless_body:
        case fault_kind::huge_header: filler_ = 0; return phase::flooding;
        default: return phase::serving;
    }
}

void connection::end_reply() {
    phase_ = reply_->connection == persistence::close ? phase::answered_last : phase::serving;
    reply_.reset();
}

void connection::end_concurrent() {
    if (!concurrent_) return;
    concurrent_ = false;
    shared_.count.end_concurrent();
    if (shared_.trouble != nullptr) shared_.trouble->release();
}

connection::sending connection::send() {
    while (sent_ < output_.size()) {
        error_code ec;
        const std::size_t most = phase_ == phase::dripping ? 1 : output_.size();
        sent_ += socket_.write_some(asio::buffer(asio::buffer(output_) + sent_, most), ec);
        if (ec == asio::error::would_block) return sending::blocked;
        if (ec) return sending::broken;
        if (phase_ != phase::dripping || sent_ == output_.size()) continue;
        due_ = server_clock::now() + reply_->pace;
        return sending::paced;
    }
    if (!output_.empty()) {
        quiet_since_ = server_clock::now();
        give_back_output();
    }
    return sending::done;
}

void connection::give_back_output() {
    output_.clear();
    sent_ = 0;
    shared_.spare_output = std::move(output_);
    output_.clear();
}

void connection::remove() { shared_.connections.erase(self); }

/// Closing with a linger time of zero makes TCP send RST.
void connection::reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    remove();
}

/// If the client is still sending, closing now would reset the connection, and the answer could be lost: RFC 9112,
/// 9.6.
void connection::finish() {
    if (!lingers_) return remove();
    error_code ignored;
    socket_.shutdown(stream::shutdown_send, ignored);
    phase_ = phase::lingering;
    discard();
}

void connection::discard() {
    error_code ec;
    while (!ec && discarded_ < linger_bytes) discarded_ += socket_.read_some(asio::buffer(shared_.input), ec);
    if (ec != asio::error::would_block) return remove();
    await(stream::wait_read, &connection::discard);
}

/// Never answers, and drops all input.
void connection::hold() {
    if (shared_.trouble->cut_off(server_clock::now())) return reset();
    error_code ec;
    socket_.read_some(asio::buffer(shared_.input), ec);
    if (ec && ec != asio::error::would_block) return remove();
    await(stream::wait_read, &connection::hold);
}

void connection::await_readable() {
    input_.erase(0, taken_);
    taken_ = 0;
    if (input_.empty() && input_.capacity() > idle_capacity) input_ = {};
    await(stream::wait_read, &connection::receive);
}

void connection::await_delay() {
    delay_.expires_at(due_);
    delay_.async_wait([this](const error_code& ec) { resume(ec, &connection::proceed); });
}

void connection::await(stream::wait_type what, step next) {
    socket_.async_wait(what, [this, next](const error_code& ec) { resume(ec, next); });
}

void connection::resume(const error_code& ec, step next) {
    if (ec || !socket_.is_open()) return remove();
    (this->*next)();
}

}  // namespace pipebench
