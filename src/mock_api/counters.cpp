#include "mock_api/counters.hpp"

#include <fmt/format.h>

namespace pipebench {

std::string to_json(const api_stats& stats) {
    std::string out;
    for_each_counter<api_stats>([&](const char* name, auto member) {
        out += fmt::format("{}\"{}\":{}", out.empty() ? '{' : ',', name, stats.*member);
    });
    return out + '}';
}

}  // namespace pipebench
