#include "system/patience.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace pipebench {
namespace {

constexpr std::int64_t longest_poll_ms = 1000;

int milliseconds_until(patience::clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - patience::clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest_poll_ms));
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
        const int ready = ::poll(all.data(), count + 1, milliseconds_until(end));
        if (ready < 0 && errno != EINTR) throw system_failure("cannot wait", errno);
        std::copy_n(all.begin(), count, waiting.begin());
        if (ready > 0 && std::any_of(waiting.begin(), waiting.end(), [](auto& w) { return w.revents != 0; }))
            return wait_end::ready;
        if (is_over()) return wait_end::interrupted;
        if (clock::now() >= deadline) return wait_end::timed_out;
    }
}

}  // namespace pipebench
