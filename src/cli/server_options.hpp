// The options that name servers of the user: shared by run, gate, sweep and services.
#pragma once

#include "session/session_services.hpp"

namespace pipebench {

class option_set;

void declare_servers(option_set& options, server_choice& choice);

/// Refuses a malformed address before anything is started, and gives the target its normal form. Throws setup_error.
void check_addresses(server_choice& choice);

}  // namespace pipebench
