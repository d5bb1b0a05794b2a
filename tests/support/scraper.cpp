#include "support/scraper.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <sstream>
#include <thread>

namespace pipebench::test {
namespace {

constexpr std::chrono::milliseconds pause{20};

bool only_rises(const std::string& series) {
    const auto name = series.substr(0, series.find('{'));
    return name.ends_with("_total") || name.ends_with("_bucket") || name.ends_with("_count");
}

}  // namespace

descriptor connect_to(std::uint16_t port) {
    descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(out.is_open());
    const timeval limit{patience.count(), 0};
    ::setsockopt(out.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(out.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(out.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) return {};
    return out;
}

std::string read_all(const descriptor& from) {
    std::string out;
    std::array<char, 16 * 1024> part{};
    for (ssize_t n = 0; (n = ::recv(from.get(), part.data(), part.size(), 0)) > 0;)
        out.append(part.data(), static_cast<std::size_t>(n));
    return out;
}

scrape::scrape(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto space = line.rfind(' ');
        if (line.empty() || line.front() == '#' || space == line.npos) continue;
        series_[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
}

std::optional<double> scrape::value(const std::string& series) const {
    const auto at = series_.find(series);
    return at == series_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<double> scrape::value(const std::string& name, const std::string& pattern, const std::string& scenario,
                                    const std::string& more) const {
    return value(fmt::format(R"({}{{pattern="{}",scenario="{}"{}}})", name, pattern, scenario, more));
}

std::vector<std::string> scrape::fallen_since(const scrape& earlier) const {
    std::vector<std::string> out;
    for (const auto& [series, before] : earlier.series_) {
        if (!only_rises(series)) continue;
        const auto now = value(series);
        if (!now) out.push_back(series + " is gone");
        else if (*now < before) out.push_back(fmt::format("{} fell from {} to {}", series, before, *now));
    }
    return out;
}

std::optional<scrape> scrape_of(std::uint16_t port) {
    const auto peer = connect_to(port);
    if (!peer.is_open()) return std::nullopt;
    const std::string request = "GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
    if (::send(peer.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        return std::nullopt;
    const auto answer = read_all(peer);
    const auto body = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 200 ") || body == answer.npos) return std::nullopt;
    return scrape(answer.substr(body + 4));
}

std::uint16_t metrics_port_of(const running_command& c) {
    REQUIRE(c.says("/metrics\n"));
    const auto said = c.err();
    const std::string before = "metrics at http://127.0.0.1:";
    const auto at = said.find(before);
    REQUIRE(at != said.npos);
    return static_cast<std::uint16_t>(std::stoul(said.substr(at + before.size())));
}

std::vector<scrape> scrapes_until_the_end(std::uint16_t port) {
    std::vector<scrape> out;
    while (auto one = scrape_of(port)) {
        out.push_back(*std::move(one));
        std::this_thread::sleep_for(pause);
    }
    return out;
}

}  // namespace pipebench::test
