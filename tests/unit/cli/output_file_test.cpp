// This file gets the result of a session that may take an hour. Problems with it must be found before, and an old
// file must stay complete until the new one replaces it.
#include "cli/output_file.hpp"

#include "contracts/error.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

using namespace pipebench;
namespace fs = std::filesystem;

namespace {

/// A temporary directory.
class scratch {
public:
    scratch() {
        std::string name = fs::temp_directory_path() / "pipebench-test-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() { fs::remove_all(directory_); }

    [[nodiscard]] std::string file(const char* name) const { return directory_ / name; }
    [[nodiscard]] auto entries() const { return std::distance(fs::directory_iterator(directory_), {}); }

private:
    fs::path directory_;
};

std::string content_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a file is renamed into its place when it is whole", "[output_file]") {
    const scratch here;
    const auto path = here.file("result.json");
    output_file out("--output", path);
    CHECK_FALSE(fs::exists(path));
    out.write("all of it\n");
    CHECK(content_of(path) == "all of it\n");
    CHECK(here.entries() == 1);
}

TEST_CASE("the file from before is there until the new one is", "[output_file]") {
    const scratch here;
    const auto path = here.file("result.json");
    std::ofstream(path) << "a longer one from before";
    output_file out("--output", path);
    CHECK(content_of(path) == "a longer one from before");
    out.write("new");
    CHECK(content_of(path) == "new");
    CHECK(here.entries() == 1);
}

TEST_CASE("a file that was not written leaves nothing, and the one from before", "[output_file]") {
    const scratch here;
    { const output_file out("--output", here.file("new.json")); }
    CHECK(here.entries() == 0);
    std::ofstream(here.file("old.json")) << "old";
    { const output_file out("--output", here.file("old.json")); }
    CHECK(content_of(here.file("old.json")) == "old");
    CHECK(here.entries() == 1);
}

TEST_CASE("a file that was moved is still one file", "[output_file]") {
    const scratch here;
    std::optional<output_file> first(std::in_place, "--output", here.file("a"));
    output_file second(std::move(*first));
    first.reset();
    second.write("x");
    CHECK(content_of(here.file("a")) == "x");
    CHECK(here.entries() == 1);
}

TEST_CASE("a new file has the mode that files usually have", "[output_file]") {
    const scratch here;
    const mode_t before = ::umask(027);
    output_file("--output", here.file("a")).write("x");
    ::umask(before);
    CHECK((fs::status(here.file("a")).permissions() == fs::perms(0640)));
}

TEST_CASE("what could not be written is refused before anything is measured", "[output_file]") {
    const scratch here;
    const auto path = here.file("missing") + "/result.json";
    CHECK_THROWS_WITH(output_file("--output", path),
                      "--output: cannot write " + path + ": No such file or directory");
    CHECK_THROWS_AS(output_file("--output", ""), setup_error);
    const std::string directory = fs::path(path).parent_path().parent_path();
    CHECK_THROWS_WITH(output_file("--output", directory), "--output: cannot write " + directory + ": Is a directory");
    CHECK(here.entries() == 0);
}

TEST_CASE("a file that may not be written is refused, also where its directory may", "[output_file]") {
    if (::getuid() == 0) SKIP("root may write everything");
    const scratch here;
    std::ofstream(here.file("read-only")) << "keep";
    fs::permissions(here.file("read-only"), fs::perms::owner_read);
    CHECK_THROWS_AS(output_file("--output", here.file("read-only")), setup_error);
}

TEST_CASE("a device is written directly, and stays a device", "[output_file]") {
    output_file null("--output", "/dev/null");
    null.write("gone");
    CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a link is written through, and stays a link: /dev/stderr is one", "[output_file]") {
    const scratch here;
    std::ofstream(here.file("target")) << "a longer one from before";
    fs::create_symlink(here.file("target"), here.file("link"));
    const output_file out("--output", here.file("link"));
    CHECK_FALSE(out.can_be_replaced());
    out.write("new");
    CHECK(fs::is_symlink(here.file("link")));
    CHECK(content_of(here.file("target")) == "new");
    CHECK(here.entries() == 2);
}

TEST_CASE("a disk that is full is an error that names the file", "[output_file]") {
    output_file full("--csv", "/dev/full");
    CHECK_THROWS_WITH(full.write("x"), "--csv: cannot write /dev/full: No space left on device");
}

TEST_CASE("only a dash is stdout", "[output_file]") {
    const scratch here;
    CHECK(output_file("--output", "-").is_stdout());
    CHECK_FALSE(output_file("--output", here.file("-")).is_stdout());
}
