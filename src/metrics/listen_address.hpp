// Where metrics are served: --metrics HOST:PORT.
#pragma once

#include "system/descriptor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pipebench {

struct listen_address {
    std::string host;  ///< an IP address, without brackets
    std::uint16_t port = 0;

    [[nodiscard]] std::string url() const;  ///< "http://127.0.0.1:9464"
};

/// "127.0.0.1:9464", "[::1]:9464", "localhost:9464"; port 0 takes a free one. Throws setup_error, also for an address
/// that other machines can reach unless `remote_allowed`.
[[nodiscard]] listen_address parse_listen_address(std::string_view text, bool remote_allowed);

/// A listening socket, closed at exec. Sets the port that was taken. Throws setup_error, which names the address: the port
/// is in use, or the address is none of this machine.
[[nodiscard]] descriptor listen_at(listen_address& where);

}  // namespace pipebench
