#include "redis/lease_book.hpp"

#include <algorithm>
#include <set>

namespace pipebench {

bool lease_book::take(const std::string& entry, const std::string& owner) {
    const std::lock_guard lock(mutex_);
    return owners_.emplace(entry, owner).second;
}

void lease_book::give_back(const std::string& entry) {
    const std::lock_guard lock(mutex_);
    owners_.erase(entry);
}

bool lease_book::holds(const std::string& entry) const {
    const std::lock_guard lock(mutex_);
    return owners_.contains(entry);
}

std::vector<lease_book::renewal> lease_book::renewals() const {
    const std::lock_guard lock(mutex_);
    std::vector<renewal> out;
    std::map<std::string, std::size_t> last_of;  // index of each owner's last renewal
    for (const auto& [entry, owner] : owners_) {
        const auto [last, is_first] = last_of.try_emplace(owner, out.size());
        if (is_first || out[last->second].entries.size() == max_entries_per_renewal) {
            last->second = out.size();
            out.push_back({owner, {}});
        }
        out[last->second].entries.push_back(entry);
    }
    return out;
}

void lease_book::give_back_unrenewed(const std::vector<renewal>& asked, const std::vector<std::string>& renewed) {
    const std::set<std::string> pending(renewed.begin(), renewed.end());
    for (const auto& r : asked)
        for (const auto& entry : r.entries)
            if (!pending.contains(entry)) give_back(entry);
}

void lease_book::take_over(const std::string& entry, const std::string& heir) {
    std::unique_lock lock(mutex_);
    const bool was_in_hand = !owners_.insert_or_assign(entry, heir).second;
    lock.unlock();
    if (!was_in_hand) waiting_.push_back({entry});
}

std::vector<std::string> lease_book::uncounted() const {
    std::vector<std::string> out;
    for (const auto& w : waiting_)
        if (!w.deliveries) out.push_back(w.entry);
    return out;
}

void lease_book::count(const std::string& entry, std::optional<std::uint64_t> deliveries) {
    const auto found = std::ranges::find(waiting_, entry, &waiting_entry::entry);
    if (found == waiting_.end()) return;
    found->deliveries = deliveries;
    if (deliveries) return;
    waiting_.erase(found);
    give_back(entry);
}

template <class Condition>
std::vector<lease_book::taken_over> lease_book::remove_waiting(std::size_t limit, Condition holds) {
    std::vector<taken_over> out;
    std::erase_if(waiting_, [&](waiting_entry& w) {
        if (out.size() == limit || !w.deliveries || !holds(*w.deliveries)) return false;
        out.push_back({std::move(w.entry), *w.deliveries});
        return true;
    });
    return out;
}

std::vector<lease_book::taken_over> lease_book::exhausted(std::uint64_t max_deliveries) {
    return remove_waiting(waiting_.size(), [&](std::uint64_t n) { return n >= max_deliveries; });
}

std::vector<lease_book::taken_over> lease_book::next_to_deliver(std::size_t limit) {
    auto out = remove_waiting(limit, [](std::uint64_t n) { return n < suspect_deliveries; });
    return out.empty() ? remove_waiting(1, [](std::uint64_t) { return true; }) : out;
}

}  // namespace pipebench
