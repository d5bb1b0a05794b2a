// Property: for any output of a runner, lines of the contract (docs/runners.md) are printable with bounded numbers,
// other lines are notes, and the counts of the record are consistent at the end.
#include "fuzz.hpp"

#include "measure/runner_lines.hpp"

#include <algorithm>
#include <chrono>

using namespace pipebench;
using fuzz::require;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t orders = 8;
constexpr std::chrono::nanoseconds longest = 1'000'000s;  // a thousand million milliseconds

bool check_line(std::string_view text) {
    using word = runner_line::word;
    const auto line = parse_runner_line(text);
    if (!line) return false;
    require(!fuzz::has_control(text), "what is understood is printable");
    require(line->is == word::start || line->number >= 1, "orders are counted from 1 on");
    require(!line->took || (*line->took >= 0ns && *line->took <= longest), "a time is bounded");
    require(line->is == word::stored || !line->took, "only an order that is stored has taken its time");
    require(is_valid(line->result) && line->result.stored() == (line->is != word::failed),
            "a failure has a kind, and nothing else has");
    return line->is == word::start || line->is == word::in_flight || line->number <= orders;
}

void check_books(const recorder& record) {
    const auto p = record.read();
    std::uint64_t failures = 0, stored = 0, ended = 0, timed = 0;
    for (const auto& of_stage : p.failures)
        for (const auto n : of_stage) failures += n;
    for (order_id id = 1; id <= orders; ++id) {
        stored += record.was_stored(id) ? 1u : 0u;
        ended += record.has_ended(id) ? 1u : 0u;
    }
    for (const auto n : record.service().bins) timed += n;
    require(p.failed == failures, "every failure has a stage and a kind");
    require(p.stored == stored && p.ended() == ended, "an order ends once");
    require(timed <= ended, "no order is timed twice");
    require(record.elapsed() >= 0ns, "time does not run backwards");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto record = recorder::create(orders);
    record.start_clock();
    runner_report report(record);
    for (auto rest = fuzz::text_of(data, size); !rest.empty();) {
        const auto text = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(text.size() + 1, rest.size()));
        require(report.take(text) == check_line(text), "what is understood is taken, unless nobody ordered it");
    }
    check_books(record);
    return 0;
}
