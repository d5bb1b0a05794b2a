// Redis' protocol: the command that puts an order's result on a stream, as bytes, and the reply that brings a worker
// five orders, as values. The worker of a stream does both for every order, the second a fifth at a time.
#include "micro/measure.hpp"
#include "micro/samples.hpp"
#include "redis/order_stream.hpp"
#include "redis/reply_reader.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

using namespace pipebench;
using namespace pipebench::bench;

namespace {

constexpr std::size_t entries = 5;
constexpr order_id first_order = 10'000;

std::vector<redis_command> sample_commands() {
    std::vector<redis_command> out;
    for (std::size_t i = 0; i < sample_count; ++i)
        out.push_back(
            {"XADD", "run:order_results", "*", "order", std::to_string(first_order + i), "outcome", "stored"});
    return out;
}

std::string bulk(const std::string& text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }

/// XREADGROUP's, as it is on the wire (RESP2).
std::string reply_from(order_id first) {
    std::string out = "*1\r\n*2\r\n" + bulk("run:orders") + fmt::format("*{}\r\n", entries);
    for (order_id id = first; id < first + entries; ++id)
        out += "*2\r\n" + bulk(fmt::format("1764115200000-{}", id)) + "*2\r\n" + bulk("order") +
               bulk(std::to_string(id));
    return out;
}

std::vector<std::string> sample_replies() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < sample_count; ++i) out.push_back(reply_from(first_order + i * entries));
    return out;
}

redis_reply next_reply(reply_reader& reader, const std::string& bytes) {
    reader.begin_exchange();
    reader.take(bytes);
    auto reply = reader.next();
    if (!reply) throw std::runtime_error("no reply");
    return reply;
}

}  // namespace

TEST_CASE("a command to Redis", "[redis]") {
    const auto commands = sample_commands();
    std::string out;
    measure({"append_command: a result"}, [&](std::size_t i) {
        out.clear();
        append_command(out, pick(commands, i));
        return out.data();
    });
}

TEST_CASE("a reply of Redis", "[redis]") {
    const auto replies = sample_replies();
    reply_reader reader;
    const auto read = [&](std::size_t i) {
        order_id sum = 0;
        for (const auto& entry : entries_read(*next_reply(reader, pick(replies, i)))) sum += order_in(entry);
        return sum;
    };
    measure({"entries_read: an entry of 5", entries}, read);
}
