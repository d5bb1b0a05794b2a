// A hostile server must not make its client take memory that it has not sent.
#include "redis/reply_reader.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace pipebench;

TEST_CASE("replies come out whole, however their bytes arrive", "[reply_reader]") {
    reply_reader reader;
    for (const char c : std::string("*2\r\n:1\r\n$3\r\nab")) {
        reader.take({&c, 1});
        CHECK(reader.next() == nullptr);
    }
    reader.take("c\r\n+OK\r\n");
    const auto first = reader.next();
    REQUIRE(first);
    CHECK(first->elements == 2);
    CHECK(std::string(reader.next()->str) == "OK");
    CHECK(reader.next() == nullptr);
}

TEST_CASE("an array that is only promised is refused before there is room for it", "[reply_reader]") {
    reply_reader reader;
    reader.take("*1\r\n:1\r\n*2147483647\r\n");
    CHECK(reader.next()->elements == 1);
    CHECK_THROWS_AS(reader.next(), redis_lost);
}

TEST_CASE("arrays in arrays in arrays are refused before they fill a stack", "[reply_reader]") {
    std::string nested;
    for (int depth = 0; depth < 100'000; ++depth) nested += "*1\r\n";
    reply_reader reader;
    reader.take(nested);
    CHECK_THROWS_AS(reader.next(), redis_lost);
}

TEST_CASE("all replies of an exchange together have a limit", "[reply_reader]") {
    reply_reader reader;
    const std::string part(1 << 20, 'x');
    reader.take("$500000000\r\n");
    std::size_t taken = 14;
    const auto take_for_ever = [&] {
        for (;; taken += part.size()) reader.take(part);
    };
    CHECK_THROWS_AS(take_for_ever(), redis_lost);
    CHECK(taken <= reply_reader::max_exchange_bytes);

    reply_reader another;
    for (int exchange = 0; exchange < 40; ++exchange) {
        another.begin_exchange();
        another.take("$1048576\r\n" + part + "\r\n");
        CHECK(another.next()->len == part.size());
    }
}

TEST_CASE("a reader that starts over has forgotten half a reply", "[reply_reader]") {
    reply_reader reader;
    reader.take("$3\r\na");
    CHECK(reader.next() == nullptr);
    reader.start_over();
    reader.take(":7\r\n");
    CHECK(reader.next()->integer == 7);
}
