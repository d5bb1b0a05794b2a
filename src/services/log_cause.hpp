// Finds in what a server or its tools have printed why they failed: the last line often only says what they did then.
#pragma once

#include <string>
#include <string_view>

namespace pipebench {

/// The last line that tells of an error ("FATAL:", "error:"), else the last line; printable. Empty for an empty log.
[[nodiscard]] std::string cause_in(std::string_view log);

}  // namespace pipebench
