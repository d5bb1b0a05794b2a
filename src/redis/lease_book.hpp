// Which entries of an order stream a process has in hand, and what it does with those that it takes over from others.
// Pure: it speaks no Redis and reads no clock; stream_consumer does that, and asks the book what is next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// Of one process: its consumers share it. Entries are known by their ids, consumers by their names.
///
/// An entry is in hand from take() or take_over() until give_back(). While it is, its lease is renewed, and it is not
/// delivered within the process again. What is taken over waits in the book until its deliveries are counted, and
/// then until it is exhausted() or among next_to_deliver(); it is in hand all the time.
class lease_book {
public:
    /// Entries that are taken over before they are carried out. The page that passes it is still taken whole.
    static constexpr std::size_t max_waiting = 100;
    /// An entry that was delivered so often and is not done may have killed its worker.
    static constexpr std::uint64_t suspect_deliveries = 2;
    static constexpr std::size_t max_entries_per_renewal = 1000;

    struct taken_over {
        std::string entry;
        std::uint64_t deliveries = 0;
        bool operator==(const taken_over&) const = default;
    };
    struct renewal {
        std::string owner;
        std::vector<std::string> entries;  ///< at most max_entries_per_renewal
        bool operator==(const renewal&) const = default;
    };

    // --- in hand ---

    /// Redis delivered the entry to `owner`. False: it is in hand already, and must not be carried out twice.
    [[nodiscard]] bool take(const std::string& entry, const std::string& owner);
    /// The entry is done, or nothing more is done with it here. No effect when it is not in hand.
    void give_back(const std::string& entry);

    /// Every entry in hand, by owner.
    [[nodiscard]] std::vector<renewal> renewals() const;
    /// Redis was asked for `asked`, and only the entries of `renewed` are still pending: the others are given back.
    void give_back_unrenewed(const std::vector<renewal>& asked, const std::vector<std::string>& renewed);

    // --- taking over ---

    /// Whether more entries may be taken over now.
    [[nodiscard]] bool has_room() const noexcept { return waiting_.size() < max_waiting; }
    /// Redis made `heir` the owner of an entry whose lease had passed. One that is in hand in this process was only
    /// renewed too late: whoever carries it out goes on, and it is not delivered again.
    void take_over(const std::string& entry, const std::string& heir);
    /// The entries whose deliveries are not known yet.
    [[nodiscard]] std::vector<std::string> uncounted() const;
    /// How often one of them was delivered; nullopt: it is not pending any more, and is given back.
    void count(const std::string& entry, std::optional<std::uint64_t> deliveries);

    /// Removes from the waiting those that were delivered `max_deliveries` times or more, and returns them.
    [[nodiscard]] std::vector<taken_over> exhausted(std::uint64_t max_deliveries);
    /// Removes from the waiting and returns what to deliver next: up to `limit` that are no suspects; when none of
    /// those is left, one suspect alone, so that it takes no other with it if it kills. Empty: nothing waits.
    [[nodiscard]] std::vector<taken_over> next_to_deliver(std::size_t limit);

private:
    struct waiting_entry {
        std::string entry;
        std::optional<std::uint64_t> deliveries{};
    };
    template <class Condition>
    std::vector<taken_over> remove_waiting(std::size_t limit, Condition holds);

    std::map<std::string, std::string> owners_;  ///< of the entries in hand; bounded by what is in flight
    std::deque<waiting_entry> waiting_;
};

}  // namespace pipebench
