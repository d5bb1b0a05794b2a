#include "report/trace.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <queue>
#include <set>
#include <tuple>
#include <unordered_map>

namespace pipebench::reporting {
namespace {

/// What one holder of an order did with it, by time and without overlaps.
struct course {
    std::vector<span> spans;

    [[nodiscard]] std::int64_t begin() const { return spans.front().begin_ns; }
    [[nodiscard]] std::int64_t end() const { return spans.back().end_ns; }
    [[nodiscard]] bool can_be_followed_by(const span& s) const { return end() <= s.begin_ns; }
};

/// The one that goes on with this span: if it can be, of the same process. Null if all of them overlap it.
course* continued_by(const span& s, std::vector<course>& of_order) {
    course* best = nullptr;
    for (auto& c : of_order) {
        if (!c.can_be_followed_by(s)) continue;
        const auto rank = [&](const course& x) { return std::pair(x.spans.back().process == s.process, x.end()); };
        if (best == nullptr || rank(*best) < rank(c)) best = &c;
    }
    return best;
}

/// `spans` by time.
std::vector<course> courses_of(const std::vector<span>& spans) {
    std::unordered_map<order_id, std::vector<course>> by_order;
    for (const auto& s : spans) {
        auto& of_order = by_order[s.order];
        auto* c = continued_by(s, of_order);
        if (c == nullptr) c = &of_order.emplace_back();
        c->spans.push_back(s);
    }
    std::vector<course> out;
    for (auto& [id, courses] : by_order) std::move(courses.begin(), courses.end(), std::back_inserter(out));
    std::ranges::sort(out, {}, [](const course& c) { return std::pair(c.begin(), c.spans.front().order); });
    return out;
}

/// Gives out the lowest track that is free.
class tracks {
public:
    std::uint64_t take(std::int64_t from, std::int64_t to) {
        for (; !busy_.empty() && busy_.top().first <= from; busy_.pop()) free_.insert(busy_.top().second);
        if (free_.empty()) free_.insert(++made_);
        const auto lowest = *free_.begin();
        free_.erase(free_.begin());
        busy_.emplace(to, lowest);
        return lowest;
    }

private:
    using occupied = std::pair<std::int64_t, std::uint64_t>;  ///< until then
    std::priority_queue<occupied, std::vector<occupied>, std::greater<>> busy_;
    std::set<std::uint64_t> free_;
    std::uint64_t made_ = 0;
};

bool is_attempt(span_kind k) { return k == span_kind::fetch || k == span_kind::store; }
bool is_moment(const span& s) { return s.begin_ns == s.end_ns; }

/// "stored" and "failed" say more than "ended".
std::string_view title_of(const span& s) {
    if (s.what != span_kind::ended) return name_of(s.what);
    return s.result == error_kind::none ? "stored" : "failed";
}

std::string arguments_of(const span& s) {
    auto out = fmt::format(R"({{"order":{},"process":{})", s.order, s.process);
    const auto to = std::back_inserter(out);
    if (s.attempt > 0) fmt::format_to(to, R"(,"attempt":{})", s.attempt);
    if (is_attempt(s.what) || s.what == span_kind::transform || s.what == span_kind::ended)
        fmt::format_to(to, R"(,"outcome":"{}")", s.result == error_kind::none ? "ok" : name_of(s.result));
    if (s.status > 0) fmt::format_to(to, R"(,"status":{})", s.status);
    if (s.what == span_kind::ended && s.result != error_kind::none)
        fmt::format_to(to, R"(,"stage":"{}")", name_of(s.at));
    return out + "}";
}

double microseconds(std::int64_t ns) { return static_cast<double>(ns) / 1e3; }

/// The events of a file, one a line.
class event_list {
public:
    void name_process(std::uint64_t pid, const std::string& name) {
        using nlohmann::json;
        const auto quoted = json(name).dump(-1, ' ', true, json::error_handler_t::replace);
        metadata(pid, 0, "process_name", "name", quoted);
        metadata(pid, 0, "process_sort_index", "sort_index", std::to_string(pid));
    }
    void name_track(std::uint64_t pid, std::uint64_t track) {
        metadata(pid, track, "thread_name", "name", fmt::format(R"("in flight {}")", track));
        metadata(pid, track, "thread_sort_index", "sort_index", std::to_string(track));
    }
    void add(std::uint64_t pid, const placed_span& p, std::int64_t zero_ns) {
        const auto& s = p.what;
        begin_event();
        fmt::format_to(out(), R"({{"ph":"{}","pid":{},"tid":{},"cat":"order","name":"{}","ts":{:.3f},)",
                       is_moment(s) ? 'i' : 'X', pid, p.track, title_of(s), microseconds(s.begin_ns - zero_ns));
        if (is_moment(s)) text_ += R"("s":"t",)";
        else fmt::format_to(out(), R"("dur":{:.3f},)", microseconds(s.end_ns - s.begin_ns));
        fmt::format_to(out(), R"("args":{}}})", arguments_of(s));
    }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }
    void begin_event() { text_ += text_.empty() ? "\n" : ",\n"; }
    void metadata(std::uint64_t pid, std::uint64_t tid, const char* what, const char* key, const std::string& value) {
        begin_event();
        fmt::format_to(out(),
                       R"({{"ph":"M","pid":{},"tid":{},"cat":"__metadata","ts":0,"name":"{}","args":{{"{}":{}}}}})",
                       pid, tid, what, key, value);
    }

    std::string text_;
};

void add_run(event_list& events, std::uint64_t pid, const traced_run& run) {
    events.name_process(pid, run.name);
    std::uint64_t named = 0;
    for (const auto& p : place(run.spans)) {
        if (p.track > named) events.name_track(pid, named = p.track);
        events.add(pid, p, run.started_ns);
    }
}

}  // namespace

std::vector<placed_span> place(std::vector<span> spans) {
    std::ranges::sort(spans, {}, [](const span& s) { return std::tuple(s.begin_ns, s.end_ns, s.order, s.what); });
    tracks free;
    std::vector<placed_span> out;
    for (auto& c : courses_of(spans)) {
        const auto track = free.take(c.begin(), c.end());
        for (const auto& s : c.spans) out.push_back({s, track});
    }
    std::ranges::stable_sort(out, {}, &placed_span::track);
    return out;
}

std::string to_trace(const trace_of_session& trace) {
    event_list events;
    for (std::size_t i = 0; i < trace.runs.size(); ++i) add_run(events, i + 1, trace.runs[i]);
    return fmt::format(
        R"({{"displayTimeUnit":"ms","otherData":{{"sample":{},"seed":{},"spans_not_kept":{}}},"traceEvents":[{}
]}}
)",
        trace.share, trace.seed, trace.beyond, events.text());
}

}  // namespace pipebench::reporting
