// How a mock API says what it is and what it simulates: its answer to GET /about, as JSON. A session that gets a
// target reads it, to know whether that is a mock API of this program.
#pragma once

#include "pipebench/workload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

struct mock_api_card {
    std::string version;  ///< of the pipebench that serves it
    std::uint64_t seed = 0;
    latency http;
    std::string scenario;
};

inline constexpr std::string_view mock_api_card_path = "/about";

[[nodiscard]] std::string to_json(const mock_api_card& card);

/// nullopt for any other text. Texts from another program may be of any length and hold any bytes.
[[nodiscard]] std::optional<mock_api_card> parse_mock_api_card(std::string_view json_text);

}  // namespace pipebench
