// A queue between threads that blocks whoever is ahead: producers when it is full, consumers when it is empty.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace pipebench {

template <class T>
class bounded_queue {
public:
    explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits for room. False, and the item is dropped, when the queue is closed.
    bool push(T item) {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
        if (closed_) return false;
        items_.push_back(std::move(item));
        has_item_.notify_one();
        return true;
    }

    /// Waits for an item. Empty when the queue is closed and everything in it was taken.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        has_item_.wait(lock, [this] { return closed_ || !items_.empty(); });
        if (items_.empty()) return std::nullopt;
        T item = std::move(items_.front());
        items_.pop_front();
        has_room_.notify_one();
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
    bool closed_ = false;
};

}  // namespace pipebench
