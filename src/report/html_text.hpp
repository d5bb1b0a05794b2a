// Text, tables and data as parts of an HTML page. Pure.
#pragma once

#include "report/text_table.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace pipebench::reporting {

/// For the content of an element, and for an attribute in quotes: no tag, reference or attribute begins or ends in it.
[[nodiscard]] std::string escape_html(std::string_view text);

/// For <script type="application/json">: JSON in which no tag or comment begins. Bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string script_json(const nlohmann::ordered_json& data);

/// <table> with a caption and headers for columns and rows, in a box of its own that scrolls. An alarm is marked by the
/// "! " of its cells as well as by its class.
[[nodiscard]] std::string to_html(const table& t, std::string_view caption);

/// "sha256-...", as a Content-Security-Policy names an inline script or style.
[[nodiscard]] std::string policy_hash(std::string_view content);

}  // namespace pipebench::reporting
