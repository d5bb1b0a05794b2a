#include "redis/unread_leases.hpp"

#include <utility>

namespace pipebench {

std::vector<std::string> unread_leases::among(std::vector<std::string> pending, const std::string& consumer,
                                              std::uint64_t exchange) {
    auto& before = first_seen_[consumer];
    sightings now;
    for (const auto& entry : pending) {
        const auto seen = before.find(entry);
        now.emplace(entry, seen == before.end() ? exchange : seen->second);
    }
    std::erase_if(pending, [&](const auto& entry) { return now.at(entry) != exchange; });
    before = std::move(now);
    return pending;
}

}  // namespace pipebench
