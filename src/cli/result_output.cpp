#include "cli/result_output.hpp"

#include "cli/options.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <optional>

namespace pipebench {
namespace {

value_form<colour_choice> colour_form() {
    return choice_form<colour_choice>(
        {{"auto", colour_choice::automatic}, {"always", colour_choice::always}, {"never", colour_choice::never}});
}

/// Prints to stdout, which gets nothing else.
void print_result(const std::string& text, const patience& until) try {
    output_file("stdout", "-").write(text, until);
} catch (const setup_error&) {
    throw setup_error("cannot write the result to stdout");
}

void declare_format(option_set& options, output_options& o, const std::vector<std::string>& formats) {
    options.value("--format", choice_form(formats), o.format, "format of the output on stdout");
}

void declare_exports(option_set& options, output_options& o, const std::vector<std::string>& formats) {
    for (const auto& format : formats)
        if (format != "text")
            options.once(
                "--export-" + format, "FILE",
                [&o, format](auto& path) {
                    o.exports.push_back({format, path});
                },
                fmt::format("also write the result as {}; - is stdout", format));
}

}  // namespace

void declare_colour(option_set& options, colour_choice& colour) {
    options.value("--color", colour_form(), colour, "colours on stdout");
}

void declare_output(option_set& options, output_options& o, const std::vector<std::string>& formats) {
    declare_format(options, o, formats);
    declare_exports(options, o, formats);
    declare_colour(options, o.colour);
    options.flag("--details", o.details, "all tables and columns, and what they were measured on");
}

result_output::result_output(const output_options& options)
    : format_(options.format), look_(look_of(STDOUT_FILENO, options.colour, options.details)) {
    for (const auto& [format, path] : options.exports) exports_.push_back({format, {"--export-" + format, path}});
    if (std::count_if(exports_.begin(), exports_.end(), [](const auto& e) { return e.file.is_stdout(); }) > 1)
        throw setup_error("only one --export-... can go to stdout");
    check_events(options);
    is_stdout_taken_ = options.events == "-";
}

/// They need a file of their own.
void result_output::check_events(const output_options& options) const {
    for (const auto& [format, path] : options.exports)
        if (path == options.events)
            throw setup_error(
                fmt::format("--events: --export-{} goes there, too: give one of them another file", format));
    if (options.events == "-" && options.exports.empty())
        throw setup_error("--events: - is stdout, where the result goes: give the result a file, such as "
                          "--export-json r.json, or the events one");
}

void result_output::save(const renderer& render) const {
    for (const auto& e : exports_) {
        if (!e.file.can_be_replaced()) continue;
        try {
            e.file.write(render(e.format, look()));
        } catch (const setup_error&) {  // a full disk may have room again at the end; if not, emit() throws
        }
    }
}

void result_output::emit(const renderer& render, const patience& until) const {
    std::optional<setup_error> failure;  // the first: what can be written elsewhere is written
    const auto attempt = [&](const auto& write) {
        try {
            write();
        } catch (const setup_error& e) {
            if (!failure) failure = e;
        }
    };
    const auto to_stdout = [](const open_export& e) { return e.file.is_stdout(); };
    const auto taken = std::find_if(exports_.begin(), exports_.end(), to_stdout);
    if (!is_stdout_taken_)
        attempt([&] {
            print_result(taken != exports_.end() ? render(taken->format, look()) : render(format_, look_), until);
        });
    for (const auto& e : exports_)
        if (!to_stdout(e)) attempt([&] { e.file.write(render(e.format, look()), until); });
    if (failure) throw *failure;
}

}  // namespace pipebench
