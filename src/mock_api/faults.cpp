#include "mock_api/faults.hpp"

#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::string_view other_text = "<!doctype html><title>It works!</title><p>This is the default page.";

/// One line of a header, or one chunk of a body.
constexpr std::size_t filler_unit = 1000;
static_assert(filler_piece % filler_unit == 0 && huge_header_bytes % filler_unit == 0 &&
              endless_bytes % filler_unit == 0);

std::string make_filler_unit(fault_kind kind) {
    std::string unit;
    if (kind == fault_kind::huge_header) unit = "\r\nX-Filler: ";
    if (kind == fault_kind::endless_body) unit = "3e1\r\n";
    unit.resize(filler_unit, 'x');
    if (kind == fault_kind::endless_body) unit.replace(filler_unit - 2, 2, "\r\n");
    return unit;
}

/// Edits the JSON text, since a value of an order cannot be this large.
void put_huge_number(std::string& json) {
    constexpr std::string_view key = R"("quantity":)";
    const auto at = json.find(key) + key.size();
    json.replace(at, json.find(',', at) - at, "1e999");
}

}  // namespace

const fault* draw_fault(const api_settings& settings, order_id id, unsigned attempt) {
    constexpr std::uint64_t faults = 0x6661756c7473;  // so that its draws differ from those of orders and delays
    constexpr unsigned attempt_shift = 56;            // above every order's id
    const std::uint64_t counted = std::min(attempt, most_attempts);
    const double drawn = dice(settings.seed ^ faults, id ^ (counted << attempt_shift)).fraction();
    double reached = 0;
    for (const fault& f : settings.trouble.faults) {
        reached += f.share;
        if (drawn > reached) continue;
        return f.first_attempts == 0 || attempt <= f.first_attempts ? &f : nullptr;
    }
    return nullptr;
}

void apply_fault(api_reply& reply, const fault& done) {
    reply.fault = done.kind;
    switch (done.kind) {
        case fault_kind::status:
            reply.status = done.status;
            reply.retry_after = done.retry_after.value_or(std::chrono::seconds{0});
            return;
        case fault_kind::slow: reply.delay += done.time; return;
        case fault_kind::drip: reply.pace = done.time; return;
        case fault_kind::black_hole: reply.delay = {}; return;
        // A client could not separate the next reply from an endless body.
        case fault_kind::huge_body:
        case fault_kind::endless_body: reply.connection = persistence::close; return;
        default: return;
    }
}

bool is_answered_well(const api_reply& reply) noexcept {
    const bool harmless = !reply.fault || *reply.fault == fault_kind::slow;
    return reply.resource == api_resource::order && reply.status == 200 && harmless;
}

void write_faulty_body(std::string& out, order& memory, const api_reply& reply, std::uint64_t seed) {
    const fault_kind kind = reply.fault.value_or(fault_kind::slow);
    switch (kind) {
        case fault_kind::status: out = R"({"error":"something went wrong here"})"; return;
        case fault_kind::not_json: out = other_text; return;
        case fault_kind::deep_json: out.assign(nested_brackets, '[').append(nested_brackets, ']'); return;
        case fault_kind::huge_body:
        case fault_kind::endless_body: return;  // filler alone
        default: break;
    }
    const bool other = kind == fault_kind::wrong_order || kind == fault_kind::wrong_content;
    make_order(memory, reply.id + (other ? 1 : 0), seed);
    if (kind == fault_kind::wrong_content) memory.id = reply.id;
    if (kind == fault_kind::nul_byte) memory.customer += '\0';
    if (kind == fault_kind::bad_utf8) memory.customer += '\xff';
    append_json(out, memory);
    if (kind == fault_kind::huge_number) put_huge_number(out);
}

std::uint64_t filler_bytes(const api_reply& reply) noexcept {
    if (reply.fault == fault_kind::huge_header) return huge_header_bytes;
    const bool endless = reply.fault == fault_kind::huge_body || reply.fault == fault_kind::endless_body;
    return endless ? endless_bytes : 0;
}

void append_filler(std::string& out, const api_reply& reply, std::uint64_t so_far) {
    const std::uint64_t end = std::min<std::uint64_t>(so_far + filler_piece, filler_bytes(reply));
    if (so_far >= end) return;
    const std::string unit = make_filler_unit(*reply.fault);
    for (; so_far < end; so_far += filler_unit) out += unit;
}

}  // namespace pipebench
