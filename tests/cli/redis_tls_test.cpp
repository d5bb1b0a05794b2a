// A Redis that speaks TLS: used by every part of a session, and not trusted without a reason.
#include "support/redis_server.hpp"
#include "support/saved.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// A certificate for this name, signed by itself, and a redis-server that has it.
class tls_redis {
public:
    explicit tls_redis(const std::string& alternative_name) {
        const auto made =
            run({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                  "-days", "2", "-subj", "/CN=pipebench test", "-addext", "subjectAltName=" + alternative_name,
                  "-keyout", files_ / "key", "-out", certificate()},
                 {}});
        CAPTURE(made.err);
        REQUIRE(made.code == 0);
        server_.emplace(std::vector<std::string>{"--tls-port", std::to_string(port_), "--tls-cert-file",
                                                 certificate(), "--tls-key-file", files_ / "key",
                                                 "--tls-ca-cert-file", certificate(), "--tls-auth-clients", "no"});
    }
    [[nodiscard]] std::string certificate() const { return files_ / "certificate"; }
    [[nodiscard]] std::string url() const { return fmt::format("rediss://127.0.0.1:{}", port_); }
    [[nodiscard]] const redis_server& server() const { return *server_; }

private:
    private_directory files_;
    unsigned port_ = free_redis_port();
    std::optional<redis_server> server_;
};

command session_on(const user& someone, const std::string& url, const std::string& authorities) {
    auto out = someone.pipebench(quick_and(
        {"-p", "redis-streams", "--redis", url, "--busy-limit", "100%", "--export-json", someone.file("r.json")}));
    out.environment["SSL_CERT_FILE"] = authorities;
    return out;
}

}  // namespace

TEST_CASE("redis-streams runs on a Redis that speaks TLS", "[redis_tls]") {
    const tls_redis redis("IP:127.0.0.1");
    const user someone;
    const auto s =
        checked(someone, run(session_on(someone, redis.url(), redis.certificate())), someone.file("r.json"));
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    CHECK(s.result.runs.at(0).stored == 40);
    CHECK(std::ranges::count(s.result.servers, redis.url() + "/0", &server_info::origin) == 1);
    CHECK(redis.server().ask({"DBSIZE"})->integer == 0);
}

TEST_CASE("a Redis whose certificate nobody vouches for is refused", "[redis_tls]") {
    const tls_redis redis("IP:127.0.0.1");
    const user someone;
    check_refusal(run(session_on(someone, redis.url(), "/dev/null")),
                  {"the TLS handshake failed", "self-signed certificate"});
}

TEST_CASE("a Redis whose certificate is of another host is refused", "[redis_tls]") {
    const tls_redis redis("IP:192.0.2.1");
    const user someone;
    check_refusal(run(session_on(someone, redis.url(), redis.certificate())),
                  {"the TLS handshake failed", "mismatch"});
}

TEST_CASE("a Redis that speaks no TLS is refused where it is asked for", "[redis_tls]") {
    const redis_server redis;
    const user someone;
    auto url = redis.tcp_url();
    url.insert(url.find(':'), "s");
    check_refusal(run(session_on(someone, url, "/dev/null")), {"--redis", "the TLS handshake"});
}
