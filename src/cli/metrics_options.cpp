#include "cli/metrics_options.hpp"

#include "cli/options.hpp"
#include "cli/terminal.hpp"
#include "contracts/scenario.hpp"
#include "system/environment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <utility>

namespace pipebench {
namespace {

run_closing end_of(const run_result& r) {
    return {.verdict = r.verdict.text,
            .time_s = r.time_s,
            .orders_per_s = r.orders_per_s,
            .cpu_s = r.cpu.total_s(),
            .harness_cpu_s = r.harness_cpu_s,
            .services = r.services,
            .ledger_checked = r.ledger.checked,
            .lost = r.ledger.lost,
            .corrupt = r.ledger.corrupt,
            .unexpected = r.ledger.unexpected};
}

/// Tells the feed of the runs of a session.
class run_teller {
public:
    explicit run_teller(live_feed& feed) : feed_(feed) {}

    void starts(const contestant& c, const run_place& place, std::chrono::duration<double> floor) {
        who_ = &c;
        place_ = place;
        floor_ = floor;
        told_ = false;
    }

    void goes(const contestant& c, const recorder& record, const run_glance& seen) {
        if (!std::exchange(told_, true)) {
            feed_.begin_run(describe(c, *place_.work), record);
            number_ = 0;
        }
        if (seen.number == number_) return;
        number_ = seen.number;
        feed_.tell(seen);
    }

    void ended(const run_result& r) {
        if (!told_) feed_.tell(describe(*who_, *place_.work));  // it could not begin
        feed_.tell(end_of(r));
    }

private:
    [[nodiscard]] run_opening describe(const contestant& c, const workload& work) const {
        const auto need = c.needs_at(work);
        run_opening out;
        out.pattern = c.id();
        out.scenario = place_.scenario.empty() ? clean_scenario : place_.scenario;
        out.round = place_.round;
        out.rounds = place_.rounds;
        out.run = place_.run;
        out.of = place_.of;
        out.warmup = place_.warmup;
        out.floor_s = floor_.count();
        if (need.bounds_in_flight) out.in_flight_limit = need.in_flight;
        out.work = work;
        return out;
    }

    live_feed& feed_;
    const contestant* who_ = nullptr;
    run_place place_;
    std::chrono::duration<double> floor_{};
    bool told_ = false;
    std::uint64_t number_ = 0;
};

}  // namespace

void declare_metrics(option_set& options, metrics_options& o) {
    options.text("--metrics", "HOST:PORT", o.address, "serve Prometheus metrics there; port 0 picks a free one");
    options.flag("--allow-remote", o.allow_remote, "allow an address that other machines can reach");
}

descriptor listen_for_metrics(const metrics_options& o, listen_address& where) try {
    where = parse_listen_address(o.address, o.allow_remote);
    return listen_at(where);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("--metrics: {}", e.what()));
}

std::unique_ptr<live_feed> open_metrics(const metrics_options& o, const std::string& command, verbosity speech) try {
    const bool for_view = o.live && o.address.empty();
    if (o.address.empty() && !for_view) {
        if (o.allow_remote) throw setup_error("--allow-remote: is about --metrics; give that, too");
        return nullptr;
    }
    const session_opening session{command, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))};
    auto out = std::make_unique<live_feed>(for_view ? listen_address{"127.0.0.1", 0}
                                                    : parse_listen_address(o.address, o.allow_remote),
                                           own_binary(), session, [](const std::string& text) { tell(text + "\n"); });
    if (speech != verbosity::quiet && !for_view) tell(fmt::format("metrics at {}/metrics\n", out->url()));
    return out;
} catch (const setup_error& e) {
    throw setup_error(o.address.empty() ? e.what() : fmt::format("--metrics: {}", e.what()));
}

void check_watched(const metrics_options& o, const session_settings& settings) {
    if (settings.watch != watching::end_only) return;
    if (!o.address.empty() || o.live)
        throw setup_error(fmt::format("{}: --no-watch looks at nothing while a run goes; leave out one of them",
                                      o.address.empty() ? "--live" : "--metrics"));
}

void let_feed_see(const live_feed& feed, session_settings& settings) {
    settings.glances = true;
    settings.helper = feed.pid();
}

void tell_feed(live_feed& feed, session_observer& observer) {
    const auto teller = std::make_shared<run_teller>(feed);
    observer.run_starts = [teller, then = observer.run_starts](const contestant& c, const run_place& place,
                                                               std::chrono::duration<double> floor) {
        teller->starts(c, place, floor);
        then(c, place, floor);
    };
    observer.run_goes = [teller, then = observer.run_goes](const contestant& c, const recorder& record,
                                                           const run_glance& seen) {
        teller->goes(c, record, seen);
        then(c, record, seen);
    };
    observer.run_ended = [teller, then = observer.run_ended](const run_result& r) {
        teller->ended(r);
        then(r);
    };
}

void tell_feed(live_feed& feed, const gate_settings& settings, gate_observer& observer) {
    observer.run_starts = [&feed, &settings](const pattern& p, std::uint64_t round) {
        run_opening begins;
        begins.pattern = p.id;
        begins.scenario = clean_scenario;
        begins.round = round;
        begins.rounds = settings.rounds;
        begins.work = settings.work;
        feed.tell(begins);
    };
    observer.run_ended = [&feed](const run_result& r) { feed.tell(end_of(r)); };
}

}  // namespace pipebench
