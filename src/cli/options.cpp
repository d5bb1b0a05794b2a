#include "cli/options.hpp"

#include "contracts/error.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

/// Prefixes the errors of `take` with the name of the option.
take_text named(const std::string& names, take_text take) {
    return [name = std::string(long_name(names)), take = std::move(take)](const std::string& text) {
        try {
            take(text);
        } catch (const setup_error& e) {
            throw setup_error(fmt::format("{}: {}", name, e.what()));
        }
    };
}

/// " [all]", or an empty text for an empty default.
std::string in_brackets(const std::string& text) { return text.empty() ? text : fmt::format(" [{}]", text); }

}  // namespace

std::string_view long_name(std::string_view names) {
    const auto at = names.find("--");
    return at == std::string_view::npos ? names : names.substr(at);
}

option& option::required() {
    it_->required();
    return *this;
}

option& option::environment(const char* variable) {
    it_->envname(variable);
    return *this;
}

option& option::hidden() {
    it_->group("");
    return *this;
}

void option_set::group(const std::string& title) { app_.option_defaults()->group(title); }

option option_set::text(const std::string& names, const std::string& placeholder, std::string& into,
                        const std::string& help) {
    return option(app_.add_option(names, into, help + in_brackets(into))->type_name(placeholder));
}

option option_set::once(const std::string& names, const std::string& placeholder, take_text take,
                        const std::string& help) {
    return option(
        app_.add_option_function<std::string>(names, named(names, std::move(take)), help)->type_name(placeholder));
}

option option_set::repeated(const std::string& names, const std::string& placeholder, take_text take,
                            const std::string& help) {
    const auto take_all = [take = named(names, std::move(take))](const std::vector<std::string>& given) {
        for (const auto& text : given) take(text);
    };
    return option(app_.add_option_function<std::vector<std::string>>(names, take_all, help)
                      ->type_name(placeholder)
                      ->allow_extra_args(false));
}

option option_set::repeated(const std::string& names, const std::string& placeholder, std::vector<std::string>& into,
                            const std::string& help) {
    return repeated(
        names, placeholder, [&into](const std::string& text) { into.push_back(text); }, help);
}

option option_set::several(const std::string& names, const std::string& placeholder, std::vector<std::string>& into,
                           const std::string& help) {
    return option(app_.add_option(names, into, help)->type_name(placeholder));
}

option option_set::list(const std::string& names, const std::string& placeholder, std::vector<std::string>& into,
                        const std::string& help) {
    const auto usual = in_brackets(fmt::format("{}", fmt::join(into, ",")));
    return option(app_.add_option(names, into, help + usual)
                      ->delimiter(',')
                      ->type_name(placeholder + ",...")
                      ->allow_extra_args(false));
}

option option_set::rest(const std::string& name, std::vector<std::string>& into, const std::string& help) {
    return option(app_.add_option(name, into, help));
}

option option_set::flag(const std::string& names, std::function<void()> take, const std::string& help) {
    return option(app_.add_flag_callback(names, std::move(take), help)->disable_flag_override());
}

option option_set::flag(const std::string& names, bool& into, const std::string& help) {
    return option(app_.add_flag(names, into, help)->disable_flag_override());
}

}  // namespace pipebench
