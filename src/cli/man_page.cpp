// _man: prints the man page, made from the declarations of the options and the texts of --help. The build installs it.
#include "cli/command.hpp"
#include "cli/command_tree.hpp"
#include "cli/options.hpp"
#include "report/text_table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <map>
#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t source_width = 78;

/// The text, with what roff would take for its own.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else if (c == '\'') out += "\\(aq";
        else if (c == '^') out += "\\(ha";
        else if (c == '~') out += "\\(ti";
        else if (c == '`') out += "\\(ga";
        else out += c;
    }
    return out;
}

/// A dot at the beginning of a line would make it a request.
std::string line_of(const std::string& text) { return (text.starts_with('.') ? "\\&" : "") + text + "\n"; }

std::string paragraph(std::string_view text) {
    std::string out;
    for (const auto& line : reporting::wrap(escaped(text), source_width)) out += line_of(line);
    return out;
}

/// Lines that stay as they are.
std::string verbatim(std::string_view text) {
    std::string out = ".nf\n";
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = escaped(text.substr(0, end));
        out += line.empty() ? ".sp\n" : line_of(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + ".fi\n";
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escaped(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", escaped(text)); }

std::string section(std::string title) {
    std::transform(title.begin(), title.end(), title.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return fmt::format(".SH {}\n", title);
}

std::string subsection(std::string_view title) { return fmt::format(".SS \"{}\"\n", escaped(title)); }

std::string entry(const std::string& tag, std::string_view text) {
    return ".TP\n" + line_of(tag) + (text.empty() ? "\\&\n" : paragraph(text));
}

std::string tag_of(const declared_option& o) {
    std::string out;
    for (const auto& name : o.names) out += (out.empty() ? "" : ", ") + bold(name);
    if (!o.placeholder.empty()) out += (out.empty() ? "" : " ") + italic(o.placeholder);
    return o.several ? out + " ..." : out;
}

std::string entry(const declared_option& o) { return entry(tag_of(o), description_of(o)); }

std::string synopsis(const declared_command& c, bool is_default) {
    std::string out = bold("pipebench") + " " + (is_default ? fmt::format("[{}]", bold(c.name)) : bold(c.name)) +
                      " [" + italic("option") + " ...]";
    for (const auto& o : c.options)
        if (o.positional()) {
            const auto name = italic(o.placeholder) + (o.several ? " ..." : "");
            out += o.required ? " " + name : fmt::format(" [{}]", name);
        }
    return out;
}

/// Both are the same option, with the same description.
bool alike(const declared_option& a, const declared_option& b) {
    return a.names == b.names && a.placeholder == b.placeholder && a.help == b.help && a.required == b.required;
}

/// The options of a command. Those that are as in `known` are only named.
std::string options_of(const declared_command& c, const declared_command* known) {
    std::string out, group;
    std::vector<std::string> same;
    for (const auto& o : c.options) {
        const auto is_this = [&](const declared_option& other) { return alike(o, other); };
        if (known != nullptr && std::any_of(known->options.begin(), known->options.end(), is_this)) {
            if (o.names.back() != "--help") same.push_back(o.names.back());
            continue;
        }
        if (o.group != group && o.group != "Options" && !o.positional()) {
            group = o.group;
            out += (out.empty() ? "" : ".PP\n") + line_of(italic(group + ":"));
        }
        out += entry(o);
    }
    if (!same.empty()) {
        if (!out.empty()) out += ".PP\n";
        out += paragraph(fmt::format("As for {}: {}.", known->name, fmt::join(same, ", ")));
    }
    return out.empty() ? out : subsection("pipebench " + c.name) + out;
}

std::string variables_of(const std::vector<declared_command>& all) {
    std::map<std::string, std::string> stands_for;
    for (const auto& c : all)
        for (const auto& o : c.options)
            if (!o.environment.empty()) stands_for[o.environment] = o.names.back();
    std::string out;
    for (const auto& [variable, option] : stands_for)
        out += entry(bold(variable), fmt::format("stands for {}, where that is not given.", option));
    out +=
        entry(bold("NO_COLOR"), "If it is set and not empty, output has no colours, unless --color asks for them.");
    out += entry(bold("TMPDIR"), "Where the throwaway servers have their files; /tmp without it.");
    return out;
}

/// Without its first line: "Examples:".
std::string_view without_title(std::string_view text) { return text.substr(text.find('\n') + 1); }

std::string man_page(const std::string& date) {
    const auto texts = texts_of_help();
    const auto all = command_tree();
    std::string out = ".\\\" Made by 'pipebench _man' from the declarations of its options.\n";
    out += fmt::format(".TH PIPEBENCH 1 {} \"pipebench {}\" \"User Commands\"\n", date, PIPEBENCH_VERSION);
    // Left-aligned and without hyphenation: options must be found as they are typed.
    out += ".nh\n.ad l\n";
    out += section("Name");
    out += "pipebench \\- compare concurrency patterns for a pipeline into PostgreSQL\n";
    out += section("Synopsis");
    for (const auto& c : all) out += synopsis(c, &c == &all.front()) + (&c == &all.back() ? "\n" : "\n.br\n");
    out += section("Description");
    std::string text = texts.about;
    std::replace(text.begin(), text.end(), '\n', ' ');
    out += paragraph(text);
    out += ".PP\n" + paragraph("Without a command, it is run. 'pipebench list' says what there is of patterns, "
                               "profiles, scenarios, formats and metrics.");
    out += section("Commands");
    for (const auto& c : all) out += entry(bold(c.name), c.summary);
    out += section("Options");
    out += entry(bold("-V") + ", " + bold("--version"),
                 "print the version; in place of a command. Every command has -h and --help.");
    for (const auto& c : all) out += options_of(c, &c == &all.front() ? nullptr : &all.front());
    out += section("Exit status") + verbatim(without_title(texts.ending));
    out += section("Environment") + variables_of(all);
    out += section("Examples") + verbatim(without_title(texts.examples));
    out += section("See also");
    out += ".BR postgres (1),\n.BR redis\\-server (1)\n";
    return out;
}

bool is_date(const std::string& text) {
    return text.size() == 10 && text.find_first_not_of("0123456789-") == std::string::npos;
}

class man_page_command final : public command {
public:
    void declare(option_set& options) override { options.text("date", "DATE", date_, "of the page: 2026-11-27"); }
    exit_code run() override {
        if (date_.empty()) date_ = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
        if (!is_date(date_)) throw setup_error("_man: the date is no date like 2026-11-27");
        fmt::print("{}", man_page(date_));
        return exit_code::ok;
    }

private:
    std::string date_;
};

}  // namespace

std::unique_ptr<command> make_man_page() { return std::make_unique<man_page_command>(); }

}  // namespace pipebench
