// Commands as the user nobody, who has no rights.
#pragma once

#include "support/command.hpp"

#include <pwd.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

namespace pipebench::test {

/// The command as nobody, who owns the files of `someone`. Skips the test if that cannot be.
inline command as_nobody(const user& someone, command c) {
    const passwd* nobody = ::getpwnam("nobody");
    if (::geteuid() != 0 || nobody == nullptr) SKIP("only root can become somebody else");
    if (run({{"which", "setpriv"}, {}}).code != 0) SKIP("setpriv is not installed");
    // The tree may be in a home that is closed to other users, so nobody starts a copy.
    const auto copy = someone.file("pipebench");
    std::filesystem::copy_file(PIPEBENCH_BINARY, copy);
    std::replace(c.arguments.begin(), c.arguments.end(), std::string(PIPEBENCH_BINARY), copy);
    const auto files = std::filesystem::path(copy).parent_path();
    for (const auto& directory : {files.native(), c.environment.at("TMPDIR")})
        REQUIRE(::chown(directory.c_str(), nobody->pw_uid, nobody->pw_gid) == 0);
    return behind({"setpriv", "--reuid=" + std::to_string(nobody->pw_uid),
                   "--regid=" + std::to_string(nobody->pw_gid), "--clear-groups"},
                  std::move(c));
}

}  // namespace pipebench::test
