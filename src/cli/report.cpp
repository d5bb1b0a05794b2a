// report: renders a saved result again. The same file gives the same bytes.
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "pipebench/reporter.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

namespace pipebench {
namespace {

constexpr std::size_t max_result_bytes = 64u << 20;

struct report_options {
    std::string file;
    std::string format = "text";
    colour_wish colour = colour_wish::automatic;
};

std::string read_result(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw system_failure("cannot read it", errno);
    std::string text(max_result_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_result_bytes) throw setup_error(fmt::format("larger than {} MiB", max_result_bytes >> 20));
    return text;
}

exit_code render(const report_options& options) try {
    const auto result = parse_result(read_result(options.file));
    const auto text = find_reporter(options.format)->render(result, colours_for(STDOUT_FILENO, options.colour));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_code::ok;
} catch (const setup_error& e) {
    throw setup_error(fmt::format("report: {}: {}", printable(options.file), e.what()));
}

}  // namespace

action declare_report(CLI::App& app) {
    const auto options = std::make_shared<report_options>();
    app.add_option("file", options->file, "a result saved with --export-json")->required()->type_name("FILE");
    std::vector<std::string> formats;
    for (const auto& r : reporters()) formats.emplace_back(r.id);
    add_choice(app, "--format", formats, "how to render it [text]",
               [options](const std::string& f) { options->format = f; });
    add_colour_option(app, options->colour);
    return [options] { return render(*options); };
}

}  // namespace pipebench
