// Records which entries of an order stream a process has in hand, and decides what happens to those that it takes
// over. Pure: it does no I/O and reads no clock; stream_consumer carries its decisions out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// One per process; its consumers share it. It identifies entries by id and consumers by name.
///
/// An entry is in hand from take() or take_over() until give_back(). Meanwhile its lease is renewed, and the process
/// does not deliver it again. An entry taken over waits in the book until its deliveries are counted, and then until
/// exhausted() or next_to_deliver() returns it; it is in hand all the time.
class lease_book {
public:
    /// Limit of the entries that wait. The page that exceeds it is still taken whole.
    static constexpr std::size_t max_waiting = 100;
    /// An entry that was delivered this often without an end may have killed its worker.
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

    // --- in hand: any thread ---

    /// Redis delivered the entry to `owner`. False if it is in hand already: it must not be carried out twice.
    [[nodiscard]] bool take(const std::string& entry, const std::string& owner);
    /// The entry is done, or this process drops it. No effect if it is not in hand.
    void give_back(const std::string& entry);

    [[nodiscard]] bool holds(const std::string& entry) const;
    /// Every entry in hand, by owner.
    [[nodiscard]] std::vector<renewal> renewals() const;
    /// Gives back the entries of `asked` that are not in `renewed`: Redis reported that they are not pending any
    /// more.
    void give_back_unrenewed(const std::vector<renewal>& asked, const std::vector<std::string>& renewed);

    // --- taking over: one thread ---

    /// Whether more entries may be taken over now.
    [[nodiscard]] bool has_room() const noexcept { return waiting_.size() < max_waiting; }
    /// Redis made `heir` the owner of an entry whose lease had expired. If the entry is in hand in this process, it
    /// was only renewed too late: it is carried out once, and not delivered again.
    void take_over(const std::string& entry, const std::string& heir);
    /// The waiting entries whose number of deliveries is not known yet.
    [[nodiscard]] std::vector<std::string> uncounted() const;
    /// Sets the deliveries of one of them; nullopt if it is not pending any more: then it is given back.
    void count(const std::string& entry, std::optional<std::uint64_t> deliveries);

    /// Removes and returns the waiting entries that were delivered `max_deliveries` times or more.
    [[nodiscard]] std::vector<taken_over> exhausted(std::uint64_t max_deliveries);
    /// Removes and returns the entries to deliver next: up to `limit` that are not suspects; if there are none, one
    /// suspect alone, so that a poison order takes no other order with it. Empty if no counted entry waits.
    [[nodiscard]] std::vector<taken_over> next_to_deliver(std::size_t limit);

private:
    struct waiting_entry {
        std::string entry;
        std::optional<std::uint64_t> deliveries{};
    };
    template <class Condition>
    std::vector<taken_over> remove_waiting(std::size_t limit, Condition holds);

    mutable std::mutex mutex_;                   ///< protects owners_
    std::map<std::string, std::string> owners_;  ///< of the entries in hand; bounded by the orders in flight
    std::deque<waiting_entry> waiting_;
};

}  // namespace pipebench
