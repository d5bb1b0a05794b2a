#include "system/patience.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace pipebench {
namespace {

constexpr std::chrono::nanoseconds longest_poll = std::chrono::seconds{1};

timespec time_until(patience::clock::time_point end) {
    // Not a plain difference: time_point::min() is too far away for one.
    const auto now = patience::clock::now();
    const auto left =
        end <= now ? std::chrono::nanoseconds{0} : std::min<std::chrono::nanoseconds>(end - now, longest_poll);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {seconds.count(), (left - seconds).count()};
}

}  // namespace

patience::clock::time_point patience::end_of_grace() const noexcept {
    if (signals_ == nullptr || signals_->count() == 0) return clock::time_point::max();
    return signals_->count() > 1 ? clock::time_point::min() : signals_->first_at() + grace_;
}

bool patience::is_over() const noexcept {
    if (signals_ != nullptr) signals_->poll();
    return end_of_grace() <= clock::now();
}

wait_end patience::wait(int fd, short events, clock::time_point deadline) const {
    pollfd one{fd, events, 0};
    return wait({&one, 1}, deadline);
}

wait_end patience::wait(std::span<pollfd> waiting, clock::time_point deadline) const {
    std::array<pollfd, max_waiting + 1> all{};  // with the signals last
    const auto count = std::min(waiting.size(), max_waiting);
    std::copy_n(waiting.begin(), count, all.begin());
    all[count] = {signals_ != nullptr ? signals_->native() : -1, POLLIN, 0};
    for (;;) {
        const auto end = is_over() ? clock::now() : std::min(deadline, end_of_grace());
        const auto time = time_until(end);
        const int ready = ::ppoll(all.data(), count + 1, &time, nullptr);
        if (ready < 0 && errno != EINTR) throw system_failure("cannot wait", errno);
        std::copy_n(all.begin(), count, waiting.begin());
        if (ready > 0 && std::any_of(waiting.begin(), waiting.end(), [](auto& w) { return w.revents != 0; }))
            return wait_end::ready;
        if (is_over()) return wait_end::interrupted;
        if (clock::now() >= deadline) return wait_end::timed_out;
    }
}

}  // namespace pipebench
