#include "pipeline/transform_process.hpp"

#include "contracts/error.hpp"
#include "pipeline/http_exchange.hpp"
#include "pipeline/order_parser.hpp"
#include "pipeline/transform.hpp"
#include "system/environment.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <type_traits>
#include <utility>

namespace pipebench {
namespace {

/// Of an order: its body follows.
struct request {
    order_id id;
    std::uint32_t body_bytes;
};

/// Its texts follow, one after another. All 0: the body is not that order.
struct reply {
    order_id id;
    std::int64_t item_count, total_minor, weight_grams, checksum;
    std::array<std::uint32_t, 5> text_bytes;
};
constexpr std::uint32_t longest_text = 64 * 1024;  ///< far more than the bounds of an order allow
constexpr std::chrono::milliseconds patience_to_reap{100};

bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool receive_all(int from, char* at, std::size_t bytes) {
    while (bytes > 0) {
        const auto n = ::recv(from, at, bytes, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        bytes -= static_cast<std::size_t>(n);
    }
    return true;
}

template <class Plain>
std::string_view bytes_of(const Plain& value) {
    static_assert(std::is_trivially_copyable_v<Plain>);
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class Plain>
bool receive(int from, Plain& value) {
    static_assert(std::is_trivially_copyable_v<Plain>);
    return receive_all(from, reinterpret_cast<char*>(&value), sizeof value);
}

bool receive(int from, std::string& text, std::size_t bytes) {
    text.resize(bytes);
    return receive_all(from, text.data(), bytes);
}

template <class Row>
auto texts_of(Row& row) {
    return std::array{&row.customer, &row.region, &row.currency, &row.promised_on, &row.line_totals};
}

bool send_row(int to, const order_row& row) {
    reply head{row.id, row.item_count, row.total_minor, row.weight_grams, row.checksum, {}};
    std::string texts;
    for (std::size_t i = 0; const auto* text : texts_of(row)) {
        head.text_bytes[i++] = static_cast<std::uint32_t>(text->size());
        texts += *text;
    }
    return send_all(to, std::string(bytes_of(head)) + texts);
}

bool receive_row(int from, order_row& row) {
    reply head{};
    if (!receive(from, head)) return false;
    row = {};
    row.id = head.id;
    row.item_count = head.item_count;
    row.total_minor = head.total_minor;
    row.weight_grams = head.weight_grams;
    row.checksum = head.checksum;
    for (std::size_t i = 0; auto* text : texts_of(row)) {
        const auto bytes = head.text_bytes[i++];
        if (bytes > longest_text || !receive(from, *text, bytes)) return false;
    }
    return true;
}

/// The kernel takes 0 for no limit.
void set_deadline(int channel, transform_process::clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - transform_process::clock::now());
    const auto us = std::max<std::int64_t>(left.count(), 1);
    const timeval tv{us / 1'000'000, us % 1'000'000};
    for (const int what : {SO_RCVTIMEO, SO_SNDTIMEO}) ::setsockopt(channel, SOL_SOCKET, what, &tv, sizeof tv);
}

}  // namespace

transform_process::transform_process(std::string binary, const transform_work& extra)
    : binary_(std::move(binary)), extra_(extra) {
    start();
}

/// If it cannot be started, that is found out when it is asked.
void transform_process::start() try {
    auto [ours, theirs] = make_stream("a process that transforms");
    child_settings settings;
    settings.arguments = {binary_, "_transform"};
    settings.environment = own_environment();
    settings.descriptors = {{transform_descriptor, theirs.get()}};
    now_.emplace(running{child_process::spawn(settings), std::move(ours)});
    send_all(now_->channel.get(), bytes_of(extra_));
} catch (const setup_error& e) {
    last_death_ = e.what();
}

/// False if it lives, and was only too slow: it is killed all the same.
bool transform_process::bury(clock::time_point deadline) {
    const bool late = now_ && clock::now() >= deadline;
    if (now_ && !late) {
        auto& process = now_->process;
        auto end = process.wait_for(patience_to_reap);
        if (!end) end = process.stop(SIGKILL, patience_to_reap);
        last_death_ = "it " + end->describe();
    }
    now_.reset();
    if (!late) ++deaths_;
    return !late;
}

/// nullopt: it has died, or is late.
std::optional<transform_process::answer> transform_process::ask(order_id id, std::string_view body, order_row& row) {
    if (!now_) return std::nullopt;
    const int channel = now_->channel.get();
    const request head{id, static_cast<std::uint32_t>(body.size())};
    if (!send_all(channel, bytes_of(head)) || !send_all(channel, body) || !receive_row(channel, row))
        return std::nullopt;
    return row.id == id ? answer::transformed : answer::no_such_order;
}

transform_process::answer transform_process::transform(order_id id, std::string_view body, clock::time_point deadline,
                                                       order_row& row) {
    for (int tries = 0; tries < 2; ++tries) {
        if (!now_) start();
        if (now_) set_deadline(now_->channel.get(), deadline);
        if (const auto answered = ask(id, body, row)) return *answered;
        if (!bury(deadline)) return answer::late;
    }
    return answer::died;
}

void serve_transforms(int channel) {
    transform_work extra;
    request asked{};
    order_scratch scratch;
    std::string body;
    if (!receive(channel, extra)) return;
    while (receive(channel, asked) && asked.body_bytes <= max_response_body &&
           receive(channel, body, asked.body_bytes)) {
        order_row row;
        if (parse_order(body, scratch) && scratch.parsed.id == asked.id) {
            row = transform(scratch.parsed);
            extra.spend(row);
        }
        if (!send_row(channel, row)) return;
    }
}

}  // namespace pipebench
