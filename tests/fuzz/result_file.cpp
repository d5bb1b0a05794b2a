// Property: a saved result is read or refused with setup_error. Writing and reading it again gives the same result,
// and rendering it does not throw and contains no terminal commands.
#include "fuzz.hpp"

#include "contracts/error.hpp"
#include "pipebench/reporter.hpp"
#include "report/model.hpp"

#include <array>
#include <optional>

using namespace pipebench;
using fuzz::require;

namespace {

std::optional<session_result> read(std::string_view text) {
    try {
        return parse_result(text);
    } catch (const setup_error& e) {
        require(!fuzz::has_control(e.what()), "a refusal is one line of text");
        return std::nullopt;
    }
}

std::string written(const session_result& r) { return nlohmann::ordered_json(r).dump(); }

bool survived_depth() {
    const auto text = written(session_result{});
    const std::string_view none = "\"parameters\":null";
    const auto deep = fuzz::repeated("{\"a\":", fuzz::very_deep) + "0" + fuzz::repeated("}", fuzz::very_deep);
    const auto at = text.find(none);
    require(read(text) && at != text.npos, "an empty result is one");
    require(!read(text.substr(0, at) + "\"parameters\":" + deep + text.substr(at + none.size())),
            "what nests without end is no result");
    require(!read(fuzz::repeated("[", fuzz::very_deep)), "what never ends is no result");
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    [[maybe_unused]] static const bool once = survived_depth();
    const auto result = read(fuzz::text_of(data, size));
    if (!result) return 0;
    const auto text = written(*result);
    const auto again = read(text);
    require(again && written(*again) == text, "what was written is read as the same");
    for (const auto* format : {"text", "markdown"}) {
        const auto shown = find_reporter(format)->render(model_of(*result), colours::off);
        require(!fuzz::has_control(shown, "\n"), "what is shown commands no terminal");
    }
    return 0;
}
