// Decides which rows share a statement, and when it starts: one rule for the awaitable and the blocking store. Pure:
// no connection, no lock, no clock.
//
// The rule is group commit: no row waits for a batch to fill. A row that finds a free connection and few rows being
// written is written at once; rows that come later wait, and the next connection takes all of them. So statements
// grow with the load.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <span>
#include <utility>
#include <vector>

namespace pipebench {

struct store_settings {
    unsigned connections = 8;        ///< most connections of a store; a blocking store opens them on demand
    std::size_t rows_per_write = 1;  ///< most rows in a statement; 1: a statement per row

    /// Whether another statement may start now. It holds rows back while more are being written than are waiting,
    /// unless they fill a statement.
    [[nodiscard]] bool may_go(std::size_t waiting, std::size_t being_written) const noexcept {
        return waiting > 0 && waiting >= std::min(rows_per_write == 1 ? 0 : being_written, rows_per_write);
    }
};

/// `Owner`: a store's handle of the caller that waits for the row; moved, never copied.
template <class Owner>
struct waiting_row {
    const order_row* row = nullptr;
    std::chrono::steady_clock::time_point deadline;
    Owner owner;
    error_kind kind = error_kind::resources;  ///< the result, once it was written
};

/// The rows that one connection is writing, and their statements: one for all rows; if PostgreSQL refuses that, one
/// for each row, so that only the bad row fails. Its memory is reused.
template <class Owner>
class row_batch {
public:
    using time_point = std::chrono::steady_clock::time_point;

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    /// Each has its result once the batch is written.
    [[nodiscard]] std::span<waiting_row<Owner>> members() noexcept { return members_; }

    [[nodiscard]] bool is_written() const noexcept { return first_ == members_.size(); }
    /// The rows of the next statement.
    [[nodiscard]] std::span<const order_row* const> rows() const { return std::span(rows_).subspan(first_, count_); }
    /// The earliest deadline of those rows: the statement must be over by then.
    [[nodiscard]] time_point deadline() const {
        auto earliest = time_point::max();
        for (std::size_t i = first_; i < first_ + count_; ++i) earliest = std::min(earliest, members_[i].deadline);
        return earliest;
    }
    /// Records the result of that statement.
    void written(error_kind kind) {
        if (kind == error_kind::database && count_ > 1) {
            count_ = 1;
            return;
        }
        for (std::size_t end = first_ + count_; first_ < end; ++first_) members_[first_].kind = kind;
    }

    void add(waiting_row<Owner> member) {
        rows_.push_back(member.row);
        members_.push_back(std::move(member));
        ++count_;
    }
    void clear() noexcept {
        members_.clear();
        rows_.clear();
        first_ = count_ = 0;
    }

private:
    std::vector<waiting_row<Owner>> members_;
    std::vector<const order_row*> rows_;  ///< of `members_`
    std::size_t first_ = 0, count_ = 0;   ///< of the next statement
};

/// The rows that no connection has taken yet, and the number of those that are being written.
template <class Owner>
class row_queue {
public:
    explicit row_queue(const store_settings& settings) noexcept : settings_(settings) {}

    void add(waiting_row<Owner> row) { waiting_.push_back(std::move(row)); }
    /// Removes the row of an owner that gives up; it must still be waiting.
    void remove(const Owner& owner) {
        std::erase_if(waiting_, [&](const auto& w) { return w.owner == owner; });
    }
    [[nodiscard]] bool is_empty() const noexcept { return waiting_.empty(); }

    /// A connection is free, and the rule lets rows go.
    [[nodiscard]] bool may_begin() const noexcept {
        return writes_ < settings_.connections && settings_.may_go(waiting_.size(), being_written_);
    }
    /// Moves the rows that have waited the longest into an empty batch.
    void begin(row_batch<Owner>& batch) {
        for (; !waiting_.empty() && batch.size() < settings_.rows_per_write; waiting_.pop_front())
            batch.add(std::move(waiting_.front()));
        ++writes_;
        being_written_ += batch.size();
    }
    /// Call it after every batch that was begun, also if it failed.
    void end(const row_batch<Owner>& batch) noexcept {
        --writes_;
        being_written_ -= batch.size();
    }

private:
    store_settings settings_;
    std::deque<waiting_row<Owner>> waiting_;
    std::size_t writes_ = 0, being_written_ = 0;
};

}  // namespace pipebench
