#include "report/html_text.hpp"

#include <fmt/format.h>

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace pipebench::reporting {
namespace {

std::string_view html_of(char c) {
    switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\'': return "&#39;";
        default: return {};
    }
}

/// The line separators of JavaScript, which JSON allows in a string.
constexpr std::string_view line_separators = "\xe2\x80\xa8\xe2\x80\xa9";
constexpr std::size_t separator_size = 3;

constexpr const char* class_of(align side) { return side == align::right ? " class=\"n\"" : ""; }

std::string header_row(const table& t) {
    std::string out = "<thead><tr>";
    for (const auto& c : t.columns) {
        const auto unit = c.unit.empty() ? "" : fmt::format(" <small>({})</small>", escape_html(c.unit));
        out += fmt::format("<th scope=\"col\"{}>{}{}</th>", class_of(c.side), escape_html(c.name), unit);
    }
    return out + "</tr></thead>\n";
}

std::string body_row(const table& t, const row& r) {
    std::string out = r.mood == tone::alarm ? "<tr class=\"alarm\">" : "<tr>";
    for (std::size_t i = 0; i < t.columns.size(); ++i) {
        const bool unmarked = i == 0 && r.mood == tone::alarm && !r.cells[i].starts_with('!');
        const auto cell = (unmarked ? "! " : "") + escape_html(r.cells[i]);
        out += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", class_of(t.columns[i].side), cell)
                      : fmt::format("<td{}>{}</td>", class_of(t.columns[i].side), cell);
    }
    return out + "</tr>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (const auto safe = html_of(c); !safe.empty()) out += safe;
        else out += c;
    }
    return out;
}

std::string script_json(const nlohmann::ordered_json& data) {
    const auto text = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto here = std::string_view(text).substr(i, separator_size);
        if (here == line_separators.substr(0, separator_size) || here == line_separators.substr(separator_size)) {
            out += here == line_separators.substr(0, separator_size) ? "\\u2028" : "\\u2029";
            i += separator_size - 1;
        } else if (text[i] == '<' || text[i] == '>' || text[i] == '&') {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(text[i]));
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string to_html(const table& t, std::string_view caption) {
    if (t.columns.empty()) return {};
    const auto name = escape_html(caption);
    std::string out = fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table>\n"
                                  "<caption>{}</caption>\n",
                                  name, name);
    out += header_row(t) + "<tbody>\n";
    for (const auto& r : t.rows) out += body_row(t, r);
    return out + "</tbody></table></div>\n";
}

std::string policy_hash(std::string_view content) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE / 3 + 1) + 1> text{};
    EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    return fmt::format("sha256-{}", reinterpret_cast<const char*>(text.data()));
}

}  // namespace pipebench::reporting
