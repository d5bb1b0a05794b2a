// What scripts/packages.sh takes a distribution for, by its os-release, and what it says where it cannot install.
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// Calls a function of scripts/packages.sh on a machine with these two files.
command_end call(const std::string& function, const std::string& os_release, const std::string& debian_version = "") {
    const private_directory etc;
    std::ofstream(etc / "os-release") << os_release;
    if (!debian_version.empty()) std::ofstream(etc / "debian_version") << debian_version << "\n";
    const auto program = fmt::format("source {0}/scripts/lib.sh && source {0}/scripts/packages.sh && {1}",
                                     PIPEBENCH_SOURCE_DIR, function);
    return run(
        {{"bash", "-euc", program},
         {{"PIPEBENCH_OS_RELEASE", etc / "os-release"}, {"PIPEBENCH_DEBIAN_VERSION", etc / "debian_version"}}});
}

std::string taken_for(const std::string& os_release, const std::string& debian_version = "") {
    return call("distribution", os_release, debian_version).out;
}

}  // namespace

TEST_CASE("a relative of Debian or Ubuntu is taken for the release that it is made of", "[distribution]") {
    CHECK(taken_for("ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n") == "debian-12\n");
    CHECK(taken_for("ID=debian\nVERSION_CODENAME=forky\n", "forky/sid") == "debian-\n");
    CHECK(taken_for("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nUBUNTU_CODENAME=noble\n") == "ubuntu-24.04\n");
    CHECK(taken_for("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\nVERSION_CODENAME=wilma\n"
                    "UBUNTU_CODENAME=noble\n",
                    "trixie/sid") == "ubuntu-24.04\n");
    CHECK(taken_for("ID=pop\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n"
                    "UBUNTU_CODENAME=noble\n") == "ubuntu-24.04\n");
    CHECK(taken_for("ID=elementary\nID_LIKE=ubuntu\nVERSION_ID=\"8\"\nVERSION_CODENAME=circe\n"
                    "UBUNTU_CODENAME=noble\n") == "ubuntu-24.04\n");
    CHECK(taken_for("ID=zorin\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"17\"\nUBUNTU_CODENAME=jammy\n") ==
          "ubuntu-22.04\n");
    CHECK(taken_for("ID=linuxmint\nID_LIKE=debian\nVERSION_ID=\"6\"\nVERSION_CODENAME=faye\n"
                    "DEBIAN_CODENAME=bookworm\n",
                    "12.5") == "debian-12\n");
    CHECK(taken_for("ID=raspbian\nID_LIKE=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n") == "debian-12\n");
    CHECK(taken_for("ID=mx\nID_LIKE=debian\nVERSION_CODENAME=libretto\n", "13.1") == "debian-13\n");
    CHECK(taken_for("ID=kali\nID_LIKE=debian\nVERSION_CODENAME=kali-rolling\n", "kali-rolling") == "debian-\n");
    CHECK(taken_for("ID=fedora\nVERSION_ID=41\n") == "fedora-41\n");
    CHECK(taken_for("") == "unknown-\n");
}

TEST_CASE("a release that is too old is refused, and a relative of a later one is not", "[distribution]") {
    const auto old = call("knows_distribution", "ID=zorin\nID_LIKE=\"ubuntu debian\"\nUBUNTU_CODENAME=jammy\n");
    CHECK(old.code == 2);
    CHECK(contains(old.err, "ubuntu-22.04 is too old"));
    CHECK(call("knows_distribution", "ID=new\nID_LIKE=ubuntu\nUBUNTU_CODENAME=zebra\n").code == 0);
    CHECK(call("knows_distribution", "ID=arch\n").code == 1);
}

TEST_CASE("elsewhere one line says what is needed, in the words of the distribution", "[distribution]") {
    const auto fedora = call("ensure_packages build run", "ID=fedora\nVERSION_ID=41\n");
    CHECK(fedora.code == 0);
    CHECK(lines_of(fedora.err).size() == 1);
    for (const char* part :
         {"cannot install packages on fedora-41", "sudo dnf install gcc-c++", "libpqxx-devel", "postgresql-server"})
        CHECK(contains(fedora.err, part));
    CHECK(contains(call("ensure_packages build", "ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=9\n").err,
                   "on rocky-9; needed: sudo dnf install"));
    const auto manjaro = call("ensure_packages build run", "ID=manjaro\nID_LIKE=arch\n").err;
    CHECK(lines_of(manjaro).size() == 1);
    for (const char* part : {"on manjaro;", "sudo pacman -S --needed gcc", "nlohmann-json", "valkey"})
        CHECK(contains(manjaro, part));
    CHECK_FALSE(contains(manjaro, "libpq-dev"));
    CHECK(contains(call("ensure_packages build", "ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\nVERSION_ID=16\n").err,
                   "needed, by their Debian names: g++ "));
    CHECK(contains(call("ensure_packages run lint", "ID=arch\n").err, "postgresql valkey; needed, by their Debian"));
}
