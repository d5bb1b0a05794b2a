// Which rows share a statement, and when it starts. If it starts too early, a batch has one row; if too late, rows
// wait for others that never come. A row that PostgreSQL refuses must not fail the others of its batch.
#include "pipeline/row_batches.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <deque>
#include <memory>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::steady_clock::time_point start{1000h};

/// Rows of owners 1, 2, ..., with a deadline of as many seconds.
class rows_queue {
public:
    explicit rows_queue(store_settings settings) : queue(settings) {}

    void add(int number) {
        while (number-- > 0) add_owner(++last_);
    }
    void add_owner(int owner) {
        rows_.emplace_back().id = static_cast<order_id>(owner);
        queue.add({&rows_.back(), start + owner * 1s, owner});
    }

    row_queue<int> queue;

private:
    std::deque<order_row> rows_;
    int last_ = 0;
};

std::vector<int> owners(row_batch<int>& batch) {
    std::vector<int> out;
    for (const auto& m : batch.members()) out.push_back(m.owner);
    return out;
}

std::vector<order_id> ids(const row_batch<int>& batch) {
    std::vector<order_id> out;
    for (const auto* row : batch.rows()) out.push_back(row->id);
    return out;
}

std::vector<error_kind> kinds(row_batch<int>& batch) {
    std::vector<error_kind> out;
    for (const auto& m : batch.members()) out.push_back(m.kind);
    return out;
}

using numbers = std::vector<int>;
using order_ids = std::vector<order_id>;

}  // namespace

// --- the rule ---

TEST_CASE("row by row, whatever waits may go at once", "[row_batches]") {
    const store_settings by_row{8, 1};
    for (const std::size_t being_written : {0u, 1u, 7u, 1000u}) {
        CAPTURE(being_written);
        CHECK_FALSE(by_row.may_go(0, being_written));
        CHECK(by_row.may_go(1, being_written));
        CHECK(by_row.may_go(50, being_written));
    }
}

TEST_CASE("in batches, rows go once as many wait as are being written, or a whole batch", "[row_batches]") {
    const auto [waiting, being_written, go] = GENERATE(table<std::size_t, std::size_t, bool>({
        {0, 0, false},
        {0, 1, false},
        {0, 1000, false},
        {1, 0, true},
        {50, 0, true},
        {1, 1, true},
        {1, 2, false},
        {19, 20, false},
        {20, 20, true},
        {21, 20, true},
        {99, 100, false},
        {100, 100, true},
        {99, 1000, false},
        {100, 1000, true},
        {101, 1000, true},
    }));
    CAPTURE(waiting, being_written);
    CHECK(store_settings{8, 100}.may_go(waiting, being_written) == go);
}

TEST_CASE("a batch of two at the most is not waited for any longer than for two", "[row_batches]") {
    const store_settings by_two{8, 2};
    CHECK(by_two.may_go(1, 0));
    CHECK(by_two.may_go(1, 1));
    CHECK_FALSE(by_two.may_go(1, 2));
    CHECK_FALSE(by_two.may_go(1, 100));
    CHECK(by_two.may_go(2, 100));
}

// --- the queue ---

TEST_CASE("the rows that have waited the longest go first, and no more than a statement may have", "[row_batches]") {
    rows_queue rows({2, 3});
    rows.add(5);
    row_batch<int> first, second;
    rows.queue.begin(first);
    CHECK(owners(first) == numbers{1, 2, 3});
    CHECK_FALSE(rows.queue.may_begin());  // two wait, three are being written
    rows.queue.end(first);
    CHECK(rows.queue.may_begin());
    rows.queue.begin(second);
    CHECK(owners(second) == numbers{4, 5});
    CHECK(rows.queue.is_empty());
}

TEST_CASE("rows wait while no connection is free, however many they are", "[row_batches]") {
    const std::size_t rows_per_write = GENERATE(1u, 10u);
    CAPTURE(rows_per_write);
    rows_queue rows({1, rows_per_write});
    row_batch<int> batch;
    rows.add(1);
    rows.queue.begin(batch);
    rows.add(100);
    CHECK_FALSE(rows.queue.may_begin());
    rows.queue.end(batch);
    CHECK(rows.queue.may_begin());
}

TEST_CASE("statements grow with the load: 1, 1, 2, 4 and 8 rows of those that come one by one", "[row_batches]") {
    rows_queue rows({8, 100});
    std::vector<std::size_t> sizes;
    for (int row = 0; row < 16; ++row) {
        rows.add(1);
        if (!rows.queue.may_begin()) continue;
        row_batch<int> batch;
        rows.queue.begin(batch);
        sizes.push_back(batch.size());
    }
    CHECK(sizes == std::vector<std::size_t>{1, 1, 2, 4, 8});
}

TEST_CASE("a statement that has ended holds nobody back any more", "[row_batches]") {
    rows_queue rows({8, 100});
    row_batch<int> large;
    rows.add(50);
    rows.queue.begin(large);
    rows.add(1);
    CHECK_FALSE(rows.queue.may_begin());
    rows.queue.end(large);
    CHECK(rows.queue.may_begin());
}

TEST_CASE("a row whose owner gives up is not written", "[row_batches]") {
    rows_queue rows({1, 100});
    rows.add(3);
    rows.queue.remove(1);
    rows.queue.remove(3);
    row_batch<int> batch;
    rows.queue.begin(batch);
    CHECK(owners(batch) == numbers{2});
    rows.add(1);
    rows.queue.remove(4);
    rows.queue.end(batch);
    CHECK(rows.queue.is_empty());
    CHECK_FALSE(rows.queue.may_begin());
}

TEST_CASE("an owner that can only be moved is handed from the queue to the batch", "[row_batches]") {
    const order_row row;
    row_queue<std::unique_ptr<int>> queue({1, 10});
    queue.add({&row, start, std::make_unique<int>(7)});
    row_batch<std::unique_ptr<int>> batch;
    queue.begin(batch);
    REQUIRE(batch.size() == 1);
    CHECK(*batch.members()[0].owner == 7);
}

// --- the statements of a batch ---

TEST_CASE("a batch is one statement, over by the earliest deadline of its rows", "[row_batches]") {
    rows_queue rows({1, 10});
    for (const int owner : {3, 2, 4}) rows.add_owner(owner);
    row_batch<int> batch;
    rows.queue.begin(batch);
    REQUIRE_FALSE(batch.is_written());
    CHECK(ids(batch) == order_ids{3, 2, 4});
    CHECK(batch.deadline() == start + 2s);
    batch.written(error_kind::none);
    CHECK(batch.is_written());
    CHECK(kinds(batch) == std::vector(3, error_kind::none));
}

TEST_CASE("of a batch that PostgreSQL refuses each row is written alone, and fails alone", "[row_batches]") {
    rows_queue rows({1, 10});
    rows.add(3);
    row_batch<int> batch;
    rows.queue.begin(batch);
    batch.written(error_kind::database);
    const std::vector after{error_kind::none, error_kind::database, error_kind::timeout};
    for (std::size_t i = 0; i < after.size(); ++i) {
        CAPTURE(i);
        REQUIRE_FALSE(batch.is_written());
        CHECK(ids(batch) == order_ids{i + 1});
        CHECK(batch.deadline() == start + std::chrono::seconds(i + 1));  // of that row, not of the batch
        batch.written(after[i]);
    }
    CHECK(batch.is_written());
    CHECK(kinds(batch) == after);
}

TEST_CASE("a row that is refused alone is not written again", "[row_batches]") {
    rows_queue rows({1, 10});
    rows.add(1);
    row_batch<int> batch;
    rows.queue.begin(batch);
    batch.written(error_kind::database);
    CHECK(batch.is_written());
    CHECK(kinds(batch) == std::vector{error_kind::database});
}

TEST_CASE("a batch that is lost in any other way is not written again: its rows may be there", "[row_batches]") {
    const auto kind = GENERATE(error_kind::reset, error_kind::timeout, error_kind::connect, error_kind::resources);
    rows_queue rows({1, 10});
    rows.add(3);
    row_batch<int> batch;
    rows.queue.begin(batch);
    batch.written(kind);
    CHECK(batch.is_written());
    CHECK(kinds(batch) == std::vector(3, kind));
}

TEST_CASE("a batch that is used again knows nothing of the one before", "[row_batches]") {
    rows_queue rows({1, 3});
    rows.add(3);
    row_batch<int> batch;
    rows.queue.begin(batch);
    batch.written(error_kind::database);
    batch.written(error_kind::database);  // of the first row; the others are never written
    rows.queue.end(batch);
    batch.clear();
    CHECK(batch.is_written());  // nothing is in it
    rows.add(2);
    rows.queue.begin(batch);
    CHECK(ids(batch) == order_ids{4, 5});
    CHECK(batch.deadline() == start + 4s);
    batch.written(error_kind::none);
    CHECK(kinds(batch) == std::vector(2, error_kind::none));
}
