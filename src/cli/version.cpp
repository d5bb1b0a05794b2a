// version: what this program is, and the libraries that it runs with.
#include "cli/command.hpp"
#include "cli/commit.hpp"
#include "cli/options.hpp"
#include "system/box.hpp"

#include <boost/version.hpp>
#include <CLI/Version.hpp>
#include <hiredis.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <pqxx/version>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pipebench {
namespace {

using nlohmann::ordered_json;

std::string dotted(int number, int unit) {
    return fmt::format("{}.{}.{}", number / unit / unit, number / unit % unit, number % unit);
}

/// As it was compiled with, but for libpq and OpenSSL: as they are now.
ordered_json libraries() {
    const int pq = PQlibVersion();
    return {
        {"boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
        {"libpqxx", PQXX_VERSION},
        {"libpq", fmt::format("{}.{}", pq / 10000, pq % 10000)},
        {"hiredis", fmt::format("{}.{}.{}", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH)},
        {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
        {"fmt", dotted(FMT_VERSION, 100)},
        {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                      NLOHMANN_JSON_VERSION_PATCH)},
        {"cli11", CLI11_VERSION},
        {"prometheus-cpp", PIPEBENCH_PROMETHEUS_VERSION},
        {"ncurses", PIPEBENCH_NCURSES_VERSION}};
}

class version_command final : public command {
public:
    void declare(option_set& options) override { options.flag("--json", json_, "with commit, build and libraries"); }
    exit_code run() override {
        const auto build = describe_build();
        if (!json_) {
            fmt::print("pipebench {}\n", build.version);
            return exit_code::ok;
        }
        const ordered_json out{{"version", build.version},       {"commit", PIPEBENCH_COMMIT},
                               {"build_type", build.type},       {"compiler", build.compiler},
                               {"sanitizers", build.sanitizers}, {"libraries", libraries()}};
        fmt::print("{}\n", out.dump(2));
        return exit_code::ok;
    }

private:
    bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_version() { return std::make_unique<version_command>(); }

}  // namespace pipebench
