#include "contracts/value_form.hpp"

#include "contracts/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::uint64_t highest_rate = 10'000'000;

setup_error refusal(std::string_view given, std::string_view accepted) {
    return setup_error(fmt::format("'{}' is not {}", printable(given, 80), accepted));
}

/// "; did you mean '100/s'?" if the text is a value but for its unit.
template <class Parse>
std::string lacking(std::string_view unit, std::string_view text, Parse parse) {
    const auto whole = std::string(text) + std::string(unit);
    return parse(whole) ? fmt::format("; did you mean '{}'?", whole) : "";
}

/// Writes 10 min as "10m", not as "600s" like format_duration().
std::string short_duration(duration d) {
    using std::chrono::hours, std::chrono::minutes;
    if (d >= hours(1) && d % hours(1) == duration{}) return fmt::format("{}h", d / hours(1));
    if (d > minutes(1) && d % minutes(1) == duration{}) return fmt::format("{}m", d / minutes(1));
    return format_duration(d);
}

/// Writes percent if that is exact.
std::string format_share(double share) {
    auto text = fmt::format("{:g}%", 100 * share);
    return parse_share(text) == share ? text : fmt::format("{}", share);
}

std::string format_size(std::uint64_t bytes) {
    if (bytes % 1'000'000 == 0) return fmt::format("{}MB", bytes / 1'000'000);
    return fmt::format("{}B", bytes);
}

}  // namespace

std::uint64_t parse_count_within(count_range range, std::string_view text) {
    const auto value = parse_count(text);
    if (!value || *value < range.lowest || *value > range.highest)
        throw refusal(text,
                      fmt::format("a whole number from {} to {} (suffixes: k, M)", range.lowest, range.highest));
    return *value;
}

std::string short_count(std::uint64_t n) {
    if (n == 0 || n % 1000 != 0) return std::to_string(n);
    return n % 1'000'000 == 0 ? fmt::format("{}M", n / 1'000'000) : fmt::format("{}k", n / 1000);
}

value_form<duration> duration_form(duration_range range) {
    const auto parse = [range](const std::string& text) {
        const auto value = parse_duration(text);
        if (!value || *value < range.lowest || *value > range.highest)
            throw refusal(text, fmt::format("a duration from {} to {} with a unit (us, ms, s, m, h), such as 100ms{}",
                                            format_duration(range.lowest), format_duration(range.highest),
                                            lacking("ms", text, parse_duration)));
        return *value;
    };
    return {.placeholder = "TIME", .parse = parse, .format = short_duration};
}

value_form<double> share_form() {
    const auto parse = [](const std::string& text) {
        const auto share = parse_share(text);
        if (!share) throw refusal(text, "a share from 0% to 100%, such as 20% or 0.2");
        return *share;
    };
    return {.placeholder = "PERCENT", .parse = parse, .format = format_share};
}

value_form<std::uint64_t> rate_form() {
    const auto parse = [](const std::string& text) {
        const auto rate = parse_rate(text);
        if (!rate || *rate > highest_rate)
            throw refusal(text, "a rate from 1/s to 10M/s, such as 500/s" + lacking("/s", text, parse_rate));
        return *rate;
    };
    return {.placeholder = "RATE", .parse = parse, .format = [](std::uint64_t n) { return short_count(n) + "/s"; }};
}

value_form<std::uint64_t> size_form() {
    const auto parse = [](const std::string& text) {
        const auto bytes = parse_size(text);
        if (!bytes)
            throw refusal(text, "a size with a unit (B, kB, MB, GB, KiB, MiB, GiB), such as 500MB" +
                                    lacking("MB", text, parse_size));
        return *bytes;
    };
    return {.placeholder = "SIZE", .parse = parse, .format = format_size};
}

namespace {

/// A form of values that have a parser and a format of their own.
template <class Value>
value_form<Value> form_of(const char* placeholder, const char* accepted,
                          std::optional<Value> (*parse)(std::string_view), std::string (*format)(const Value&),
                          const char* usual_unit = nullptr) {
    return {.placeholder = placeholder,
            .parse =
                [parse, accepted, usual_unit](const std::string& text) {
                    auto value = parse(text);
                    if (!value)
                        throw refusal(text,
                                      accepted + (usual_unit != nullptr ? lacking(usual_unit, text, parse) : ""));
                    return *std::move(value);
                },
            .format = format};
}

}  // namespace

value_form<jitter> jitter_form() {
    return form_of("SHAPE", "none, uniform:TIME or lognormal:SIGMA (0 < SIGMA <= 3)", parse_jitter, format_jitter);
}

value_form<cpu_cost> cpu_cost_form() {
    return form_of("COST", "a time from 1us to 10s, TIME:lognormal:SIGMA (0 < SIGMA <= 3) or none", parse_cpu_cost,
                   format_cpu_cost, "ms");
}

value_form<transform_place> transform_place_form() {
    return form_of("PLACE", "loop, threads:N or processes:N (N from 1 to 64)", parse_transform_place,
                   format_transform_place);
}

value_form<arrival_rate> arrival_rate_form() {
    return form_of("RATE", "a rate up to 1M/s with a unit (/s, /m, /h), such as 14/s, 840/m or 50k/h",
                   parse_arrival_rate, format_arrival_rate, "/s");
}

value_form<rate_ramp> rate_ramp_form() {
    return form_of("RATE..RATE", "two rates with a unit (/s, /m, /h), such as 10/s..100/s", parse_rate_ramp,
                   format_rate_ramp);
}

value_form<std::vector<arrival_rate>> rate_steps_form() {
    return form_of("RATE,...", "a list of up to 100 rates with a unit (/s, /m, /h), such as 10/s,50/s,100/s",
                   parse_rate_steps, format_rate_steps);
}

value_form<arrival_process> arrival_process_form() {
    return form_of("PROCESS", "constant, poisson or burst:N (N from 1 to 10,000)", parse_arrival_process,
                   format_arrival_process);
}

value_form<std::vector<objective>> objectives_form() {
    return form_of("OBJECTIVE", "a list of up to 4 objectives, such as p99<500ms or p50<50ms,p99.9<1s",
                   parse_objectives, format_objectives);
}

value_form<std::string> choice_form(std::vector<std::string> names) {
    auto placeholder = fmt::format("{}", fmt::join(names, "|"));
    const auto parse = [names = std::move(names)](const std::string& text) {
        if (std::find(names.begin(), names.end(), text) == names.end())
            throw setup_error(not_one_of("choice", text, names));
        return text;
    };
    return {.placeholder = std::move(placeholder), .parse = parse, .format = [](const auto& name) { return name; }};
}

}  // namespace pipebench
