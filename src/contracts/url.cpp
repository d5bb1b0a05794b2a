#include "contracts/url.hpp"

#include "contracts/error.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace pipebench {
namespace {

void require_known_scheme(std::string_view url, const url_form& form) {
    const auto alike = [](char lower, unsigned char given) { return lower == std::tolower(given); };  // RFC 3986, 3.1
    const auto begins_url = [&](std::string_view scheme) {
        const auto given = url.substr(0, scheme.size());
        return std::equal(scheme.begin(), scheme.end(), given.begin(), given.end(), alike);
    };
    if (std::any_of(form.schemes.begin(), form.schemes.end(), begins_url)) return;
    refuse_url(form, fmt::format("only {} {} known", fmt::join(form.schemes, " and "),
                                 form.schemes.size() == 1 ? "is" : "are"));
}

std::string in_lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::optional<std::uint16_t> port_of(const boost::urls::url_view& url, const url_form& form) {
    if (!url.has_port()) return std::nullopt;
    const std::string digits(url.port());  // Boost.URL 1.81 wraps a number above 65535
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || port == 0) refuse_url(form, "the port is not in 1..65535");
    return port;
}

}  // namespace

std::string percent_encoded(std::string_view path) {
    std::string out;
    for (const char c : path) {
        const bool plain =
            std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '-' || c == '_' || c == '.';
        if (plain) out += c;
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

void refuse_url(const url_form& form, std::string_view why) {
    throw setup_error(fmt::format("{}: {}; expected {}", form.option, why, form.expected));
}

url_parts parse_url(std::string_view url, const url_form& form) {
    require_known_scheme(url, form);  // first: Boost.URL 1.81 asserts on some texts without "//" after the scheme
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed) refuse_url(form, "not a URL");
    if (parsed->has_query() || parsed->has_fragment()) refuse_url(form, "a query or fragment makes no sense here");
    return {.scheme = in_lower_case(std::string_view(parsed->scheme().data(), parsed->scheme().size())),
            .host = parsed->host_address(),
            .port = port_of(*parsed, form),
            .user = parsed->user(),
            .password = parsed->password(),
            .path = parsed->path(),
            .encoded_path = std::string(parsed->encoded_path()),
            .encoded_authority = std::string(parsed->encoded_host_and_port()),
            .has_password = parsed->has_password(),
            .has_authority = !parsed->encoded_authority().empty()};
}

}  // namespace pipebench
