// Worker processes: forked copies of the calling process, each connected by a channel. The parent must have no other
// thread and no event loop when it forks. A replacement, which is forked while the parent works, closes the
// descriptors of the parent's connections and never uses them.
#pragma once

#include "concurrency/shared_words.hpp"
#include "system/descriptor.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace pipebench {

class process_log;

/// One end of a pair of connected sockets (SOCK_SEQPACKET). It carries whole messages, and ends when the other side
/// closes. Messages are plain structs of at most max_message bytes.
class message_channel {
public:
    static constexpr std::size_t max_message = 64;

    message_channel() = default;
    explicit message_channel(descriptor fd) : fd_(std::move(fd)) {}

    /// False if the other side has closed.
    template <class Message>
    bool send(const Message& m) const {
        static_assert(std::is_trivially_copyable_v<Message> && sizeof(Message) <= max_message);
        return send_bytes(std::as_bytes(std::span(&m, 1)));
    }

    /// Waits for a message; nullopt if the other side has closed or has sent a message of another size.
    template <class Message>
    std::optional<Message> receive() const {
        static_assert(std::is_trivially_copyable_v<Message> && sizeof(Message) <= max_message);
        Message m;
        if (!receive_bytes(std::as_writable_bytes(std::span(&m, 1)))) return std::nullopt;
        return m;
    }

    [[nodiscard]] int native() const noexcept { return fd_.get(); }
    void close() noexcept { fd_.reset(); }

private:
    bool send_bytes(std::span<const std::byte> message) const;
    bool receive_bytes(std::span<std::byte> message) const;

    descriptor fd_;
};

/// Worker processes that run the same body. A worker ends when its body returns, and its body must return when its
/// channel ends. The destructor closes every channel and waits for every worker; one that does not end within
/// `patience` is killed.
class worker_fleet {
public:
    /// Runs in the worker, with its channel and its number. An exception that escapes is printed in one line,
    /// and the worker exits with 1.
    using body = std::function<void(message_channel&, std::size_t)>;
    static constexpr std::size_t replacements_per_worker = 5;
    static constexpr std::chrono::seconds default_patience{10};

    /// `log` is told about those that die and those that replace them; it must outlive the fleet, or be null.
    worker_fleet(std::size_t workers, body work, std::chrono::milliseconds patience = default_patience,
                 const process_log* log = nullptr);
    worker_fleet(const worker_fleet&) = delete;
    worker_fleet& operator=(const worker_fleet&) = delete;
    ~worker_fleet();

    [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
    [[nodiscard]] message_channel& channel(std::size_t worker) { return workers_.at(worker).channel; }

    /// Waits up to `limit`, or until a replacement is due; returns the workers whose channel has a message or has
    /// ended.
    [[nodiscard]] std::span<const std::size_t> wait(std::chrono::nanoseconds limit);

    /// For a worker whose channel has ended, or that misbehaves: kills it, waits for it, and returns how it ended
    /// ("worker 4242 was killed by signal 9 (Killed)"). Its place stays empty until start_replacements().
    std::string reap(std::size_t worker);
    /// Starts new workers in the empty places, and returns these, without waiting. A place whose workers die young
    /// stays empty for a while, so that what kills them can pass: from the second death in turn on, for
    /// first_pause, doubled each time, up to longest_pause. Throws setup_error after too many replacements
    /// (replacements_per_worker).
    [[nodiscard]] std::vector<std::size_t> start_replacements();
    /// For a fleet whose workers send no messages: reaps those that have died, and starts replacements, without
    /// waiting. `tell` is called with how each ended.
    void replace_dead(const std::function<void(const std::string&)>& tell);
    /// Closes every channel and waits for every worker, as the destructor does. Returns how many did not end in time, and
    /// were killed.
    std::size_t stop() noexcept;

    static constexpr std::chrono::milliseconds young{1000}, first_pause{200}, longest_pause{5000};

private:
    using clock = std::chrono::steady_clock;

    struct member {
        pid_t pid = 0;  ///< 0 if the place is empty
        message_channel channel;
        clock::time_point started;
        unsigned young_deaths = 0;       ///< in turn
        clock::time_point replace_at{};  ///< if the place is empty
    };
    void start(std::size_t worker);
    [[nodiscard]] std::chrono::milliseconds time_to_replacement() const;

    body work_;
    std::chrono::milliseconds patience_;
    const process_log* log_;
    descriptor epoll_;
    std::vector<member> workers_;
    std::vector<std::size_t> ready_;
    std::size_t empty_places_ = 0;
    std::size_t replacements_ = 0;
    shared_words last_words_;  ///< of a worker that an exception has ended
    std::string last_end_;     ///< of a worker that was reaped
};

}  // namespace pipebench
