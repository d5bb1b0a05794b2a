// The options for servers of the user, shared by run, gate, sweep, services and doctor.
#pragma once

#include "session/session_services.hpp"

namespace pipebench {

class option_set;

void declare_servers(option_set& options, server_choice& choice);
/// --postgres and --redis alone.
void declare_databases(option_set& options, server_choice& choice);

/// Normalises the target. Throws setup_error for a malformed address. Called before anything is started.
void check_addresses(server_choice& choice);

}  // namespace pipebench
