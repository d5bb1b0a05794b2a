// PostgreSQL recovers by itself from the crash of one of its processes. Only its log tells.
#include "services/throwaway_postgres.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;

namespace {

using lines = std::vector<std::string>;

std::string logged(const std::string& level, const std::string& text) {
    return "2026-03-05 10:11:12.345 UTC [4711] " + level + ":  " + text;
}

const std::string ends_all = logged("LOG", "terminating any other active server processes");

}  // namespace

TEST_CASE("a backend that was killed is named", "[services]") {
    CHECK(crash_in_postgres_log({logged("ERROR", "value too long"),
                                 logged("LOG", "server process (PID 17) was terminated by signal 9: Killed"),
                                 logged("DETAIL", "Failed process was running: INSERT"), ends_all}) ==
          "server process (PID 17) was terminated by signal 9: Killed");
}

TEST_CASE("a panic is the reason, not the end that follows from it", "[services]") {
    CHECK(crash_in_postgres_log({logged("PANIC", "could not write to file \"pg_wal/x\": No space left on device"),
                                 logged("LOG", "server process (PID 17) was terminated by signal 6: Aborted"),
                                 ends_all}) ==
          "PANIC:  could not write to file \"pg_wal/x\": No space left on device");
}

TEST_CASE("a process whose end stops no other is no crash", "[services]") {
    CHECK(crash_in_postgres_log({}).empty());
    CHECK(crash_in_postgres_log(
              {logged("LOG", "background worker \"logical replication launcher\" (PID 9) exited with exit code 1"),
               logged("FATAL", "terminating connection due to administrator command")})
              .empty());
}
