// The differences between libpqxx 6.4 (Debian 12), 7.8 (Ubuntu 24.04) and 7.10 (Debian 13).
#pragma once

#include <pqxx/pqxx>

namespace pipebench {

/// libpqxx 6 reconnects silently, which would hide a lost connection.
inline void forbid_silent_reconnect([[maybe_unused]] pqxx::connection& c) {
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    c.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
template <class... Args>
pqxx::result exec_prepared(pqxx::transaction_base& t, const char* name, const Args&... args) {
    return t.exec_prepared(name, args...);
}
#pragma GCC diagnostic pop

}  // namespace pipebench
