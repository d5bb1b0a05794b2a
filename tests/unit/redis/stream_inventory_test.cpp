// If a missing order is not added to the stream again, the run waits for it until its limit; if one is added although
// it is there, it is done twice.
#include "redis/stream_inventory.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using ids = std::vector<order_id>;

TEST_CASE("at first every order is missing, in chunks of the limit", "[stream_inventory]") {
    const stream_inventory all(5);
    CHECK(all.missing_after(0, 3) == ids{1, 2, 3});
    CHECK(all.missing_after(3, 3) == ids{4, 5});
    CHECK(all.missing_after(5, 3).empty());
    CHECK_FALSE(all.all_done());
}

TEST_CASE("an order that is on the stream, or done, is not missing", "[stream_inventory]") {
    stream_inventory all(5);
    all.mark_found(1);
    CHECK_FALSE(all.mark_added(2));
    all.mark_done(4);
    CHECK(all.missing_after(0, 10) == ids{3, 5});
}

TEST_CASE("orders that were on the stream and are gone are missing again, and those that are done are not",
          "[stream_inventory]") {
    stream_inventory all(4);
    all.mark_found(1);
    all.mark_added(2);
    all.mark_added(3);
    all.mark_done(2);
    all.forget_stream();
    all.mark_found(3);
    CHECK(all.missing_after(0, 10) == ids{1, 4});
    CHECK(all.mark_added(1));        // again
    CHECK_FALSE(all.mark_added(4));  // for the first time
    CHECK(all.missing_after(0, 10).empty());
}

TEST_CASE("all is done when each order has a result, however often it comes", "[stream_inventory]") {
    stream_inventory all(2);
    all.mark_done(1);
    all.mark_done(1);
    CHECK_FALSE(all.all_done());
    all.mark_done(2);
    CHECK(all.all_done());
}

TEST_CASE("ids that nobody ordered are ignored", "[stream_inventory]") {
    stream_inventory all(2);
    for (const order_id id : {order_id{0}, order_id{3}, ~order_id{0}}) {
        all.mark_done(id);
        all.mark_found(id);
        CHECK_FALSE(all.mark_added(id));
        CHECK_FALSE(all.mark_added(id));
    }
    CHECK_FALSE(all.all_done());
    CHECK(all.missing_after(0, 10) == ids{1, 2});
}
