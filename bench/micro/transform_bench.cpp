// An order to its row: the one stage that is nothing but CPU, once an order in every pattern.
#include "micro/measure.hpp"
#include "micro/samples.hpp"
#include "pipeline/transform.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using namespace pipebench::bench;

TEST_CASE("transform", "[transform]") {
    const auto orders = sample_orders();
    measure({"transform"}, [&](std::size_t i) { return transform(pick(orders, i)); });
}
