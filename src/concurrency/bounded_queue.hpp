// A queue between threads: producers block when it is full, consumers when it is empty.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace pipebench {

/// A producer that found it full waits until half of it is free: waking it for every item would cost two context
/// switches per item. push() and pop() release the lock before they wake a thread.
template <class T>
class bounded_queue {
public:
    explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits for room. False if the queue is closed; the item is dropped.
    bool push(T item) {
        std::unique_lock lock(mutex_);
        if (items_.size() >= capacity_) {
            ++waiting_producers_;
            has_room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
            --waiting_producers_;
        }
        if (closed_) return false;
        items_.push_back(std::move(item));
        const bool wanted = waiting_consumers_ > 0;
        lock.unlock();
        if (wanted) has_item_.notify_one();
        return true;
    }

    /// Waits for an item. nullopt when the queue is closed and empty.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        if (items_.empty()) {
            ++waiting_consumers_;
            has_item_.wait(lock, [this] { return closed_ || !items_.empty(); });
            --waiting_consumers_;
        }
        if (items_.empty()) return std::nullopt;
        T item = std::move(items_.front());
        items_.pop_front();
        const bool wanted = waiting_producers_ > 0 && items_.size() <= capacity_ / 2;
        lock.unlock();
        if (wanted) has_room_.notify_all();
        return item;
    }

    /// No more items can be pushed; those in the queue can still be popped.
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        has_item_.notify_all();
        has_room_.notify_all();
    }

private:
    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable has_item_, has_room_;
    std::deque<T> items_;
    std::size_t waiting_producers_ = 0, waiting_consumers_ = 0;
    bool closed_ = false;
};

}  // namespace pipebench
