// Measures one operation: its time, by Catch2, and beside it what it takes of the heap. When all is done, a table has
// both for a single operation. With --skip-benchmarks only the heap is measured, which takes seconds.
#pragma once

#include "micro/allocations.hpp"

#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/benchmark/catch_optimizer.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace pipebench::bench {

inline constexpr std::size_t calls_before = 256;    ///< uncounted: what is kept from call to call is there then
inline constexpr std::size_t calls_counted = 1024;  ///< whose use of the heap is counted

struct subject {
    std::string name;
    std::size_t per_call = 1;  ///< of the operation, in a call; Catch2's own lines are of a call

    [[nodiscard]] std::string name_of_call() const;
};

/// A line of the table.
void note(const subject& what, const heap_use& of_counted_calls);

/// Calls `operation` with 0, 1, 2, ..., by which it picks its input. What it returns counts as used. Returns what the
/// counted calls took of the heap.
template <class Operation>
heap_use measure(const subject& what, Operation operation) {
    std::size_t next = 0;
    BENCHMARK(what.name_of_call()) { return operation(next++); };
    const auto call = [&](std::size_t times) {
        while (times-- > 0) Catch::Benchmark::invoke_deoptimized(operation, next++);
    };
    call(calls_before);
    const auto before = heap_used();
    call(calls_counted);
    const auto used = heap_used() - before;
    note(what, used);
    return used;
}

/// The compiler has to have made it, as if somebody looked at it.
template <class T>
void keep(const T& value) {
    Catch::Benchmark::deoptimize_value(value);
}

/// What came back from where nothing may fail: a failure is fast, and would be measured for the work.
void require_none(auto kind) {
    if (kind != decltype(kind)::none) throw std::runtime_error("an operation failed while it was measured");
}

}  // namespace pipebench::bench
