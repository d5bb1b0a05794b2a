#include "cli/export_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace pipebench {

void declare_exports(CLI::App& app, const std::vector<std::string>& formats, const export_wishes& wishes) {
    for (const auto& format : formats)
        app.add_option_function<std::string>(
               "--export-" + format,
               [wishes, format](const std::string& path) {
                   wishes->push_back({format, path});
               },
               fmt::format("write the result as {}; - is stdout", format))
            ->type_name("FILE");
}

export_files::export_files(const std::vector<export_wish>& wishes) {
    for (const auto& [format, path] : wishes) exports_.push_back({format, {"--export-" + format, path}});
    if (std::count_if(exports_.begin(), exports_.end(), [](const auto& e) { return e.file.is_stdout(); }) > 1)
        throw setup_error("only one --export-... can go to stdout");
}

void export_files::save(const renderer& render) const {
    for (const auto& e : exports_) try {
            if (e.file.can_be_replaced()) e.file.write(render(e.format));
        } catch (const setup_error&) {  // a full disk may have room again in the end; write() tells if not
        }
}

void export_files::write(const renderer& render) const {
    for (const auto& e : exports_) e.file.write(render(e.format));
}

bool export_files::take_stdout() const {
    return std::any_of(exports_.begin(), exports_.end(), [](const auto& e) { return e.file.is_stdout(); });
}

void print_result(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw setup_error("cannot write the result to stdout");
}

}  // namespace pipebench
