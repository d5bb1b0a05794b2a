// Numbers from the text of /proc. The wrong field would give a plausible memory or CPU time.
#include "system/proc_text.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace pipebench;

namespace {

// Fields of proc(5) from the 4th on: parent 40, group 41, session 42, tty 0, tpgid -1, flags 4194560, faults 1 2 3 4,
// utime 500, stime 60, cutime 7, cstime 8, priority 20, nice -5, ...
std::string stat_line(const std::string& name, char state = 'S') {
    return "4711 (" + name + ") " + state +
           " 40 41 42 0 -1 4194560 1 2 3 4 500 60 7 8 20 -5 1 0 12345 1000000 250 18446744073709551615\n";
}

}  // namespace

TEST_CASE("numbers are taken from the front of a text, one after another", "[proc]") {
    std::string_view text = "12 x34,5";
    CHECK(take_number(text) == 12);
    CHECK(take_number(text) == 34);
    CHECK(take_number(text) == 5);
    CHECK(take_number(text) == 0);
    CHECK(text.empty());
}

TEST_CASE("a value is found under its whole key, without blanks and quotes", "[proc]") {
    constexpr std::string_view text =
        "model name\t: A CPU @ 2 GHz \nPss_Dirty:  1 kB\nPss:        77 kB\nflags\t\t: fpu vme\n"
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nempty:\nlast: 1";
    CHECK(value_of(text, "model name", ':') == "A CPU @ 2 GHz");
    CHECK(value_of(text, "flags", ':') == "fpu vme");
    CHECK(value_of(text, "PRETTY_NAME", '=') == "Debian GNU/Linux 12 (bookworm)");
    CHECK(value_of(text, "Pss", ':') == "77 kB");  // not that of Pss_Dirty
    CHECK(value_of(text, "empty", ':').empty());
    CHECK(value_of(text, "last", ':') == "1");
    CHECK(value_of(text, "absent", ':').empty());
    CHECK(value_of("", "absent", ':').empty());
}

TEST_CASE("kilobytes are read as bytes", "[proc]") {
    constexpr std::string_view status = "Name:\tpipebench\nVmPeak:\t  900 kB\nVmHWM:\t  123 kB\nVmRSS:\t  100 kB\n";
    CHECK(bytes_of(status, "VmHWM") == 123 * 1024);
    CHECK(bytes_of(status, "VmHW") == 0);
    CHECK(bytes_of("", "VmHWM") == 0);
}

TEST_CASE("state, family and CPU time of a process are read from their fields", "[proc]") {
    const auto stat = parse_process_stat(stat_line("postgres", 'R'));
    REQUIRE(stat);
    CHECK(stat->state == 'R');
    CHECK(stat->parent == 40);
    CHECK(stat->group == 41);
    CHECK(stat->cpu_ticks == 500 + 60 + 7 + 8);
    CHECK(stat->start_tick == 12345);
}

TEST_CASE("a process may be named like the fields that follow its name", "[proc]") {
    for (const auto* name : {"a b", "a) Z 1 2 3", "1 2 3 (", ")"}) {
        const auto stat = parse_process_stat(stat_line(name));
        CAPTURE(name);
        REQUIRE(stat);
        CHECK(stat->state == 'S');
        CHECK(stat->parent == 40);
        CHECK(stat->cpu_ticks == 575);
    }
}

TEST_CASE("what is no line of a process is none", "[proc]") {
    for (const auto* text : {"", "4711", "4711 (name", "4711 (name)", "4711 (name) "}) {
        CAPTURE(text);
        CHECK_FALSE(parse_process_stat(text));
    }
    CHECK(parse_process_stat("1 (cut) S 2 3")->cpu_ticks == 0);
}

TEST_CASE("the resident pages are the second field of statm", "[proc]") {
    CHECK(resident_pages("2000 150 90 40 0 300 0\n") == 150);
    CHECK(resident_pages("") == 0);
}

TEST_CASE("the machine was busy with all but idling, waiting for disks, and what the hypervisor took", "[proc]") {
    const auto ticks =
        parse_cpu_line("cpu  1 20 300 4000 50000 600000 7000000 80000000 5 5\ncpu0 9 9 9 9 9 9 9 9 9 9\n");
    CHECK(ticks.busy == 1 + 20 + 300 + 600'000 + 7'000'000);
    CHECK(ticks.steal == 80'000'000);
    CHECK(ticks.total == 87'654'321);  // a guest's time is part of the first two
    CHECK(parse_cpu_line("").total == 0);
}
