// Quotes words for a shell, and formats this command line for output without secrets.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// Always in single quotes.
[[nodiscard]] std::string shell_quoted(std::string_view text);
/// In quotes only if a shell needs them.
[[nodiscard]] std::string shell_word(std::string_view text);

/// "pipebench run -n 10": `arguments` without the program's name. The values of the options that take a connection
/// string become ***, and so do the passwords of URLs and of key=value pairs in any other word.
[[nodiscard]] std::string printable_command(std::span<const std::string> arguments);

/// The command line of this process.
[[nodiscard]] std::string printable_command();

}  // namespace pipebench
