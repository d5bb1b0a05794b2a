// Property: for any Retry-After, an order waits from 0 to max_duration, or as without one.
#include "fuzz.hpp"

#include "pipeline/retry_rules.hpp"

#include <algorithm>

using namespace pipebench;
using fuzz::require;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto value = fuzz::text_of(data, size);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool seconds = !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
    // 1970, the example of RFC 9110, the end of a century, and a clock that was never set right
    for (const auto since_1970 : {0s, 784111777s, 946684799s, 1767225600s, 253402300799s, -62167219200s}) {
        const auto wait = parse_retry_after(value, std::chrono::sys_seconds{since_1970});
        if (wait) require(*wait >= duration{0} && *wait <= max_duration, "the wait is from 0 to max_duration");
        if (seconds) require(wait.has_value() == (size <= max_retry_after), "seconds need no date");
        if (wait)
            require(!fuzz::has_control(value) && size <= max_retry_after,
                    "what is understood is short and printable");
    }
    return 0;
}
