// A PgBouncer in front of the PostgreSQL of the tests.
#pragma once

#include "support/command.hpp"

#include <memory>
#include <string>

namespace pipebench::test {

class pooler {
public:
    /// `mode`: session, transaction or statement. `size`: connections to PostgreSQL. `listen`: an address, besides its
    /// unix socket. Returns when it answers.
    pooler(const std::string& mode, unsigned size, const std::string& listen = "");

    [[nodiscard]] static bool is_installed();
    [[nodiscard]] std::string url() const;  ///< a connection string
    [[nodiscard]] std::string port() const { return port_; }

private:
    private_directory home_;
    std::string port_;
    std::unique_ptr<running_command> server_;
};

}  // namespace pipebench::test
