#include "contracts/mock_api_card.hpp"

#include "contracts/units.hpp"

#include <nlohmann/json.hpp>

namespace pipebench {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* mark = "pipebench_mock_api";  ///< the member that no other API has: its version

}  // namespace

std::string to_json(const mock_api_card& card) {
    const ordered_json out{{mark, card.version},
                           {"seed", card.seed},
                           {"http_latency", format_duration(card.http.mean)},
                           {"http_jitter", format_jitter(card.http.spread)},
                           {"scenario", card.scenario}};
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<mock_api_card> parse_mock_api_card(std::string_view json_text) try {
    const auto in = json::parse(json_text, nullptr, false);
    if (!in.is_object() || !in.contains(mark) || !in.at("seed").is_number_unsigned()) return std::nullopt;
    const auto mean = parse_duration(in.at("http_latency").get<std::string>());
    const auto spread = parse_jitter(in.at("http_jitter").get<std::string>());
    if (!mean || !spread) return std::nullopt;
    return mock_api_card{in.at(mark).get<std::string>(),
                         in.at("seed").get<std::uint64_t>(),
                         {*mean, *spread},
                         in.at("scenario").get<std::string>()};
} catch (const json::exception&) {  // a member is missing, or of another type
    return std::nullopt;
}

}  // namespace pipebench
