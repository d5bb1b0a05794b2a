// Words as a shell takes them, and this command line as it may be printed and saved.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// In single quotes, whatever it holds.
[[nodiscard]] std::string shell_quoted(std::string_view text);
/// In quotes only where a shell needs them.
[[nodiscard]] std::string shell_word(std::string_view text);

/// "pipebench run -n 10": `arguments` without the program's name. The values of the options that take a connection
/// string become ***, and so do the passwords of URLs and of key=value pairs in any other word.
[[nodiscard]] std::string printable_command(std::span<const std::string> arguments);

/// That of this process.
[[nodiscard]] std::string printable_command();

}  // namespace pipebench
