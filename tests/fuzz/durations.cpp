// Property: typed times, counts, sizes, rates, shares, jitter shapes and scenarios are within their bounds or
// refused, and reading a formatted value gives the same value.
#include "fuzz.hpp"

#include "contracts/error.hpp"
#include "contracts/scenario.hpp"
#include "contracts/units.hpp"
#include "pipebench/workload.hpp"

using namespace pipebench;
using fuzz::require;

namespace {

constexpr std::uint64_t max_count = 1'000'000'000'000'000;

bool is_share(double x) { return x >= 0 && x <= 1; }
bool is_time(duration d) { return d >= duration{0} && d <= max_duration; }

void take_numbers(std::string_view text) {
    if (const auto d = parse_duration(text)) {
        require(is_time(*d), "a duration is bounded");
        require(parse_duration(format_duration(*d)) == d, "a duration that was written is read as the same");
    }
    if (const auto n = parse_count(text)) require(*n <= max_count, "a count is bounded");
    if (const auto n = parse_size(text)) require(*n >= 1 && *n <= max_count, "a size is bounded");
    if (const auto n = parse_rate(text)) require(*n >= 1 && *n <= max_count, "a rate is bounded");
    if (const auto x = parse_share(text)) require(is_share(*x), "a share is bounded");
    if (const auto j = parse_jitter(text)) {
        require(is_time(j->half_width) && j->sigma >= 0 && j->sigma <= 3, "a jitter is bounded");
        require(parse_jitter(format_jitter(*j)) == j, "a jitter that was written is read as the same");
    }
}

void take_scenario(std::string_view text) try {
    const auto s = parse_scenario(text, "here");
    require(!s.name.empty() && s.name.size() <= 40 && !fuzz::has_control(s.name), "a name is simple");
    double sum = 0;
    for (const auto& f : s.api.faults) {
        require(is_share(f.share) && is_time(f.time) && !name_of(f.kind).empty(), "a fault is bounded");
        require(!f.retry_after || is_time(*f.retry_after), "a wait is bounded");
        sum += f.share;
    }
    require(sum <= 1.001, "shares add up to 1 at most");
    require(is_share(s.api.down.at) && is_time(s.api.down.time), "an outage is bounded");
    require(is_time(s.database.latency) && is_share(s.database.terminate_at), "the trouble of a database is bounded");
    require(s.poison.size() <= 1000, "poison is bounded");
} catch (const setup_error& e) {
    const std::string_view what = e.what();
    require(what.starts_with("here: ") && !fuzz::has_control(what), "a refusal is one line that names its origin");
}

bool survived_depth() {
    constexpr auto times = max_scenario_bytes / 8;
    take_scenario(fuzz::repeated("[", times) + fuzz::repeated("]", times));
    take_scenario("{\"name\":" + fuzz::repeated("{\"a\":", times) + "0" + fuzz::repeated("}", times) + "}");
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    [[maybe_unused]] static const bool once = survived_depth();
    const auto text = fuzz::text_of(data, size);
    take_numbers(text);
    take_scenario(text);
    return 0;
}
