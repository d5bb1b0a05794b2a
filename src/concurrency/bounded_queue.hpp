// A queue between threads that blocks whoever is ahead: producers when it is full, consumers when it is empty.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace pipebench {

/// A producer that found it full waits until half of it is free: to wake it for every item taken would cost two
/// context switches an item. Nobody is woken while the lock is held.
template <class T>
class bounded_queue {
public:
    explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits for room. False, and the item is dropped, when the queue is closed.
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

    /// Waits for an item. Empty when the queue is closed and everything in it was taken.
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

    /// No more items; those inside can still be taken.
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
