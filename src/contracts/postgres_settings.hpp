// The settings of PostgreSQL that pipebench relies on. Every connection of a session and of its runs sets them first,
// because a server, a database, a role or a variable such as PGDATESTYLE may have set others.
#pragma once

#include <string>

namespace pipebench {

/// One SELECT that sets them for the connection: text forms, names, time-outs (pipebench has its own limits) and
/// isolation. It changes nothing that costs or saves durability, such as synchronous_commit. `server_version`: as
/// libpq gives it, 150004.
[[nodiscard]] std::string connection_settings_sql(int server_version);

}  // namespace pipebench
