// Which requests get a fault, and the bytes of their answers. If these differed between processes or attempts,
// patterns could not be compared.
#include "mock_api/faults.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "mock_api/reply_writer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

fault of(fault_kind kind, double share, unsigned first_attempts = 0) {
    fault f;
    f.kind = kind;
    f.share = share;
    f.first_attempts = first_attempts;
    f.time = 1s;
    return f;
}

api_settings with(std::vector<fault> faults, std::uint64_t seed = 42) {
    api_settings s;
    s.seed = seed;
    s.trouble.faults = std::move(faults);
    return s;
}

/// -1: no fault.
std::vector<int> draws(const api_settings& s, order_id count, unsigned attempt = 1) {
    std::vector<int> kinds;
    for (order_id id = 1; id <= count; ++id) {
        const fault* drawn = draw_fault(s, id, attempt);
        kinds.push_back(drawn == nullptr ? -1 : static_cast<int>(drawn->kind));
    }
    return kinds;
}

const api_settings calm_api{};

api_reply spoilt(const fault& f, order_id id = 9) {
    api_reply reply = reply_to(calm_api, "GET", "/orders/" + std::to_string(id));
    reply.connection = persistence::keep_alive;
    apply_fault(reply, f);
    return reply;
}

api_reply spoilt(fault_kind kind) { return spoilt(of(kind, 1)); }

/// Collects the bytes in pieces, as a connection does.
std::string bytes_of(const api_reply& reply) {
    reply_writer writer(calm_api);
    std::string out;
    writer.append(out, reply);
    std::uint64_t filler = 0;
    while (filler_bytes(reply) > 0) {
        const auto before = out.size();
        const auto rest = writer.append_more(out, reply, filler);
        REQUIRE(out.size() - before <= filler_piece + 2048);  // the last piece of a huge header includes the answer
        if (rest == reply_writer::remainder::none) break;
    }
    return out;
}

std::string good_bytes() {
    api_reply reply = reply_to(calm_api, "GET", "/orders/9");
    reply.connection = persistence::keep_alive;
    return bytes_of(reply);
}

std::size_t end_of_head(const std::string& bytes) { return bytes.find("\r\n\r\n") + 4; }
std::string head_of(const std::string& bytes) { return bytes.substr(0, end_of_head(bytes)); }
std::string body_of(const std::string& bytes) { return bytes.substr(end_of_head(bytes)); }

std::string json_of(order_id id) {
    std::string out;
    append_json(out, make_order(id, calm_api.seed));
    return out;
}

}  // namespace

TEST_CASE("faults follow from seed, order and attempt alone", "[faults]") {
    const std::vector<fault> some{of(fault_kind::status, 0.3), of(fault_kind::reset, 0.2)};
    const auto first = draws(with(some), 1'000);
    CHECK(draws(with(some), 1'000) == first);
    CHECK(draws(with(some, 43), 1'000) != first);
    CHECK(draws(with(some), 1'000, 2) != first);
    // The draws of every build so far: with other draws, saved results could no longer be compared.
    constexpr int no = -1, status = static_cast<int>(fault_kind::status), reset = static_cast<int>(fault_kind::reset);
    CHECK(draws(with(some), 20) == std::vector<int>{reset, status, no, no,     no, reset, no,
                                                    reset, status, no, status, no, reset, reset,
                                                    no,    no,     no, no,     no, reset});
}

TEST_CASE("each fault is done to its share of the requests", "[faults]") {
    const std::vector<fault> some{of(fault_kind::status, 0.01), of(fault_kind::reset, 0.005),
                                  of(fault_kind::slow, 0.2)};
    constexpr int count = 100'000;
    const unsigned attempt = GENERATE(1U, 2U, 9U);
    std::map<int, int> seen;
    for (const int kind : draws(with(some), count, attempt)) ++seen[kind];
    for (const fault& f : some) {
        const double deviation = std::sqrt(count * f.share * (1 - f.share));
        CAPTURE(attempt, name_of(f.kind), f.share);
        CHECK(std::abs(seen[static_cast<int>(f.kind)] - count * f.share) < 4 * deviation);
    }
    CHECK(seen.size() == 4);
}

TEST_CASE("a share of 1 spoils every request, and no fault or a share of 0 none", "[faults]") {
    CHECK(draws(with({of(fault_kind::drip, 1)}), 5'000) ==
          std::vector<int>(5'000, static_cast<int>(fault_kind::drip)));
    CHECK(draws(with({of(fault_kind::drip, 0)}), 5'000) == std::vector<int>(5'000, -1));
    CHECK(draws(with({}), 10) == std::vector<int>(10, -1));
}

TEST_CASE("attempts beyond the first ones are spared where the scenario says so", "[faults]") {
    const auto s = with({of(fault_kind::reset, 1, 2)});
    for (order_id id = 1; id <= 100; ++id) {
        CHECK(draw_fault(s, id, 1) != nullptr);
        CHECK(draw_fault(s, id, 2) != nullptr);
        CHECK(draw_fault(s, id, 3) == nullptr);
    }
}

TEST_CASE("the faults of an order's attempts do not go together", "[faults]") {
    const auto s = with({of(fault_kind::reset, 0.5)});
    int both = 0;
    for (order_id id = 1; id <= 10'000; ++id)
        both += draw_fault(s, id, 1) != nullptr && draw_fault(s, id, 2) != nullptr;
    CHECK(std::abs(both - 2'500) < 4 * std::sqrt(10'000 * 0.25 * 0.75));
}

TEST_CASE("attempts that are no longer told apart meet the same fault", "[faults]") {
    const auto s = with({of(fault_kind::reset, 0.5)});
    CHECK(draws(s, 1'000, most_attempts) == draws(s, 1'000, most_attempts + 1));
}

TEST_CASE("a status fault is an answer of its own, with Retry-After where it is set", "[faults]") {
    fault f = of(fault_kind::status, 1);
    const std::string plain = bytes_of(spoilt(f));
    CHECK(plain.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(plain.find("Retry-After") == std::string::npos);
    CHECK(nlohmann::json::parse(body_of(plain)).contains("error"));
    f.status = 429;
    f.retry_after = 7s;
    CHECK(bytes_of(spoilt(f)).starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    CHECK(head_of(bytes_of(spoilt(f))).find("\r\nRetry-After: 7\r\n") != std::string::npos);
    f.status = 555;  // which has no name
    CHECK(bytes_of(spoilt(f)).starts_with("HTTP/1.1 555 \r\n"));
}

TEST_CASE("a reset and a truncated answer are the good one up to the middle of its body", "[faults]") {
    const auto kind = GENERATE(fault_kind::reset, fault_kind::truncated);
    const std::string good = good_bytes();
    const std::string bytes = bytes_of(spoilt(kind));
    CHECK(good.starts_with(bytes));
    CHECK(body_of(bytes).size() == body_of(good).size() / 2);
}

TEST_CASE("slow and dripping answers are good ones", "[faults]") {
    CHECK(bytes_of(spoilt(fault_kind::slow)) == good_bytes());
    CHECK(spoilt(fault_kind::slow).delay == 1s);
    CHECK(bytes_of(spoilt(fault_kind::drip)) == good_bytes());
    CHECK(spoilt(fault_kind::drip).pace == 1s);
}

TEST_CASE("a huge body announces more than it has, and ends at the limit", "[faults]") {
    const api_reply reply = spoilt(fault_kind::huge_body);
    const std::string bytes = bytes_of(reply);
    CHECK(head_of(bytes).find("\r\nContent-Length: 1000000000\r\n") != std::string::npos);
    CHECK(body_of(bytes).size() == endless_bytes);
    CHECK(reply.connection == persistence::close);
}

TEST_CASE("an endless body is good chunks without a last one", "[faults]") {
    const std::string bytes = bytes_of(spoilt(fault_kind::endless_body));
    CHECK(head_of(bytes).find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(head_of(bytes).find("Content-Length") == std::string::npos);
    std::string_view rest = bytes;
    rest.remove_prefix(end_of_head(bytes));
    CHECK(rest.size() == endless_bytes);
    while (!rest.empty()) {
        const auto size = std::stoul(std::string(rest.substr(0, 10)), nullptr, 16);
        const auto line = rest.find("\r\n") + 2;
        REQUIRE(size > 0);
        REQUIRE(rest.substr(line + size, 2) == "\r\n");
        rest.remove_prefix(line + size + 2);
    }
}

TEST_CASE("a huge header is fields in front of those of a good answer", "[faults]") {
    const std::string bytes = bytes_of(spoilt(fault_kind::huge_header));
    const std::string good = good_bytes();
    const std::string status = good.substr(0, good.find("\r\n"));
    CHECK(bytes.size() == good.size() + huge_header_bytes);
    CHECK(bytes.starts_with(status + "\r\nX-Filler: "));
    CHECK(bytes.ends_with(good.substr(status.size())));
}

TEST_CASE("a spoilt body is sent as a good one, and as JSON", "[faults]") {
    const auto kind =
        GENERATE(fault_kind::not_json, fault_kind::deep_json, fault_kind::nul_byte, fault_kind::bad_utf8,
                 fault_kind::huge_number, fault_kind::wrong_order, fault_kind::wrong_content);
    CAPTURE(name_of(kind));
    const std::string bytes = bytes_of(spoilt(kind));
    CHECK(bytes.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"));
    CHECK(bytes.find("\r\nContent-Length: " + std::to_string(body_of(bytes).size()) + "\r\n") != std::string::npos);
    CHECK(body_of(bytes) != json_of(9));
}

TEST_CASE("each spoilt body is spoilt in its own way", "[faults]") {
    using nlohmann::json;
    const auto body = [](fault_kind kind) { return body_of(bytes_of(spoilt(kind))); };
    CHECK_FALSE(json::accept(body(fault_kind::not_json)));
    CHECK(body(fault_kind::deep_json) == std::string(100'000, '[') + std::string(100'000, ']'));
    const auto with_nul = json::parse(body(fault_kind::nul_byte)).at("customer").get<std::string>();
    CHECK(with_nul == make_order(9, calm_api.seed).customer + '\0');
    CHECK(body(fault_kind::bad_utf8).find('\xff') != std::string::npos);
    CHECK_FALSE(json::accept(body(fault_kind::bad_utf8)));
    CHECK(body(fault_kind::huge_number).find(R"("quantity":1e999,)") != std::string::npos);
    CHECK(body(fault_kind::wrong_order) == json_of(10));
    auto expected = json::parse(json_of(10));
    expected["id"] = 9;
    CHECK(json::parse(body(fault_kind::wrong_content)) == expected);
}

TEST_CASE("only an answer with the whole order in time counts as a good one", "[faults]") {
    CHECK(is_answered_well(reply_to(calm_api, "GET", "/orders/1")));
    CHECK(is_answered_well(spoilt(fault_kind::slow)));
    CHECK_FALSE(is_answered_well(reply_to(calm_api, "GET", "/healthz")));
    CHECK_FALSE(is_answered_well(reply_to(calm_api, "GET", "/orders/0")));
    for (const auto kind : {fault_kind::status, fault_kind::reset, fault_kind::not_json, fault_kind::wrong_content})
        CHECK_FALSE(is_answered_well(spoilt(kind)));
}
