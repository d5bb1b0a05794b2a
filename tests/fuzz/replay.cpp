// Replaces libFuzzer in builds without it: runs the target once on every file of its corpus.
#include "fuzz.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_in(const fs::path& directory) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void replay(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.native());
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    // Exactly the size of the input, so that AddressSanitizer finds a read beyond it.
    const auto input = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), input.get());
    LLVMFuzzerTestOneInput(input.get(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) throw std::runtime_error("usage: " + std::string(argv[0]) + " CORPUS");
    const auto files = files_in(argv[1]);
    if (files.empty()) throw std::runtime_error(std::string(argv[1]) + " is empty: nothing was tested");
    for (const auto& file : files) {
        std::printf("%s\n", file.filename().c_str());
        std::fflush(stdout);  // so that the last name printed is the input that ended the program
        replay(file);
    }
    std::printf("%zu inputs replayed\n", files.size());
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
