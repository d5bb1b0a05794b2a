// Which entries a consumer still has to read. Redis delivers entries with a reply, and their leases begin then; but a
// process whose event loop is busy reads the reply only later. Until then, only Redis knows that the consumer has
// them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pipebench {

/// An entry that is pending with a consumer, and that its process does not have in hand, either waits in a reply to
/// the exchange under way, or came with a reply that was lost. The former's lease has to be renewed, the latter's has
/// to pass. They differ in this: a consumer begins its next exchange only after it has read the reply, or has lost it.
class unread_leases {
public:
    /// Of the entries of `pending`, those to be renewed. `pending`: all that are pending with the consumer and not in
    /// hand. `exchange`: the number of its exchange, read after them.
    [[nodiscard]] std::vector<std::string> among(std::vector<std::string> pending, const std::string& consumer,
                                                 std::uint64_t exchange);

private:
    using sightings = std::map<std::string, std::uint64_t>;  ///< of entries, at which exchange first
    std::map<std::string, sightings> first_seen_;            ///< by consumer
};

}  // namespace pipebench
