// The schema of a session on a server that others use, too.
#include "session/session_schema.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <optional>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

/// A schema, and the warnings about it.
struct lodger {
    signal_watch signals;
    std::vector<std::string> warnings;
    std::optional<session_schema> schema;

    explicit lodger(const std::string& name, leftovers tables = leftovers::drop) {
        schema_settings s{.postgres = postgres(), .name = name, .tables = tables, .schema = tables, .warning = {}};
        s.warning = [this](const std::string& text) { warnings.push_back(text); };
        schema.emplace(std::move(s), session_patience(signals, 1h));
    }
};

std::int64_t tables_in(const std::string& schema) {
    return count(fmt::format("SELECT count(*) FROM pg_tables WHERE schemaname = '{}'", schema));
}

std::int64_t schemas_called(const std::string& name) {
    return count(fmt::format("SELECT count(*) FROM pg_namespace WHERE nspname = '{}'", name));
}

}  // namespace

TEST_CASE("the table of a run is dropped before the next, and the rest with the schema", "[schema]") {
    lodger l("lodger_a");
    const auto first = l.schema->make_table("first", 1ms);
    CHECK(tables_in("lodger_a") == 1);
    l.schema->end_table(first);
    CHECK(tables_in("lodger_a") == 1);  // its result may still have to be printed
    static_cast<void>(l.schema->make_table("second"));
    CHECK(tables_in("lodger_a") == 1);
    l.schema.reset();
    CHECK(schemas_called("lodger_a") == 0);
    CHECK(l.warnings.empty());
}

TEST_CASE("kept tables stay, and no second session gets their schema", "[schema]") {
    lodger l("lodger_b", leftovers::keep);
    l.schema->end_table(l.schema->make_table("first"));
    static_cast<void>(l.schema->make_table("second"));
    l.schema.reset();
    CHECK(tables_in("lodger_b") == 2);
    CHECK_THROWS_AS(lodger("lodger_b"), setup_error);
}

TEST_CASE("what somebody's open transaction has read is named and left, and goes as soon as it can", "[schema]") {
    lodger l("lodger_c");
    const auto table = l.schema->make_table("read");
    std::optional<pqxx::connection> browser(postgres());
    std::optional<pqxx::work> reading(*browser);
    reading->exec("SELECT FROM " + table.quoted());
    l.schema->end_table(table);
    static_cast<void>(l.schema->make_table("next"));
    REQUIRE(l.warnings.size() == 1);
    CHECK(contains(l.warnings[0], "table lodger_c.read stays"));
    CHECK(contains(l.warnings[0], "lock timeout"));
    SECTION("at the end of the transaction") {
        reading.reset();
        l.schema.reset();
        CHECK(schemas_called("lodger_c") == 0);
        CHECK(l.warnings.size() == 1);
    }
    SECTION("never, if the transaction outlives the session") {
        l.schema.reset();
        REQUIRE(l.warnings.size() == 2);
        CHECK(contains(l.warnings[1], "schema lodger_c is left"));
        CHECK(schemas_called("lodger_c") == 1);
        reading.reset();
        sql("DROP SCHEMA lodger_c CASCADE");
    }
}
