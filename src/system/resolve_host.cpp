#include "system/resolve_host.hpp"

#include "contracts/error.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace pipebench {
namespace {

struct release {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using address_list = std::unique_ptr<addrinfo, release>;

address_list look_up(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    if (error == 0) return address_list(found);
    throw setup_error(fmt::format("cannot find host {}: {}", printable(host),
                                  error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error)));
}

}  // namespace

std::vector<std::string> addresses_of(const std::string& host) {
    std::vector<std::string> out;
    const auto found = look_up(host);
    for (const auto* one = found.get(); one != nullptr; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
            out.emplace_back(text.data());
    }
    if (out.empty()) throw setup_error(fmt::format("host {} has no IP address", printable(host)));
    return out;
}

}  // namespace pipebench
