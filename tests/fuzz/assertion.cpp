// Property: an --assert is refused with setup_error before any measurement, or it can be evaluated on any result.
#include "fuzz.hpp"

#include "analysis/assertion.hpp"
#include "analysis/metrics.hpp"
#include "contracts/error.hpp"
#include "support/sample_result.hpp"

#include <optional>

using namespace pipebench;
using fuzz::require;

namespace {

std::optional<assertion> read(std::string_view text, const std::vector<std::string>& patterns) {
    try {
        return assertion(std::string(text), patterns);
    } catch (const setup_error& e) {
        require(!fuzz::has_control(e.what()), "a refusal is one line of text");
        return std::nullopt;
    }
}

bool survived_depth() {
    for (const auto* bracket : {"(", "-(", "abs(", "min(1,"})
        require(
            !read(fuzz::repeated(bracket, fuzz::very_deep) + "all.lost == 0" + fuzz::repeated(")", fuzz::very_deep),
                  {"semaphore"}),
            "what nests without end is refused");
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    [[maybe_unused]] static const bool once = survived_depth();
    static const auto full = test::sample_session();
    static const auto patterns = patterns_in(full);
    static const session_result empty;
    const auto condition = read(fuzz::text_of(data, size), patterns);
    if (!condition) return 0;
    for (const auto* result : {&full, &empty}) {
        const auto answer = condition->check(*result);
        require(answer.text == condition->text(), "an answer repeats the question");
        require(!fuzz::has_control(answer.detail), "what is shown commands no terminal");
        require(answer.held == condition->check(*result).held, "the same question has the same answer");
    }
    require(!condition->check(empty).held, "what was not measured does not hold");
    return 0;
}
