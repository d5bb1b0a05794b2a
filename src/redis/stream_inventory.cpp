#include "redis/stream_inventory.hpp"

#include <algorithm>

namespace pipebench {

stream_inventory::stream_inventory(std::uint64_t orders)
    : orders_(orders), done_(orders + 1), on_stream_(orders + 1), seen_there_(orders + 1) {}

bool stream_inventory::mark_done(order_id id) {
    if (!was_ordered(id) || done_[id]) return false;
    done_[id] = true;
    ++done_count_;
    return true;
}

void stream_inventory::forget_stream() { on_stream_.assign(orders_ + 1, false); }

void stream_inventory::mark_found(order_id id) { static_cast<void>(mark_added(id)); }

bool stream_inventory::mark_added(order_id id) {
    if (!was_ordered(id)) return false;
    const bool before = seen_there_[id];
    on_stream_[id] = seen_there_[id] = true;
    return before;
}

std::vector<order_id> stream_inventory::missing_after(order_id id, std::size_t limit, order_id last) const {
    std::vector<order_id> out;
    last = std::min(last, orders_);
    while (++id <= last && out.size() < limit)
        if (!done_[id] && !on_stream_[id]) out.push_back(id);
    return out;
}

}  // namespace pipebench
