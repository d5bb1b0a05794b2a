// The session's directory: private, locked while its owner lives, and removed by others afterwards.
#include "services/scratch_directory.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdlib>
#include <fstream>
#include <vector>

using namespace pipebench;
using namespace pipebench::test;
namespace fs = std::filesystem;

namespace {

/// Sets TMPDIR to a temporary directory.
class own_tmp {
public:
    own_tmp() { ::setenv("TMPDIR", tmp_.path().c_str(), 1); }
    own_tmp(const own_tmp&) = delete;
    own_tmp& operator=(const own_tmp&) = delete;
    ~own_tmp() { ::unsetenv("TMPDIR"); }
    [[nodiscard]] const fs::path& path() const { return tmp_.path(); }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path()), fs::directory_iterator{}));
    }

private:
    private_directory tmp_;
};

/// Leaves an unlocked directory, as a killed session does.
void abandon_a_directory() {
    const pid_t owner = ::fork();
    REQUIRE(owner >= 0);
    if (owner == 0) {
        const scratch_directory scratch(std::nullopt);
        std::ofstream(scratch.make("redis", std::nullopt) / "log") << "words";
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(owner, &status, 0);
    REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("a scratch directory is private, and gone with its object", "[scratch]") {
    const own_tmp tmp;
    fs::path path;
    {
        const scratch_directory scratch(std::nullopt);
        path = scratch.path();
        CHECK(path.parent_path() == tmp.path());
        CHECK(fs::status(path).permissions() == fs::perms::owner_all);
        const auto inner = scratch.make("postgres", std::nullopt);
        CHECK(fs::status(inner).permissions() == fs::perms::owner_all);
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a scratch directory lies in /tmp where TMPDIR cannot hold a unix socket of PostgreSQL", "[scratch]") {
    const own_tmp tmp;
    const auto unfit = tmp.path() / GENERATE(std::string(80, 'x'), std::string("one,two"));
    fs::create_directory(unfit);
    ::setenv("TMPDIR", unfit.c_str(), 1);
    CHECK(scratch_directory(std::nullopt).path().parent_path() == "/tmp");
}

TEST_CASE("a sweep removes the directory of a killed owner", "[scratch]") {
    const own_tmp tmp;
    abandon_a_directory();
    REQUIRE(tmp.entries() == 1);
    scratch_directory::sweep();
    CHECK(tmp.entries() == 0);
}

TEST_CASE("a sweep leaves the directory of a live owner alone", "[scratch]") {
    const own_tmp tmp;
    const scratch_directory scratch(std::nullopt);
    scratch_directory::sweep();
    CHECK(fs::exists(scratch.path() / "lock"));
}

TEST_CASE("a sweep touches nothing that is not its own", "[scratch]") {
    const own_tmp tmp;
    const private_directory elsewhere;
    fs::create_directory(tmp.path() / "other-things");
    fs::create_directory(tmp.path() / "pipebench-unlocked");  // our name, and no lock in it
    std::ofstream(tmp.path() / "pipebench-file") << "a file";
    std::ofstream(elsewhere / "lock") << "";
    fs::create_symlink(elsewhere.path(), tmp.path() / "pipebench-link");
    scratch_directory::sweep();
    CHECK(tmp.entries() == 4);
    CHECK(fs::exists(elsewhere / "lock"));
}

TEST_CASE("a sweep follows no link out of a directory that it removes", "[scratch]") {
    const own_tmp tmp;
    const private_directory elsewhere;
    std::ofstream(elsewhere / "precious") << "data";
    abandon_a_directory();
    fs::create_symlink(elsewhere.path(), fs::directory_iterator(tmp.path())->path() / "link");
    scratch_directory::sweep();
    CHECK(tmp.entries() == 0);
    CHECK(fs::exists(elsewhere / "precious"));
}

TEST_CASE("sessions that start at the same time do not sweep each other's directories", "[scratch]") {
    const own_tmp tmp;
    constexpr int sessions = 8, rounds = 200;
    std::vector<pid_t> all;
    for (int i = 0; i < sessions; ++i) {
        const pid_t session = ::fork();
        REQUIRE(session >= 0);
        if (session > 0) {
            all.push_back(session);
            continue;
        }
        try {
            for (int round = 0; round < rounds; ++round) {
                scratch_directory::sweep();
                const scratch_directory scratch(std::nullopt);
                static_cast<void>(scratch.make("postgres", std::nullopt));
            }
        } catch (const setup_error&) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int failed = 0;
    for (const pid_t session : all) {
        int status = 0;
        ::waitpid(session, &status, 0);
        failed += status == 0 ? 0 : 1;
    }
    CHECK(failed == 0);
    CHECK(tmp.entries() == 0);
}
