// Property: a card from Redis, of a session or of a worker, is refused in one line, or what goes on to SQL, to keys and to
// a terminal holds only harmless characters. The same for an entry on the stream of results.
#include "fuzz.hpp"

#include "contracts/error.hpp"
#include "contracts/session_cards.hpp"
#include "redis/order_stream.hpp"

#include <algorithm>

using namespace pipebench;
using fuzz::require;

namespace {

bool is_identifier(std::string_view text) {
    return text.size() < 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '-';
           });
}

/// Calls `check` with what was read.
template <class Card, class Check>
void read(std::string_view text, Card (*parse)(std::string_view), Check check) {
    try {
        check(parse(text));
    } catch (const setup_error& e) {
        require(!fuzz::has_control(e.what()), "a refusal is one printable line");
    }
}

void read_result(std::string_view text) {
    stream_entry entry{"1-1", {}};
    for (const char* name : {"order", "outcome", "attempts", "stores", "service_us", "worker"}) {
        const auto value = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), value.size() + 1));
        entry.fields.emplace_back(name, value);
    }
    const auto result = result_in(entry);
    if (!result) return;
    require(result->order > 0 && is_valid(result->what), "a result is of an order and has a valid outcome");
    require(result->service >= duration{} && result->service < std::chrono::hours(2), "its time is bounded");
    require(is_instance_id(result->instance), "it is of a worker");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    read(text, parse_session_card, [](const session_card& card) {
        require(is_identifier(card.schema) && is_identifier(card.table) && is_identifier(card.stream),
                "names for SQL and keys are plain");
        require(is_instance_id(card.session) && !fuzz::has_control(card.version), "what is shown is printable");
    });
    read(text, parse_worker_card, [](const worker_card& card) {
        require(is_instance_id(card.instance), "an instance is what pipebench makes");
        require(!fuzz::has_control(card.host + card.kernel + card.version), "what is shown is printable");
    });
    read_result(text);
    return 0;
}
