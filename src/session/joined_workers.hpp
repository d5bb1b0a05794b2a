// The session's side of its workers elsewhere: it holds the session's name in Redis, announces each run there, and
// reads what the workers say of themselves. A thread of its own does that twice a second, also while Redis is away for
// a while; the record of orders never passes through here.
#pragma once

#include "contracts/session_cards.hpp"
#include "pipebench/duration.hpp"
#include "redis/redis_client.hpp"
#include "session/worker_roll.hpp"
#include "system/patience.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace pipebench {

/// --session, --expect-workers and --join-timeout.
struct join_settings {
    std::string name;
    std::uint64_t expected = 1;  ///< workers that a run waits for before its clock starts
    duration timeout = std::chrono::seconds{60};
};

class joined_workers {
public:
    /// Takes the name, which expires `name_lasts` after the session was killed. Throws setup_error if another session
    /// has it, `interrupted` after a signal. `card`: what is the same in all runs. `tell` is called on the thread that
    /// calls these functions, with the start of the run's clock, or the earliest time before it.
    using tell_change = std::function<void(const worker_change&, worker_roll::clock::time_point began)>;
    joined_workers(join_settings settings, const std::string& redis, session_card card, const patience& until,
                   tell_change tell);
    joined_workers(const joined_workers&) = delete;
    joined_workers& operator=(const joined_workers&) = delete;
    ~joined_workers();  ///< gives the name up: the workers drain and end

    /// Announces a run, and waits until the expected workers are ready for it. Throws setup_error that says who is there,
    /// `interrupted` after a signal.
    void announce(const std::string& table, const std::string& stream, const patience& until);
    /// The clock of the run starts.
    void begin();
    /// The run that was announced does not take place.
    void call_off();
    /// What has changed of the workers goes to the function that the constructor got.
    void tell_changes();
    /// Whether all workers have left or are missing, for as long as a run waits for them at its start.
    [[nodiscard]] bool nobody_is_left();
    /// Those that take part, as they are known now.
    [[nodiscard]] std::vector<joined_worker> seen();
    /// It has stopped: the workers drain. Waits until all have said so or are missing, and returns what they were.
    [[nodiscard]] std::vector<joined_worker> finish(worker_roll::clock::time_point ended, const patience& until);
    /// What went wrong with the name or with cards; the last call's lines are left out.
    [[nodiscard]] std::vector<std::string> take_warnings();

    static constexpr std::chrono::seconds name_lasts{10};
    static constexpr std::chrono::milliseconds beat{500};

private:
    using clock = worker_roll::clock;

    void take_name(const patience& until);
    void give_name_up() noexcept;
    void forget_gone();
    void keep_alive();
    void exchange();
    void read_cards(const std::vector<std::pair<std::string, std::string>>& cards);
    /// Waits until it holds, or the limit has passed. The lock is held when it is asked.
    [[nodiscard]] bool wait_until(const std::function<bool()>& holds, duration limit, const patience& until);
    void warn(const std::string& text);

    join_settings settings_;
    std::string redis_;
    join_keys keys_;
    tell_change tell_;
    clock::time_point began_{};
    std::optional<redis_client> client_;  ///< of the thread

    std::mutex mutex_;  ///< of all below
    std::condition_variable wake_;
    session_card card_;
    worker_roll roll_;
    std::vector<std::string> warnings_, told_;
    std::string failure_;  ///< of the last exchange with Redis; empty if it went well
    std::optional<clock::time_point> alone_since_;
    bool over_ = false, changed_ = false;
    std::thread thread_;
};

}  // namespace pipebench
