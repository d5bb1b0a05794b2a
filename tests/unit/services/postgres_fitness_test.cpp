// Which servers the runs can use. tests/cli/pooler_test.cpp asks real ones.
#include "services/postgres_fitness.hpp"

#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <vector>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

/// A connection that answers with these backends in turn.
postgres_question connection_to(std::vector<std::string> backends) {
    return [backends, next = std::size_t{0}](const std::string& sql) mutable -> std::string {
        if (sql.find("encoding") != std::string::npos) return "UTF8";
        return backends.at(next++ % backends.size());
    };
}

}  // namespace

TEST_CASE("two connections with a backend each fit", "[postgres]") {
    CHECK_NOTHROW(check_postgres_fits(connection_to({"1"}), connection_to({"2"})));
}

TEST_CASE("connections that share a backend, or whose backend changes, are pooled", "[postgres]") {
    const auto refused = MessageMatches(ContainsSubstring("pool_mode session"));
    CHECK_THROWS_MATCHES(check_postgres_fits(connection_to({"1"}), connection_to({"1"})), setup_error, refused);
    CHECK_THROWS_MATCHES(check_postgres_fits(connection_to({"1", "3"}), connection_to({"2"})), setup_error, refused);
    CHECK_THROWS_MATCHES(check_postgres_fits(connection_to({"1"}), connection_to({"2", "2", "3"})), setup_error,
                         refused);
}
