// Reading a descriptor to its end.
#include "system/descriptor.hpp"

#include "system/output_pipe.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <string>

using namespace pipebench;

namespace {

void write_to(int to, const std::string& text) {
    REQUIRE(::write(to, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a descriptor is read to its end, behind what is there already", "[descriptor]") {
    auto pipe = make_pipe();
    const std::string content(40'000, 'x');  // more than is read at once
    write_to(pipe.write_end.get(), content);
    pipe.write_end.reset();
    std::string text = "before ";
    CHECK(read_into(text, pipe.read_end.get()) == read_stop::at_end);
    CHECK(text == "before " + content);
}

TEST_CASE("a reader stops when it has more than its limit", "[descriptor]") {
    const auto pipe = make_pipe();
    write_to(pipe.write_end.get(), std::string(60'000, 'x'));
    std::string text;
    CHECK(read_into(text, pipe.read_end.get(), 100) == read_stop::over_limit);
    CHECK(text.size() > 100);
    CHECK(text.size() < 60'000);
}

TEST_CASE("a descriptor that cannot be read is an error, and its errno is kept", "[descriptor]") {
    std::string text;
    CHECK(read_into(text, -1) == read_stop::by_error);
    CHECK(errno == EBADF);
    CHECK(text_of_file("/nowhere/at/all").empty());
    CHECK(text_of_file("/proc/self/stat").find(')') != std::string::npos);
}

TEST_CASE("an output pipe gives what has arrived, and does not wait for more", "[descriptor]") {
    output_pipe pipe;
    std::string text;
    CHECK_FALSE(pipe.drain_into(text, 100));
    write_to(pipe.write_end(), "one");
    CHECK_FALSE(pipe.drain_into(text, 100));
    CHECK(text == "one");
    CHECK(pipe.read_end() >= 0);
}

TEST_CASE("an output pipe says when its limit stopped it, and when all writers are gone", "[descriptor]") {
    output_pipe pipe;
    write_to(pipe.write_end(), "more than five");
    pipe.close_write_end();
    std::string text;
    CHECK(pipe.drain_into(text, 5));
    CHECK(pipe.read_end() >= 0);
    text.clear();
    CHECK_FALSE(pipe.drain_into(text, 5));
    CHECK(pipe.read_end() == -1);
    CHECK_FALSE(pipe.drain_into(text, 5));
}

TEST_CASE("a channel keeps messages apart and ends with its other side", "[descriptor]") {
    auto [ours, theirs] = make_channel("a test");
    write_to(theirs.get(), "first");
    write_to(theirs.get(), "second");
    theirs.reset();
    std::string message(100, '\0');
    CHECK(::read(ours.get(), message.data(), message.size()) == 5);
    CHECK(::read(ours.get(), message.data(), message.size()) == 6);
    CHECK(::read(ours.get(), message.data(), message.size()) == 0);
}
