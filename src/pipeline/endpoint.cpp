#include "pipeline/endpoint.hpp"

#include "contracts/url.hpp"

#include <array>

namespace pipebench {
namespace {

constexpr std::array<std::string_view, 1> schemes{"http://"};
constexpr url_form form{.option = "--target", .expected = "http://host[:port][/prefix]", .schemes = schemes};

}  // namespace

api_endpoint parse_api_endpoint(std::string_view url) {
    const auto parts = parse_url(url, form);
    // Also in the path: after an unencoded '/' in a password, the '@' and the rest of the password are in the path.
    if (url.find('@') != url.npos) refuse_url(form, "a user or password in the URL is not supported");
    if (parts.host.empty()) refuse_url(form, "the host is missing");
    api_endpoint out;
    out.host = parts.host;
    out.port = parts.port.value_or(out.port);
    out.prefix = parts.encoded_path;
    while (!out.prefix.empty() && out.prefix.back() == '/') out.prefix.pop_back();
    out.authority = parts.encoded_authority;
    return out;
}

}  // namespace pipebench
