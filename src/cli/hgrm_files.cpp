#include "cli/hgrm_files.hpp"

#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "contracts/error.hpp"
#include "report/percentiles.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace pipebench {
namespace {

constexpr const char* hgrm_option = "--export-hgrm";

/// A name from a result may be anything, and becomes a part of a path.
std::string safe(const std::string& name) {
    std::string out;
    for (const char c : name) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '@';
        out += fits ? c : '_';
    }
    return out.substr(0, 100);
}

}  // namespace

void declare_hgrm(option_set& options, std::string& directory) {
    options.text(hgrm_option, "DIR", directory, "also write each distribution as HdrHistogram's text");
}

void require_hgrm_directory(const std::string& directory) {
    std::error_code ec;
    std::filesystem::create_directory(directory, ec);
    if (::access(directory.c_str(), W_OK | X_OK) != 0)
        throw setup_error(fmt::format("{}: {}", hgrm_option,
                                      system_failure("cannot write in " + printable(directory), errno).what()));
}

void write_hgrm_files(const std::string& directory, const session_result& r) {
    const auto patterns = summarise(r);
    for (const auto& d : reporting::kept_in(patterns)) {
        const auto path = std::filesystem::path(directory) / fmt::format("{}.{}.hgrm", safe(d.name), d.what);
        output_file(hgrm_option, path.native()).write(reporting::to_hgrm(*d.counts, d.largest_ms));
    }
}

}  // namespace pipebench
