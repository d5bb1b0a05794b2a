// --assert: a condition over any metric of any pattern of one result:
// 'redis_streams.throughput >= 0.9 * semaphore.throughput', 'all.lost == 0'. Pure.
//
// A condition contains one comparison (< <= == != >= >); && and || join several, with brackets where needed. Operands
// consist of numbers, names (pattern.metric), + - * /, abs(x), min(...) and max(...). muParser parses them.
#pragma once

#include "pipebench/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr std::size_t longest_assertion = 1000;  ///< characters

/// Checked before the first run. The text writes the '-' of a pattern's id as '_'. With `all`, the whole text is
/// evaluated once per pattern, and must hold for each.
class assertion {
public:
    /// `patterns`: the ids that will be in the result. Throws setup_error, in one line, unless the text is a
    /// condition over these patterns and the known metrics; for an unknown name the error lists the valid ones.
    assertion(std::string text, const std::vector<std::string>& patterns);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// In a session with several scenarios, the condition must hold under each of them. A comparison fails if a value
    /// is missing (no order ended, no run of that pattern) or if it divides by 0.
    [[nodiscard]] assertion_outcome check(const session_result& r) const;

private:
    std::string text_;
    std::vector<std::string> patterns_;  ///< the patterns that `all` stands for; empty if it is not used
};

[[nodiscard]] bool all_held(const std::vector<assertion_outcome>& outcomes);

}  // namespace pipebench
