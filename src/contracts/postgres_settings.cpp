#include "contracts/postgres_settings.hpp"

#include <array>
#include <utility>

namespace pipebench {
namespace {

struct setting {
    const char *name, *value;
    int since = 0;  ///< the first version of the server that has it
};

constexpr std::array<setting, 11> settings{{{"client_encoding", "UTF8"},
                                            {"datestyle", "ISO, YMD"},
                                            {"timezone", "UTC"},
                                            {"search_path", "pg_catalog"},
                                            {"standard_conforming_strings", "on"},
                                            {"client_min_messages", "error"},  // no notices: nobody reads them
                                            {"default_transaction_isolation", "read committed"},
                                            {"statement_timeout", "0"},
                                            {"lock_timeout", "0"},
                                            {"idle_in_transaction_session_timeout", "0"},
                                            {"idle_session_timeout", "0", 140000}}};

}  // namespace

// Not the startup packet's "options", which poolers refuse; and one statement, as the extended protocol wants it.
std::string connection_settings_sql(int server_version) {
    std::string out = "SELECT ";
    for (const auto& [name, value, since] : settings) {
        if (server_version < since) continue;
        if (out.back() == ')') out += ", ";
        out.append("pg_catalog.set_config('").append(name).append("', '").append(value).append("', false)");
    }
    return out;
}

}  // namespace pipebench
