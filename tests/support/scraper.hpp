// A scraper of metrics, and what it read.
#pragma once

#include "support/command.hpp"
#include "system/descriptor.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pipebench::test {

/// A connection to a port of 127.0.0.1, whose reads and writes wait for `patience` at most; not open if it was refused.
[[nodiscard]] descriptor connect_to(std::uint16_t port);
/// What comes until the end, or until a wait is over.
[[nodiscard]] std::string read_all(const descriptor& from);

/// What a server of metrics said at one moment: series such as `pipebench_runs_total{pattern="semaphore"}` with values.
class scrape {
public:
    explicit scrape(const std::string& text);

    /// nullopt: there is no such series.
    [[nodiscard]] std::optional<double> value(const std::string& series) const;
    /// Of the series of this pattern; `more`: further labels, each after a comma.
    [[nodiscard]] std::optional<double> value(const std::string& name, const std::string& pattern,
                                              const std::string& scenario, const std::string& more = "") const;
    [[nodiscard]] const std::map<std::string, double>& series() const noexcept { return series_; }
    /// Descriptions of the counters, buckets and counts that were higher in the other one, or are missing here.
    [[nodiscard]] std::vector<std::string> fallen_since(const scrape& earlier) const;

private:
    std::map<std::string, double> series_;
};

/// /metrics of this port; nullopt if nobody answers with 200.
[[nodiscard]] std::optional<scrape> scrape_of(std::uint16_t port);

/// The port that a command says its metrics are at. Waits for it.
[[nodiscard]] std::uint16_t metrics_port_of(const running_command& c);

/// Scrapes every 20 ms, from the first answer to the end of the server.
[[nodiscard]] std::vector<scrape> scrapes_until_the_end(std::uint16_t port);

}  // namespace pipebench::test
