#include "micro/measure.hpp"

#include "analysis/statistics.hpp"
#include "report/numbers.hpp"
#include "report/text_table.hpp"

#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <fmt/format.h>

#include <map>
#include <vector>

namespace pipebench::bench {
namespace {

struct line {
    subject what;
    heap_use used;
};

std::vector<line>& lines() {
    static std::vector<line> all;
    return all;
}

/// Nanoseconds of a call, by name. The median: other work on the box lengthens some samples, and shortens none.
std::map<std::string, double>& times() {
    static std::map<std::string, double> all;
    return all;
}

std::string time_of(const line& l) {
    const auto found = times().find(l.what.name_of_call());
    return found == times().end() ? "-" : reporting::fixed(found->second / static_cast<double>(l.what.per_call), 1);
}

std::string per_operation(std::uint64_t counted, const line& l) {
    return reporting::fixed(static_cast<double>(counted) / static_cast<double>(calls_counted * l.what.per_call), 2);
}

void print_table() {
    reporting::table t{
        {{"Operation", "", reporting::align::left}, {"Time", "ns"}, {"Allocations", ""}, {"Allocated", "bytes"}}, {}};
    for (const line& l : lines())
        t.rows.push_back(
            {{l.what.name, time_of(l), per_operation(l.used.allocations, l), per_operation(l.used.bytes, l)}});
    fmt::print("Of one operation: the median time, and what it takes of the heap.\n\n{}\n",
               reporting::to_text(t, {}));
}

class listener final : public Catch::EventListenerBase {
public:
    using EventListenerBase::EventListenerBase;

    void benchmarkEnded(const Catch::BenchmarkStats<>& stats) override {
        std::vector<double> samples;
        for (const auto& s : stats.samples) samples.push_back(s.count());
        times()[stats.info.name] = median(samples);
    }
    void testRunEnded(const Catch::TestRunStats&) override {
        if (!lines().empty()) print_table();
    }
};
CATCH_REGISTER_LISTENER(listener)

}  // namespace

std::string subject::name_of_call() const { return per_call == 1 ? name : fmt::format("{} (x {})", name, per_call); }

void note(const subject& what, const heap_use& of_counted_calls) { lines().push_back({what, of_counted_calls}); }

}  // namespace pipebench::bench
