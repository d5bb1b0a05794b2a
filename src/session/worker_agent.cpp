#include "session/worker_agent.hpp"

#include "contracts/error.hpp"
#include "contracts/number.hpp"
#include "contracts/scenario.hpp"
#include "contracts/session_cards.hpp"
#include "contracts/units.hpp"
#include "pipeline/target_probe.hpp"
#include "redis/redis_client.hpp"
#include "services/inspect_postgres.hpp"
#include "services/inspect_redis.hpp"
#include "services/postgres_client.hpp"
#include "session/capacity.hpp"
#include "session/working_run.hpp"
#include "system/box.hpp"
#include "system/cpu_time.hpp"
#include "system/patience.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <optional>
#include <utility>

namespace pipebench {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr duration reply_limit = 2s;
constexpr std::chrono::milliseconds beat{500};        ///< between two cards
constexpr std::chrono::milliseconds look_again{250};  ///< for a session that is not there
constexpr duration gone_after = 3s;                   ///< without a card of the session, which expires by itself
constexpr duration longest_without_redis = 10min;
constexpr auto cards_last = "10000";  ///< ms that the workers' cards outlive the session

worker_card introduce() {
    worker_card out;
    utsname names{};
    ::uname(&names);
    out.instance = new_instance_id();
    out.host = names.nodename;
    out.kernel = fmt::format("{} {}", names.sysname, names.release);
    out.version = describe_build().version;
    out.pid = static_cast<std::uint64_t>(::getpid());
    out.cores = usable_cores();
    out.loop_lag_p99_ms = std::numeric_limits<double>::quiet_NaN();
    return out;
}

class worker_agent {
public:
    worker_agent(const worker_settings& s, signal_watch& signals, const std::function<void(const std::string&)>& say,
                 const tell_event& happened)
        : settings_(s), signals_(signals), say_(say), happened_(happened), keys_(s.name), card_(introduce()) {}

    worker_outcome work() {
        join();
        while (!may_leave()) {
            pause();
            follow_session();
            follow_signals();
            follow_run();
            tell_session();
        }
        sign_off();
        return std::move(outcome_);
    }

private:
    /// Before it has joined, the first signal ends every wait.
    [[nodiscard]] patience before_joining() const { return {signals_, duration{}}; }

    // --- joining ---

    void join() {
        static_cast<void>(inspect_redis(settings_.redis, "", before_joining()));
        const auto session = wait_for_session();
        if (session.version != card_.version)
            throw setup_error(
                fmt::format("the session '{}' is of pipebench {}, and this is {}: use one version everywhere",
                            settings_.name, session.version, card_.version));
        check_that_it_fits(session);
        check_postgres(session);
        check_target(session);
        card_.session = session.session;
        redis_client redis(parse_redis_address(settings_.redis), reply_limit, before_joining());
        tell(redis);
        const auto work = work_here(session.work, settings_);
        say_(fmt::format("joined the session '{}' as {}: {}, {}, {} in flight", settings_.name, card_.instance,
                         counted(work.streams.processes, "process", "processes"),
                         counted(work.streams.workers, "worker", "workers"),
                         streams_pattern().needs_at(work).in_flight));
        session_ = session;
        heard_of_redis_ = clock::now();
        tell_of_itself(event_kind::worker_joins);
    }

    /// Of the worker as a whole.
    void tell_of_itself(event_kind kind, const std::string& text = {}) const {
        event out{.kind = kind,
                  .fields = {{"session", settings_.name},
                             {"worker", card_.instance},
                             {"host", printable(card_.host, 120)},
                             {"process", card_.pid}}};
        if (!text.empty()) out.fields["text"] = printable(text);
        happened_(out);
    }

    session_card wait_for_session() {
        const auto deadline = clock::now() + settings_.wait;
        std::optional<redis_client> client;
        std::string away;
        bool told = false;
        for (;;) {
            try {
                if (!client) client.emplace(parse_redis_address(settings_.redis), reply_limit, before_joining());
                away.clear();
                if (const auto text = value_in(*client->command({"GET", keys_.card})))
                    return parse_session_card(*text);
            } catch (const redis_error& e) {
                if (!is_away(e)) throw;
                client.reset();
                away = fmt::format(": {}", e.what());
            }
            if (clock::now() >= deadline)
                throw setup_error(fmt::format("--join: no session '{}' within {} (--wait){}", settings_.name,
                                              format_duration(settings_.wait),
                                              away.empty() ? ": is it running, with this Redis?" : away));
            if (!std::exchange(told, true)) say_(fmt::format("waiting for the session '{}'", settings_.name));
            if (before_joining().wait(-1, 0, clock::now() + look_again) == wait_end::interrupted) throw interrupted();
        }
    }

    void check_that_it_fits(const session_card& session) {
        const auto need = streams_pattern().needs_at(work_here(session.work, settings_));
        raise_descriptor_limit_for(need);
        if (const auto why_not = does_not_fit("this worker", need, limits_of_this_box())) throw setup_error(*why_not);
    }

    void check_postgres(const session_card& session) {
        const auto seen = inspect_postgres(settings_.postgres, "", before_joining());
        postgres_client postgres(settings_.postgres, before_joining());
        const std::array<std::string, 1> schema{session.schema};
        const auto found =
            postgres.ask("SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1", schema);
        if (found.size() == 0)
            throw setup_error(
                fmt::format("--postgres: it has no schema {}, which the session '{}' writes to: is it another "
                            "server or database?",
                            session.schema, settings_.name));
        if (std::string_view(found.text(0, 0)) != "t")
            throw setup_error(
                fmt::format("--postgres: this role may not use the schema {}: use the session's role, or grant it",
                            session.schema));
        const auto need = streams_pattern().needs_at(work_here(session.work, settings_)).database_connections;
        if (seen.free_connections < need)
            throw setup_error(fmt::format("--postgres: {} free, and this worker needs {}: lower --db-connections or "
                                          "--processes, or raise max_connections",
                                          counted(seen.free_connections, "connection is", "connections are"), need));
    }

    void check_target(const session_card& session) {
        const auto found = probe_target(settings_.target, session.work.limits.attempt, before_joining());
        if (found.mock && found.mock->seed != session.work.seed)
            throw setup_error(
                fmt::format("--target: a mock API of seed {}, and the session has {}: use the session's",
                            found.mock->seed, session.work.seed));
        target_address_ = found.address;
    }

    // --- following the session ---

    [[nodiscard]] bool may_leave() const { return leaving_ && !run_; }

    void pause() {
        const auto deadline = clock::now() + beat;
        const patience waits;
        std::array<pollfd, 2> waiting{
            {{signals_.native(), POLLIN, 0}, {run_ ? run_->pid_descriptor() : -1, POLLIN, 0}}};
        static_cast<void>(waits.wait(waiting, deadline));
    }

    /// Reads the card of the session. While Redis cannot be reached, what was read last holds.
    void follow_session() try {
        if (!client_) client_.emplace(parse_redis_address(settings_.redis), reply_limit);
        const auto text = value_in(*client_->command({"GET", keys_.card}));
        heard_of_redis_ = clock::now();
        session_is_there_ = text.has_value();
        if (!text) return miss_session("the session is over");
        const auto session = parse_session_card(*text);
        if (session.session != card_.session) return leave("the session is over, and another one has its name");
        absent_since_.reset();
        if (session.version != session_.version || session.schema != session_.schema)
            return leave("the session's card is not the one that was joined");
        session_ = session;
    } catch (const redis_error& e) {
        client_.reset();
        absent_since_.reset();  // only a Redis that answers tells that there is no session
        if (clock::now() - heard_of_redis_ >= longest_without_redis)
            leave(fmt::format("Redis was away for too long: {}", e.what()));
    } catch (const setup_error& e) {
        if (std::exchange(misread_, e.what()) != e.what()) say_(misread_);
        miss_session("the session's card cannot be read");
    }

    void miss_session(const char* why) {
        if (!absent_since_) absent_since_ = clock::now();
        if (clock::now() - *absent_since_ >= gone_after) leave(why);
    }

    void follow_signals() {
        signals_.poll();
        if (signals_.count() > 0) leave("a signal came");
        if (signals_.count() > 1 && run_) run_->kill();
    }

    void leave(const std::string& why) {
        if (std::exchange(leaving_, true)) return;
        why_ = why;
        say_(why + (run_ ? ": ending what is in hand" : ""));
    }

    void follow_run() {
        const bool is_on = session_.phase != session_phase::between;
        if (run_) {
            run_->look();
            tell_feed();
            if (leaving_ || !is_on || session_.run != run_->number()) run_->drain(settings_.grace);
            if (const auto end = run_->end()) end_run(*end);
        } else if (is_on && !leaving_ && session_.run > last_run_) {
            last_run_ = session_.run;
            card_.phase = worker_phase::joined;
            start_run();
        }
        if (run_) run_->describe(card_);
        else if (card_.phase == worker_phase::working) card_.phase = worker_phase::joined;
    }

    void tell_feed_of_begin() {
        if (settings_.feed == nullptr) return;
        run_opening begins;
        begins.pattern = streams_pattern().id;
        begins.scenario = clean_scenario;
        begins.run = run_->number();
        begins.is_part = true;
        begins.in_flight_limit = streams_pattern().needs_at(run_->spec().work).in_flight;
        begins.work = run_->spec().work;
        settings_.feed->begin_run(begins, run_->record());
        glances_ = 0;
        next_glance_ = clock::now();
    }

    void tell_feed() {
        if (settings_.feed == nullptr || clock::now() < next_glance_) return;
        settings_.feed->tell(run_->glance(++glances_));
        next_glance_ = clock::now() + glance_interval;
    }

    void start_run() try {
        run_.emplace(session_, settings_, target_address_, card_.instance, say_, happened_);
        happened_({.kind = event_kind::run_begins, .fields = {{"orders", session_.work.orders}}, .run = last_run_});
        ++outcome_.runs;
        tell_feed_of_begin();
    } catch (const setup_error& e) {
        card_.phase = worker_phase::gave_up;
        outcome_.failure = e.what();
        leave(outcome_.failure);
    }

    void end_run(const child_end& end) {
        run_->describe(card_);
        if (settings_.feed != nullptr)
            settings_.feed->tell(run_closing{.verdict = end.describe(), .cpu_s = cpu_seconds(end.usage)});
        outcome_.orders += card_.ended;
        happened_(run_->last_event());
        const bool drained = run_->is_draining() && end.exited_with(0);
        run_.reset();
        card_.phase = drained ? worker_phase::drained : worker_phase::gave_up;
        if (drained) {
            card_.in_hand = 0;
            return;
        }
        outcome_.left_pending = card_.in_hand;
        outcome_.failure = fmt::format("its processes ended early: {}", end.describe());
        leave(outcome_.failure);
    }

    // --- telling it ---

    void tell_session() try {
        if (client_ && session_is_there_) tell(*client_);
    } catch (const redis_error&) {
        client_.reset();
    }

    void tell(redis_client& redis) {
        ++card_.beat;
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        card_.clock_s = std::chrono::duration<double>(now).count();
        redis.pipeline(
            {{"HSET", keys_.workers, card_.instance, to_text(card_)}, {"PEXPIRE", keys_.workers, cards_last}});
    }

    void sign_off() {
        const bool is_well = outcome_.failure.empty();
        if (is_well) card_.phase = worker_phase::signed_off;
        tell_session();
        tell_of_itself(is_well ? event_kind::worker_signs_off : event_kind::worker_gives_up,
                       is_well ? why_ : outcome_.failure);
    }

    const worker_settings& settings_;
    signal_watch& signals_;
    const std::function<void(const std::string&)>& say_;
    const tell_event& happened_;
    join_keys keys_;
    worker_card card_;
    std::string target_address_;
    std::optional<redis_client> client_;
    session_card session_;
    clock::time_point heard_of_redis_;
    std::optional<clock::time_point> absent_since_;  ///< the session, as Redis says
    std::string misread_;
    std::string why_;  ///< it leaves
    bool leaving_ = false, session_is_there_ = true;
    std::uint64_t last_run_ = 0, glances_ = 0;
    clock::time_point next_glance_;
    std::optional<working_run> run_;
    worker_outcome outcome_;
};

}  // namespace

worker_outcome work_for_session(const worker_settings& settings, signal_watch& signals,
                                const std::function<void(const std::string&)>& say, const tell_event& happened) {
    return worker_agent(settings, signals, say, happened).work();
}

}  // namespace pipebench
