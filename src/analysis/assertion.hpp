// --assert: a condition over any metric of any pattern of one result:
// 'redis_streams.throughput >= 0.9 * semaphore.throughput', 'all.lost == 0'. Pure.
//
// A condition compares (< <= == != >= >), once; several are joined by && and ||, with brackets where needed. Between
// the comparisons: numbers, names (pattern.metric), + - * /, abs(x), min(...), max(...). muParser reads it.
#pragma once

#include "pipebench/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr std::size_t longest_assertion = 1000;  ///< characters

/// Checked before anything is measured. In it, '-' of a pattern's id is '_', and `all` is every pattern in turn: the
/// same one wherever it stands in the text.
class assertion {
public:
    /// `patterns`: the ids that will be in the result. Throws setup_error, in one line, for what is not a condition
    /// over these patterns and the metrics there are; an unknown name is answered with the list.
    assertion(std::string text, const std::vector<std::string>& patterns);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// Of a session under several scenarios it has to hold under each of them. A value that is not there (no order
    /// ended, no run of that pattern) does not hold, whatever it is compared with; nor does a comparison with a
    /// division by 0.
    [[nodiscard]] assertion_outcome check(const session_result& r) const;

private:
    std::string text_;
    std::vector<std::string> patterns_;  ///< those that stand for `all`; empty: it is not used
};

[[nodiscard]] bool all_held(const std::vector<assertion_outcome>& outcomes);

}  // namespace pipebench
