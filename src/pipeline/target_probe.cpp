#include "pipeline/target_probe.hpp"

#include "contracts/error.hpp"
#include "contracts/run_findings.hpp"
#include "pipeline/blocking_fetcher.hpp"
#include "pipeline/order_parser.hpp"
#include "pipeline/retry_rules.hpp"
#include "system/resolve_host.hpp"

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace pipebench {
namespace {

using clock = patience::clock;

constexpr order_id first_order = 1;
constexpr unsigned most_rounds = 3;  ///< over all addresses, while a failure may pass
constexpr auto pause_between_rounds = std::chrono::milliseconds(250);
constexpr duration least_per_address = std::chrono::seconds(1);  ///< where several share the time of an attempt

void end_if_interrupted(const patience& waits) {
    if (waits.is_over()) throw interrupted();
}

/// One address of the target.
class candidate {
public:
    candidate(const api_endpoint& api, std::string address, duration limit, const patience& waits)
        : address_(std::move(address)),
          limit_(limit),
          fetcher_(api, {boost::asio::ip::make_address(address_), api.port}, connection_use::keep_alive,
                   run_findings(*findings_), waits) {}

    bool gives_order() {
        const auto answer = fetcher_.fetch(first_order, clock::now() + limit_);
        kind_ = answer.kind;
        if (kind_ != error_kind::none) return false;
        const auto order = parse_order(answer.body);
        if (order && order->id == first_order) return true;
        kind_ = error_kind::bad_content;
        return false;
    }

    [[nodiscard]] std::optional<mock_api_card> card() {
        const auto answer = fetcher_.get(mock_api_card_path, clock::now() + limit_);
        return answer.kind == error_kind::none ? parse_mock_api_card(answer.body) : std::nullopt;
    }

    /// Not after a time-out: that has been waited for already.
    [[nodiscard]] bool may_recover() const { return kind_ != error_kind::timeout && worth_retrying(kind_); }
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] std::string reason() const {
        if (kind_ == error_kind::bad_content) return "answered 200, but not with order 1";
        return reason_in(*findings_, stage::fetch, kind_);
    }

private:
    std::string address_;
    duration limit_;
    std::unique_ptr<findings_state> findings_ = std::make_unique<findings_state>();
    blocking_fetcher fetcher_;
    error_kind kind_ = error_kind::none;
};

std::vector<std::unique_ptr<candidate>> candidates_of(const api_endpoint& api, duration attempt,
                                                      const patience& waits) try {
    const auto found = addresses_of(api.host);
    const auto share = attempt / static_cast<std::int64_t>(found.size());
    const auto limit = std::max(share, std::min(attempt, least_per_address));
    std::vector<std::unique_ptr<candidate>> out;
    for (const auto& address : found) out.push_back(std::make_unique<candidate>(api, address, limit, waits));
    return out;
} catch (const setup_error& e) {
    throw setup_error(fmt::format("--target: {}", e.what()));
}

[[noreturn]] void refuse(const api_endpoint& api, const std::vector<std::unique_ptr<candidate>>& all) {
    std::string reasons;
    for (const auto& one : all) {
        if (!reasons.empty()) reasons += "; ";
        reasons += all.size() == 1 ? one->reason() : fmt::format("{}: {}", one->address(), one->reason());
    }
    throw setup_error(fmt::format("--target: no order from {} at .../orders/1: {}; it must serve orders as in "
                                  "docs/order.schema.json",
                                  printable(api.authority, 200), reasons));
}

}  // namespace

probed_target probe_target(std::string_view url, duration attempt, const patience& waits) {
    const auto api = parse_api_endpoint(url);
    const auto all = candidates_of(api, attempt, waits);
    for (unsigned round = 1;; ++round) {
        for (const auto& one : all) {
            if (one->gives_order()) return {one->address(), one->card()};
            end_if_interrupted(waits);
        }
        const bool may_recover = std::any_of(all.begin(), all.end(), [](auto& one) { return one->may_recover(); });
        if (!may_recover || round == most_rounds) refuse(api, all);
        static_cast<void>(waits.wait(-1, 0, clock::now() + pause_between_rounds));
        end_if_interrupted(waits);
    }
}

}  // namespace pipebench
