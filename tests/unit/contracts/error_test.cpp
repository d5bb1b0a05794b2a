// Foreign text in messages: a terminal must not interpret it.
#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>

using namespace pipebench;

TEST_CASE("a failure of the system names what failed and why", "[error]") {
    CHECK(std::string(system_failure("cannot read it", ENOENT).what()) ==
          "cannot read it: No such file or directory");
}

TEST_CASE("every control character is shown as its number", "[error]") {
    for (int byte = 0; byte < 0x20; ++byte) {
        const auto shown = printable(std::string(1, static_cast<char>(byte)));
        CAPTURE(byte);
        CHECK(shown.size() == 4);
        CHECK(shown.starts_with("\\x"));
    }
    CHECK(printable("\x7f") == "\\x7f");
    CHECK(printable("a b~") == "a b~");
}

TEST_CASE("characters that hide or turn text are replaced, their neighbours are not", "[error]") {
    constexpr const char* replaced = "\xEF\xBF\xBD";
    for (const auto* hidden :
         {"\xc2\x80", "\xc2\x9f", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"})
        CHECK(printable(hidden) == replaced);
    for (const auto* shown : {"\xc2\xa0", "\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa"})
        CHECK(printable(shown) == shown);
}

TEST_CASE("what is no UTF-8 is replaced, and the rest is kept", "[error]") {
    CHECK(printable("a\xffz") == "a\xEF\xBF\xBDz");
    CHECK(printable("half \xe2\x82") == "half \xEF\xBF\xBD");
}

TEST_CASE("a text is cut at its limit and not within a character", "[error]") {
    CHECK(printable("abcdef", 6) == "abcdef");
    CHECK(printable("abcdef", 5) == "abcde...");
    CHECK(printable("\xe2\x82\xac\xe2\x82\xac", 5) == "\xe2\x82\xac...");
    CHECK(printable("abc", 0) == "...");
    CHECK(printable("", 0).empty());
}

TEST_CASE("a message of a library becomes one line without its codes and its quotations", "[error]") {
    CHECK(one_line("ERROR:  relation \"x\" does not exist\nLINE 1: SELECT 1\n            ^\n") ==
          "ERROR: relation \"x\" does not exist");
    CHECK(one_line("connection to server failed: refused\n\tIs the server running?\n") ==
          "connection to server failed: refused; Is the server running?");
    CHECK(one_line("[json.exception.parse_error.101] parse error at line 1") == "parse error at line 1");
    CHECK(one_line("[json.exception.").empty());
    CHECK(one_line("\n\n").empty());
}
