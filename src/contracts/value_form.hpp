// How people write the values of options: the placeholder in --help, the parser, and the text of a value. The command
// line and the table of parameters share these.
#pragma once

#include "contracts/error.hpp"
#include "contracts/suggestion.hpp"
#include "pipebench/duration.hpp"
#include "pipebench/workload.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pipebench {

template <class T>
struct value_form {
    std::string placeholder;                            ///< "TIME", or all choices: "row|batch"
    std::function<T(const std::string& text)> parse;    ///< throws setup_error: "'5' is not a duration from ..."
    std::function<std::string(const T& value)> format;  ///< short: "10k"; parse() reads it
};

struct count_range {
    std::uint64_t lowest = 0, highest = 1'000'000'000;
};

struct duration_range {
    duration lowest{}, highest = max_duration;
};

[[nodiscard]] std::uint64_t parse_count_within(count_range range, std::string_view text);  ///< throws setup_error
[[nodiscard]] std::string short_count(std::uint64_t n);                                    ///< "10k" for 10,000

/// The range has to fit into Count.
template <std::unsigned_integral Count = std::uint64_t>
[[nodiscard]] value_form<Count> count_form(count_range range) {
    return {.placeholder = "N",
            .parse = [range](const auto& text) { return static_cast<Count>(parse_count_within(range, text)); },
            .format = [](const Count& n) { return short_count(n); }};
}

[[nodiscard]] value_form<duration> duration_form(duration_range range = {});
[[nodiscard]] value_form<double> share_form();        ///< "20%" or "0.2"
[[nodiscard]] value_form<std::uint64_t> rate_form();  ///< "500/s"
[[nodiscard]] value_form<std::uint64_t> size_form();  ///< "500MB"
[[nodiscard]] value_form<jitter> jitter_form();
[[nodiscard]] value_form<cpu_cost> cpu_cost_form();                ///< "5ms" or "5ms:lognormal:0.5"
[[nodiscard]] value_form<transform_place> transform_place_form();  ///< "loop", "threads:2" or "processes:2"
[[nodiscard]] value_form<arrival_rate> arrival_rate_form();        ///< "14/s", "840/m" or "50k/h"
[[nodiscard]] value_form<rate_ramp> rate_ramp_form();              ///< "10/s..100/s"
[[nodiscard]] value_form<std::vector<arrival_rate>> rate_steps_form();
[[nodiscard]] value_form<arrival_process> arrival_process_form();
[[nodiscard]] value_form<std::vector<objective>> objectives_form();  ///< "p99<500ms,p50<100ms"
[[nodiscard]] value_form<std::string> choice_form(std::vector<std::string> names);

/// A choice among the values of an enum. Each has a name.
template <class Enum>
[[nodiscard]] value_form<Enum> choice_form(std::vector<std::pair<std::string, Enum>> choices) {
    std::vector<std::string> names;
    for (const auto& choice : choices) names.push_back(choice.first);
    const auto text = choice_form(std::move(names));
    const auto value_of = [text, choices](const std::string& name) {
        static_cast<void>(text.parse(name));
        for (const auto& choice : choices)
            if (choice.first == name) return choice.second;
        return Enum{};
    };
    const auto name_of = [choices](const Enum& value) {
        for (const auto& choice : choices)
            if (choice.second == value) return choice.first;
        return std::string{};
    };
    return {.placeholder = text.placeholder, .parse = value_of, .format = name_of};
}

/// For an option that is off by default: its zero is shown as "none".
template <class T>
[[nodiscard]] value_form<T> off_by_default(value_form<T> form) {
    form.format = [format = std::move(form.format)](const T& value) { return value == T{} ? "none" : format(value); };
    return form;
}

}  // namespace pipebench
