#include "cli/values.hpp"

#include "contracts/error.hpp"
#include "contracts/suggestion.hpp"
#include "contracts/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pipebench {
namespace {

CLI::ValidationError refuse(const std::string& option, const std::string& given, const std::string& accepted) {
    return CLI::ValidationError(option, fmt::format("'{}' is not {}", printable(given, 80), accepted));
}

/// "--orders" of "-n,--orders".
std::string long_name(const std::string& names) { return names.substr(names.find("--")); }

CLI::Option* add_text(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                      std::function<void(const std::string&)> take) {
    return app.add_option_function<std::string>(names, std::move(take), help)->type_name(type);
}

}  // namespace

CLI::Option* add_count(CLI::App& app, const std::string& names, count_range range, const std::string& help,
                       std::function<void(std::uint64_t)> take) {
    const auto accepted = fmt::format("a whole number from {} to {} (suffixes: k, M)", range.lowest, range.highest);
    return add_text(app, names, "N", help, [=, take = std::move(take)](const std::string& text) {
        const auto value = parse_count(text);
        if (!value || *value < range.lowest || *value > range.highest) throw refuse(long_name(names), text, accepted);
        take(*value);
    });
}

CLI::Option* add_duration(CLI::App& app, const std::string& names, duration_range range, const std::string& help,
                          std::function<void(duration)> take) {
    const auto accepted = fmt::format("a duration from {} to {} with a unit (us, ms, s, m, h), such as 100ms",
                                      format_duration(range.lowest), format_duration(range.highest));
    return add_text(app, names, "TIME", help, [=, take = std::move(take)](const std::string& text) {
        const auto value = parse_duration(text);
        if (!value || *value < range.lowest || *value > range.highest) throw refuse(long_name(names), text, accepted);
        take(*value);
    });
}

CLI::Option* add_percent(CLI::App& app, const std::string& names, const std::string& help,
                         std::function<void(double)> take) {
    return add_text(app, names, "PERCENT", help, [=, take = std::move(take)](const std::string& text) {
        const auto share = parse_share(text);
        if (!share) throw refuse(long_name(names), text, "a share from 0% to 100%, such as 20% or 0.2");
        take(*share);
    });
}

CLI::Option* add_rate(CLI::App& app, const std::string& names, const std::string& help,
                      std::function<void(std::uint64_t)> take) {
    return add_text(app, names, "RATE", help, [=, take = std::move(take)](const std::string& text) {
        const auto rate = parse_rate(text);
        if (!rate || *rate > 10'000'000)
            throw refuse(long_name(names), text, "a rate from 1/s to 10M/s, such as 500/s");
        take(*rate);
    });
}

CLI::Option* add_size(CLI::App& app, const std::string& names, const std::string& help,
                      std::function<void(std::uint64_t)> take) {
    return add_text(app, names, "SIZE", help, [=, take = std::move(take)](const std::string& text) {
        const auto bytes = parse_size(text);
        if (!bytes)
            throw refuse(long_name(names), text, "a size with a unit (B, kB, MB, GB, KiB, MiB, GiB), such as 500MB");
        take(*bytes);
    });
}

CLI::Option* add_chaos(CLI::App& app, std::function<void(const chaos_plan&)> take) {
    const auto parse = [take = std::move(take)](const std::string& text) {
        const auto plan = parse_chaos(text);
        if (!plan)
            throw refuse("--chaos", text,
                         "kill-worker, kill-run, kill-redis or kill-postgres, with @SHARE: kill-worker@50%");
        take(*plan);
    };
    return add_text(app, "--chaos", "WHAT@SHARE",
                    "SIGKILL once that share of the orders is done: kill-worker, kill-run, "
                    "kill-redis, kill-postgres [none]",
                    parse);
}

CLI::Option* add_choice(CLI::App& app, const std::string& names, std::vector<std::string> choices,
                        const std::string& help, std::function<void(const std::string&)> take) {
    const auto type = fmt::format("{}", fmt::join(choices, "|"));
    return add_text(app, names, type, help, [=, take = std::move(take)](const std::string& text) {
        if (std::find(choices.begin(), choices.end(), text) == choices.end())
            throw CLI::ValidationError(long_name(names), not_one_of("choice", text, choices));
        take(text);
    });
}

CLI::Option* add_jitter(CLI::App& app, std::function<void(const jitter&)> take) {
    const auto parse = [take = std::move(take)](const std::string& text) {
        const auto j = parse_jitter(text);
        if (!j) throw refuse("--http-jitter", text, "none, uniform:TIME or lognormal:SIGMA (0 < SIGMA <= 3)");
        take(*j);
    };
    return add_text(app, "--http-jitter", "SHAPE", "how it varies: none, uniform:20ms, lognormal:0.5 [none]", parse);
}

CLI::Option* add_colour_option(CLI::App& app, colour_wish& wish) {
    return add_choice(
        app, "--color", {"auto", "always", "never"}, "colours on stdout [auto]", [&wish](const std::string& c) {
            wish = c == "auto" ? colour_wish::automatic : c == "always" ? colour_wish::always : colour_wish::never;
        });
}

}  // namespace pipebench
