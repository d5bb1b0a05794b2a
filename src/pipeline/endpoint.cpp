#include "pipeline/endpoint.hpp"

#include "contracts/error.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <fmt/format.h>

#include <charconv>

namespace pipebench {
namespace {

[[noreturn]] void refuse(const char* what) {
    throw setup_error(fmt::format("--target: {}; expected http://host[:port][/prefix]", what));
}

}  // namespace

api_endpoint parse_api_endpoint(std::string_view url) {
    // First: Boost.URL 1.81 asserts on some of what has no "//" behind the scheme.
    if (!url.starts_with("http://")) refuse("only http:// is known");
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(url.data(), url.size()));
    if (!parsed) refuse("not a URL");
    // Wherever it is: behind a password with a '/' that is not encoded, it is in the path, and so is half the password.
    if (url.find('@') != url.npos) refuse("a user or password in the URL is not supported");
    if (parsed->has_query() || parsed->has_fragment()) refuse("a query or fragment makes no sense here");
    api_endpoint out;
    out.host = parsed->host();
    if (out.host.size() > 2 && out.host.front() == '[') out.host = out.host.substr(1, out.host.size() - 2);
    if (out.host.empty()) refuse("the host is missing");
    if (parsed->has_port()) {
        const std::string digits(parsed->port());  // Boost.URL 1.81 wraps a number above 65535
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
        if (error != std::errc{} || out.port == 0) refuse("the port is not in 1..65535");
    }
    out.prefix = std::string(parsed->encoded_path());
    while (!out.prefix.empty() && out.prefix.back() == '/') out.prefix.pop_back();
    out.authority = std::string(parsed->encoded_host_and_port());
    return out;
}

}  // namespace pipebench
