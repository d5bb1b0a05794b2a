// Replies of Redis are foreign bytes: a wrong one must be an error. Its address has a password, which must not be
// printed.
#include "redis/redis_reply.hpp"

#include "contracts/error.hpp"
#include "redis/redis_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>

using namespace pipebench;
using namespace std::string_literals;

namespace {

/// A reply from its bytes on the wire (RESP2).
redis_reply reply_of(std::string_view wire) {
    const std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader(redisReaderCreate(), redisReaderFree);
    void* reply = nullptr;
    REQUIRE(redisReaderFeed(reader.get(), wire.data(), wire.size()) == REDIS_OK);
    REQUIRE(redisReaderGetReply(reader.get(), &reply) == REDIS_OK);
    REQUIRE(reply != nullptr);
    return redis_reply(static_cast<redisReply*>(reply));
}

constexpr const char* error_reply = "-WRONGTYPE Operation against a key\r\n";

std::string refusal_of(const std::string& url) {
    try {
        (void)parse_redis_address(url);
    } catch (const setup_error& e) {
        return e.what();
    }
    return {};
}

}  // namespace

// --- entries_read ---

TEST_CASE("XREADGROUP's reply gives the entries with their fields", "[redis_reply]") {
    const auto reply = reply_of("*1\r\n*2\r\n$6\r\norders\r\n*2\r\n"
                                "*2\r\n$3\r\n1-0\r\n*2\r\n$5\r\norder\r\n$2\r\n42\r\n"
                                "*2\r\n$3\r\n1-1\r\n*4\r\n$5\r\norder\r\n$2\r\n43\r\n$4\r\nnote\r\n$0\r\n\r\n");
    const auto entries = entries_read(*reply);
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].id == "1-0");
    CHECK(entries[0].field("order") == "42");
    CHECK(entries[0].field("note").empty());
    CHECK(entries[1].id == "1-1");
    CHECK(entries[1].field("order") == "43");
    CHECK(entries[1].fields.size() == 2);
}

TEST_CASE("nil is no entries: the time to block has passed", "[redis_reply]") {
    CHECK(entries_read(*reply_of("*-1\r\n")).empty());
    CHECK(entries_read(*reply_of("$-1\r\n")).empty());
}

TEST_CASE("an entry without fields was deleted after its delivery, and is given without", "[redis_reply]") {
    const auto entries = entries_read(*reply_of("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*-1\r\n"));
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].id == "1-0");
    CHECK(entries[0].field("order").empty());
}

TEST_CASE("anything else is not taken for entries", "[redis_reply]") {
    const auto* wire =
        GENERATE("+OK\r\n", ":1\r\n", "$3\r\nabc\r\n", "*0\r\n", "*1\r\n:1\r\n", "*1\r\n*1\r\n$1\r\ns\r\n",
                 "*2\r\n*2\r\n$1\r\na\r\n*0\r\n*2\r\n$1\r\nb\r\n*0\r\n",    // two streams
                 "*1\r\n*2\r\n$1\r\ns\r\n:7\r\n",                           // no list of entries
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n:7\r\n",                     // no entry
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*1\r\n$3\r\n1-0\r\n",        // only an id
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n:1\r\n*0\r\n",         // an id that is none
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n:7\r\n",  // fields that are none
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n:1\r\n:2\r\n");
    CAPTURE(wire);
    CHECK_THROWS_AS(entries_read(*reply_of(wire)), redis_error);
}

// --- entries_listed ---

TEST_CASE("XCLAIM's and XRANGE's reply gives the entries with their fields", "[redis_reply]") {
    const auto entries = entries_listed(*reply_of("*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$5\r\norder\r\n$1\r\n7\r\n"
                                                  "*2\r\n$3\r\n1-1\r\n*-1\r\n"));
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].id == "1-0");
    CHECK(entries[0].field("order") == "7");
    CHECK(entries[1].fields.empty());
    CHECK(entries_listed(*reply_of("*0\r\n")).empty());
}

TEST_CASE("XCLAIM of 6.2 gives nil for an entry that was deleted: there is nothing to take over", "[redis_reply]") {
    const auto entries = entries_listed(*reply_of("*2\r\n*-1\r\n*2\r\n$3\r\n1-0\r\n*0\r\n"));
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].id == "1-0");
}

TEST_CASE("anything else is not taken for a list of entries", "[redis_reply]") {
    const auto* wire = GENERATE("*-1\r\n", "$-1\r\n", ":1\r\n", "+OK\r\n", "*1\r\n:1\r\n",
                                "*1\r\n*1\r\n$3\r\n1-0\r\n", "*1\r\n*2\r\n$3\r\n1-0\r\n:7\r\n");
    CAPTURE(wire);
    CHECK_THROWS_AS(entries_listed(*reply_of(wire)), redis_error);
}

// --- ids_claimed, ids_renewed ---

TEST_CASE("XAUTOCLAIM's reply has two elements from 6.2, and three from 7.0", "[redis_reply]") {
    const std::string claimed = "$3\r\n5-0\r\n*2\r\n$3\r\n1-0\r\n$3\r\n1-1\r\n";
    const auto wire =
        GENERATE_COPY(as<std::string>{}, "*2\r\n" + claimed, "*3\r\n" + claimed + "*1\r\n$3\r\n2-0\r\n");
    const auto result = ids_claimed(*reply_of(wire));
    CHECK(result.cursor == "5-0");
    CHECK(result.ids == std::vector<std::string>{"1-0", "1-1"});
}

TEST_CASE("XAUTOCLAIM may hand nothing over and yet not be at its end", "[redis_reply]") {
    const auto result = ids_claimed(*reply_of("*3\r\n$3\r\n5-0\r\n*0\r\n*0\r\n"));
    CHECK(result.cursor == "5-0");
    CHECK(result.ids.empty());
}

TEST_CASE("anything else is not taken for claimed ids", "[redis_reply]") {
    const auto* wire = GENERATE("*-1\r\n", "*1\r\n$3\r\n0-0\r\n", "*2\r\n:0\r\n*0\r\n", "*2\r\n$3\r\n0-0\r\n:1\r\n",
                                "*4\r\n$3\r\n0-0\r\n*0\r\n*0\r\n*0\r\n",
                                "*2\r\n$0\r\n\r\n*0\r\n",                               // no cursor
                                "*2\r\n$3\r\n0-0\r\n*1\r\n*-1\r\n",                     // no id
                                "*2\r\n$3\r\n0-0\r\n*1\r\n$3\r\n1-x\r\n",               // nor this
                                "*2\r\n$3\r\n0-0\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*0\r\n");  // without JUSTID
    CAPTURE(wire);
    CHECK_THROWS_AS(ids_claimed(*reply_of(wire)), redis_error);
}

TEST_CASE("a renewal answers with the ids that are still pending", "[redis_reply]") {
    CHECK(ids_renewed(*reply_of("*0\r\n")).empty());
    CHECK(ids_renewed(*reply_of("*1\r\n$3\r\n7-1\r\n")) == std::vector<std::string>{"7-1"});
    const auto* wire = GENERATE("*-1\r\n", ":1\r\n", "$3\r\n1-0\r\n", "*1\r\n:1\r\n", "*1\r\n$0\r\n\r\n",
                                "*1\r\n$1\r\n-\r\n", "*1\r\n$1\r\n1\r\n", "*1\r\n$2\r\n1-\r\n", "*1\r\n$2\r\n-1\r\n",
                                "*1\r\n$5\r\n1-0-0\r\n", "*1\r\n$23\r\n123456789012345678901-0\r\n");
    CAPTURE(wire);
    CHECK_THROWS_AS(ids_renewed(*reply_of(wire)), redis_error);
}

// --- entries_pending ---

TEST_CASE("XPENDING tells how often an entry was delivered", "[redis_reply]") {
    const auto rows = entries_pending(*reply_of("*1\r\n*4\r\n$3\r\n1-0\r\n$2\r\nme\r\n:1200\r\n:3\r\n"));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].id == "1-0");
    CHECK(rows[0].deliveries == 3);
    CHECK(entries_pending(*reply_of("*0\r\n")).empty());
}

TEST_CASE("anything else is not taken for pending entries", "[redis_reply]") {
    const auto* wire =
        GENERATE("*-1\r\n", ":0\r\n", "*1\r\n:1\r\n", "*1\r\n*3\r\n$3\r\n1-0\r\n$2\r\nme\r\n:1\r\n",
                 "*1\r\n*4\r\n$3\r\n1-0\r\n$2\r\nme\r\n:1200\r\n:-3\r\n",
                 "*1\r\n*4\r\n$3\r\n1-0\r\n$2\r\nme\r\n$1\r\n1\r\n:3\r\n",
                 "*1\r\n*4\r\n$3\r\n1-0\r\n:7\r\n:1200\r\n:3\r\n", "*1\r\n*4\r\n*0\r\n$2\r\nme\r\n:1200\r\n:3\r\n",
                 "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n");  // the summary: XPENDING without a range
    CAPTURE(wire);
    CHECK_THROWS_AS(entries_pending(*reply_of(wire)), redis_error);
}

// --- count_in, throw_if_aborted ---

TEST_CASE("a count is a whole number from 0", "[redis_reply]") {
    CHECK(count_in(*reply_of(":0\r\n")) == 0);
    CHECK(count_in(*reply_of(":42\r\n")) == 42);
    const auto* wire = GENERATE(":-1\r\n", "$1\r\n1\r\n", "*0\r\n", "$-1\r\n", "-ERR no\r\n");
    CAPTURE(wire);
    CHECK_THROWS_AS(count_in(*reply_of(wire)), redis_error);
}

TEST_CASE("a transaction of which any command failed has not been carried out", "[redis_reply]") {
    CHECK_NOTHROW(throw_if_aborted(*reply_of("*2\r\n$3\r\n1-0\r\n:1\r\n")));
    const auto* wire = GENERATE("*-1\r\n", "$-1\r\n", "+QUEUED\r\n", "-EXECABORT discarded\r\n",
                                "*2\r\n$3\r\n1-0\r\n-WRONGTYPE of a key\r\n");
    CAPTURE(wire);
    CHECK_THROWS_AS(throw_if_aborted(*reply_of(wire)), redis_error);
}

// --- errors ---

TEST_CASE("an error reply is thrown in the server's words", "[redis_reply]") {
    CHECK_THROWS_WITH(throw_if_error(*reply_of(error_reply)), "Redis: WRONGTYPE Operation against a key");
    CHECK_THROWS_AS(entries_read(*reply_of(error_reply)), redis_error);
    CHECK_THROWS_AS(entries_listed(*reply_of(error_reply)), redis_refusal);
    CHECK_THROWS_AS(ids_claimed(*reply_of(error_reply)), redis_refusal);
    CHECK_THROWS_AS(ids_renewed(*reply_of(error_reply)), redis_refusal);
    CHECK_THROWS_AS(entries_pending(*reply_of(error_reply)), redis_refusal);
    CHECK_NOTHROW(throw_if_error(*reply_of("+OK\r\n")));
}

TEST_CASE("a refusal tells by its first word what can be done about it", "[redis_reply]") {
    CHECK(redis_refusal("NOGROUP No such key 's'").group_lost());
    CHECK(redis_refusal("UNBLOCKED the stream key no longer exists").group_lost());
    CHECK(redis_refusal("BUSYGROUP Consumer Group name already exists").group_exists());
    CHECK(redis_refusal("ERR no such key").group_lost());
    const redis_refusal other("NOGROUPS");
    CHECK_FALSE((other.group_lost() || other.group_exists() || other.is_away()));
    CHECK_FALSE(redis_refusal("").group_lost());
}

TEST_CASE("a server that cannot serve now is away, like one that is lost", "[redis_reply]") {
    const auto* words = GENERATE(
        "LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots", "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot", "NOREPLICAS Not enough good replicas to write.",
        "MASTERDOWN Link with MASTER is down", "BUSY Redis is busy",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        "ERR max number of clients reached",
        "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.");
    CAPTURE(words);
    CHECK(redis_refusal(words).is_away());
    CHECK(is_away(redis_refusal(words)));
}

TEST_CASE("a refusal that another try does not mend is not taken for an absence", "[redis_reply]") {
    const auto* words =
        GENERATE("ERR unknown command 'XADD'", "NOPERM this user has no permissions", "NOAUTH",
                 "WRONGPASS invalid username-password pair", "WRONGTYPE Operation against a key",
                 "NOGROUP No such key", "EXECABORT Transaction discarded because of previous errors.");
    CAPTURE(words);
    CHECK_FALSE(is_away(redis_refusal(words)));
    CHECK(is_away(redis_lost("gone")));
    CHECK_FALSE(is_away(redis_error("strange")));
}

TEST_CASE("a transaction with a refused command is refused, in the words of that command", "[redis_reply]") {
    const auto reply = reply_of("*2\r\n$3\r\n1-0\r\n-WRONGTYPE of a key\r\n");
    CHECK(is_refused(*reply));
    CHECK_THROWS_WITH(throw_if_error(*reply), "Redis: WRONGTYPE of a key");
    CHECK_FALSE(is_refused(*reply_of("*2\r\n$3\r\n1-0\r\n:1\r\n")));
}

// --- group_in, last_id_in ---

TEST_CASE("XINFO GROUPS tells what is left of a group, with a lag from 7.0", "[redis_reply]") {
    const auto old = reply_of("*2\r\n*2\r\n$4\r\nname\r\n$5\r\nother\r\n*6\r\n$4\r\nname\r\n$7\r\nworkers\r\n"
                              "$7\r\npending\r\n:3\r\n$17\r\nlast-delivered-id\r\n$3\r\n7-1\r\n");
    const auto group = group_in(*old, "workers");
    REQUIRE(group);
    CHECK(group->pending == 3u);
    CHECK(group->lag == std::nullopt);
    CHECK(group->last_delivered == "7-1");
    CHECK_FALSE(group_in(*old, "nobody"));
    const auto recent = reply_of("*1\r\n*4\r\n$4\r\nname\r\n$1\r\ng\r\n$3\r\nlag\r\n:9\r\n");
    CHECK(group_in(*recent, "g")->lag == 9u);
    const auto unknown = reply_of("*1\r\n*4\r\n$4\r\nname\r\n$1\r\ng\r\n$3\r\nlag\r\n$-1\r\n");
    CHECK(group_in(*unknown, "g")->lag == std::nullopt);
}

TEST_CASE("XINFO STREAM tells the last id", "[redis_reply]") {
    CHECK(last_id_in(*reply_of("*4\r\n$6\r\nlength\r\n:1\r\n$17\r\nlast-generated-id\r\n$3\r\n7-1\r\n")) == "7-1");
    const auto* wire = GENERATE("*0\r\n", "*1\r\n:1\r\n", ":1\r\n", "*2\r\n$17\r\nlast-generated-id\r\n:7\r\n");
    CAPTURE(wire);
    CHECK_THROWS_AS(last_id_in(*reply_of(wire)), redis_error);
    CHECK_THROWS_AS(group_in(*reply_of(":1\r\n"), "g"), redis_error);
}

TEST_CASE("control characters in an error cannot reach the terminal", "[redis_reply]") {
    CHECK_THROWS_WITH(throw_if_error(*reply_of("-ERR \x1b[2J\x07\x7f\r\n")), "Redis: ERR \\x1b[2J\\x07\\x7f");
    CHECK(printable("a\nb", 400) == "a\\x0ab");
    CHECK(printable(std::string(401, 'x')) == std::string(400, 'x') + "...");
}

// --- append_command ---

TEST_CASE("a command goes out as an array of counted words, whatever bytes they hold", "[redis_reply]") {
    std::string out;
    append_command(out, {"PING"});
    CHECK(out == "*1\r\n$4\r\nPING\r\n");
    append_command(out, {"SET", "", "a\r\nb\0c"s});
    CHECK(out == "*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$0\r\n\r\n$6\r\na\r\nb\0c\r\n"s);
}

// --- redis_address ---

TEST_CASE("a Redis is found by host, port and database, with a user and a password", "[redis_address]") {
    const auto plain = parse_redis_address("redis://cache.example");
    CHECK(plain.host == "cache.example");
    CHECK(plain.port == 6379);
    CHECK(plain.database == 0);
    CHECK(plain.password.empty());
    CHECK(plain.unix_path.empty());
    const auto full = parse_redis_address("redis://me:p%40ss%2fword@10.0.0.1:7000/15");
    CHECK(full.host == "10.0.0.1");
    CHECK(full.port == 7000);
    CHECK(full.database == 15);
    CHECK(full.user == "me");
    CHECK(full.password == "p@ss/word");
    CHECK(parse_redis_address("redis://:pw@h").password == "pw");
    CHECK(parse_redis_address("redis://:pw@h").login_commands() == std::vector<redis_command>{{"AUTH", "pw"}});
    CHECK(parse_redis_address("redis://[::1]:6380").host == "::1");  // as a resolver takes it
}

TEST_CASE("a single word before the host is the password, as for redis-cli", "[redis_address]") {
    CHECK(parse_redis_address("redis://pw@h").login_commands() == std::vector<redis_command>{{"AUTH", "pw"}});
    CHECK(parse_redis_address("redis://me:@h").login_commands() == std::vector<redis_command>{{"AUTH", "me", ""}});
    CHECK(parse_redis_address("redis://h").login_commands().empty());
}

TEST_CASE("a Redis is found by the path of its socket", "[redis_address]") {
    CHECK(parse_redis_address("unix:///run/redis.sock").unix_path == "/run/redis.sock");
    CHECK(parse_redis_address("unix:///a%20b.sock").unix_path == "/a b.sock");
    CHECK(parse_redis_address("rediss://host").tls);
    CHECK(parse_redis_address("rediss://host:1").printable_form() == "rediss://host:1/0");
    CHECK_FALSE(parse_redis_address("redis://host").tls);
}

TEST_CASE("what is not a Redis address is refused in one line", "[redis_address]") {
    const auto* url = GENERATE("", "localhost", "localhost:6379", "http://host", "rediss://", "redis://",
                               "redis://:6379", "redis://host:0", "redis://host:65536", "redis://host:x",
                               "redis://host/x", "redis://host/1x", "redis://host/-1", "redis://host/0/1",
                               "redis://host/99999999999", "redis://host/0?db=1", "redis://host/0#1", "unix://",
                               "unix:///", "unix://run/redis.sock", "redis://ho st", "redis://host\n", "redis:\xb5");
    CAPTURE(url);
    const auto refusal = refusal_of(url);
    CHECK_FALSE(refusal.empty());
    CHECK(refusal.find('\n') == std::string::npos);
}

TEST_CASE("nothing that is printed of a Redis address holds its user or password", "[redis_address]") {
    const auto* url =
        GENERATE("redis://sesame:sesame@host", "redis://sesame@host", "redis://:sesame@host:1/2",
                 "redis://:sesame@host:0", "redis://:sesame@host/x", "redis://:sesame@host:99999", "redis://:sesame@",
                 "redis://:ses ame-sesame@host", "redis://:%zzsesame@host", "http://:sesame@host",
                 "unix://:sesame@/run/redis.sock", "redis://:sesame@host/0?password=sesame", "sesame");
    CAPTURE(url);
    const auto refusal = refusal_of(url);
    CHECK(refusal.find("sesame") == std::string::npos);
    if (refusal.empty()) CHECK(parse_redis_address(url).printable_form().find("sesame") == std::string::npos);
}

TEST_CASE("an address is printed so that it can be recognised", "[redis_address]") {
    CHECK(parse_redis_address("redis://:pw@host/3").printable_form() == "redis://host:6379/3");
    CHECK(parse_redis_address("redis://:pw@[::1]:1").printable_form() == "redis://[::1]:1/0");
    CHECK(parse_redis_address("unix:///run/redis.sock").printable_form() == "unix:///run/redis.sock");
    CHECK(parse_redis_address("unix:///%1b%5b2J").printable_form() == "unix:///\\x1b[2J");
    CHECK(parse_redis_address("redis://%1bh").printable_form() == "redis://\\x1bh:6379/0");
}
