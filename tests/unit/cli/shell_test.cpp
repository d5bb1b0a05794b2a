// Quoting for a shell, and the command line as it is printed and saved: without passwords.
#include "cli/shell.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <vector>

using namespace pipebench;

namespace {

std::string printed(const std::vector<std::string>& arguments) { return printable_command(arguments); }

}  // namespace

TEST_CASE("a word is quoted where a shell needs it", "[shell]") {
    CHECK(shell_word("--orders=10k") == "--orders=10k");
    CHECK(shell_word("/a/b_c-d.json") == "/a/b_c-d.json");
    CHECK(shell_word("20%") == "20%");
    CHECK(shell_word("") == "''");
    CHECK(shell_word("all.lost == 0") == "'all.lost == 0'");
    CHECK(shell_word("it's") == "'it'\\''s'");
    CHECK(shell_word("$(rm)") == "'$(rm)'");
    CHECK(shell_quoted("plain") == "'plain'");
}

TEST_CASE("a command is printed as it was typed", "[shell]") {
    CHECK(printed({}) == "pipebench");
    CHECK(printed({"run", "-n", "10k", "--assert", "all.lost == 0"}) ==
          "pipebench run -n 10k --assert 'all.lost == 0'");
    CHECK(printed({"--db-latency=1ms"}) == "pipebench --db-latency=1ms");
}

TEST_CASE("a command is one line without control characters", "[shell]") {
    CHECK(printed({"a\nb\x1b[2J"}).find_first_of("\n\x1b") == std::string::npos);
}

TEST_CASE("the value of an option for a connection string is not printed", "[shell][secret]") {
    const std::string option = GENERATE("--postgres", "--redis", "--target");
    const std::string value =
        GENERATE("sekrit", "postgresql://me:sekrit@host/db", "host=x password='sekrit too'", "");
    CHECK(printed({option, value, "-n", "5"}) == "pipebench " + option + " *** -n 5");
    CHECK(printed({option + "=" + value, "-n", "5"}) == "pipebench " + option + "=*** -n 5");
}

TEST_CASE("a single word before the host of a Redis is its password, and not printed", "[shell][secret]") {
    CHECK(printed({"--runner", "x=run redis://sekrit@host/0"}) == "pipebench --runner 'x=run redis://***@host/0'");
    CHECK(printed({"--runner", "x=run REDIS://sekrit@host"}) == "pipebench --runner 'x=run REDIS://***@host'");
    CHECK(printed({"--runner", "x=run postgresql://me@host"}) == "pipebench --runner 'x=run postgresql://me@host'");
}

TEST_CASE("what follows an option without its value is hidden rather than shown", "[shell][secret]") {
    CHECK(printed({"--redis"}) == "pipebench --redis");
    CHECK(printed({"--redis", "--postgres", "sekrit", "-n", "5"}) == "pipebench --redis *** *** -n 5");
}

TEST_CASE("a password anywhere in a command is not printed", "[shell][secret]") {
    const auto* word =
        GENERATE("mine=psql postgresql://me:sekrit@host/db", "mine=redis-cli -u redis://:sekrit@host:1",
                 "mine=x postgresql://me:sek/rit@host/db", "mine=x a://b:sekrit@c d://e:sekrit@f",
                 "mine=PGPASSWORD=sekrit psql", "mine=psql 'host=x password=sekrit user=y'",
                 "mine=psql \"password='sekrit two' host=x\"",
                 "mine=psql postgresql://host/db?password=sekrit&user=me", "mine=PASSWORD=sekrit", "password=sekrit");
    const auto text = printed({"--runner", word});
    CAPTURE(text);
    CHECK(text.find("sekrit") == std::string::npos);
    CHECK(text.find("***") != std::string::npos);
    CHECK(text.find(" two") == std::string::npos);
}

TEST_CASE("what holds no password is printed in full", "[shell][secret]") {
    const auto* word =
        GENERATE("mine=curl http://host:80/path", "mine=./x --user me@host", "mine=postgresql://me@host/db");
    CHECK(printed({word}) == "pipebench " + shell_word(word));
}

TEST_CASE("the command of this process is the one that was typed", "[shell]") {
    CHECK(printable_command().starts_with("pipebench"));
}
