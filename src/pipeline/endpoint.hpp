// The order API's address, parsed from a URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pipebench {

struct api_endpoint {
    std::string host;  ///< a name or an address, without brackets
    std::uint16_t port = 80;
    std::string prefix;     ///< path before /orders/{id}; empty or "/…", without a slash at the end
    std::string authority;  ///< for the Host header
    [[nodiscard]] std::string url() const { return "http://" + authority + prefix; }
};

/// Only http:// URLs without user, query and fragment. Throws setup_error otherwise; its text repeats no part of the
/// URL, which may hold a secret.
[[nodiscard]] api_endpoint parse_api_endpoint(std::string_view url);

}  // namespace pipebench
