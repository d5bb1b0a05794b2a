// Rows to the parameters of their INSERT. Every statement is given them as text; a batch is filled into the strings of
// the one before, so that from the second one on it takes no memory.
#include "micro/measure.hpp"
#include "micro/samples.hpp"
#include "pipeline/order_table.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

using namespace pipebench;
using namespace pipebench::bench;

TEST_CASE("the parameters of a row", "[order_table]") {
    const auto rows = sample_rows();
    const auto used = measure({"row_parameters: a row"}, [&](std::size_t i) {
        const row_parameters parameters(pick(rows, i));
        keep(parameters);
    });
    REQUIRE(used.allocations == 0);
}

TEST_CASE("the parameters of a batch", "[order_table]") {
    const auto rows = sample_rows();
    std::vector<const order_row*> twice;  // a batch can begin at each of them
    for (std::size_t i = 0; i < 2 * sample_count; ++i) twice.push_back(&pick(rows, i));
    for (const std::size_t size : {1u, 10u, 100u}) {
        batch_parameters batch;
        const auto fill = [&](std::size_t i) {
            batch.fill(std::span(twice).subspan(i % sample_count, size));
            return batch.values();
        };
        REQUIRE(measure({fmt::format("batch_parameters: a row of {}", size), size}, fill).allocations == 0);
    }
}
