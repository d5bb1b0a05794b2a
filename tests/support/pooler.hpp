// A PgBouncer in front of the PostgreSQL of the tests.
#pragma once

#include "support/command.hpp"

#include <memory>
#include <string>

namespace pipebench::test {

class pooler {
public:
    /// `mode`: session, transaction or statement. `size`: connections to PostgreSQL. Returns when it answers.
    pooler(const std::string& mode, unsigned size);

    [[nodiscard]] static bool is_installed();
    [[nodiscard]] std::string url() const;  ///< a connection string

private:
    private_directory home_;
    std::unique_ptr<running_command> server_;
};

}  // namespace pipebench::test
