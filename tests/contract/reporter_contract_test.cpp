// The contract of every reporter: it renders any result, gives the same output for the saved result, and escapes
// foreign text.
#include "pipebench/reporter.hpp"
#include "report/model.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include <sys/wait.h>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;

namespace {

struct named_session {
    const char* name;
    session_result result;
};

std::vector<named_session> sessions() {
    session_result not_a_number = test::sample_session();
    not_a_number.runs[0].efficiency = not_a_number.runs[0].foreign_share = std::numeric_limits<double>::quiet_NaN();
    return {{"empty", {}},
            {"full", test::sample_session()},
            {"interrupted", test::troubled_session()},
            {"hostile", test::hostile_session()},
            {"rounds", test::session_of_rounds()},
            {"not a number", not_a_number}};
}

/// At least one of everything that a result can have.
session_result with_everything() {
    auto s = test::troubled_session();
    s.warmup_runs = {s.runs[2]};
    s.assertions = {{"all.lost == 0", false, "process_pool.lost = 3"}};
    return s;
}

std::string render(std::string_view format, const session_result& r, colours c = colours::off) {
    const reporter* found = find_reporter(format);
    REQUIRE(found != nullptr);
    return found->render(model_of(r), {c, 150, true});
}

/// Reporters that feed a history leave out invalid runs.
bool shows_every_run(const reporter& r) { return !r.id.starts_with("github-") && r.id != "bencher"; }

/// The fields of each record by RFC 4180: quotes, doubled quotes, CR LF.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> records(1, std::vector<std::string>(1));
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') records.back().back() += text[++i];
        else if (c == '"') quoted = !quoted;
        else if (c == ',' && !quoted) records.back().emplace_back();
        else if (c == '\r' && !quoted) {
            REQUIRE(text.at(++i) == '\n');
            if (i + 1 < text.size()) records.emplace_back(1);
        } else records.back().back() += c;
    }
    REQUIRE_FALSE(quoted);
    return records;
}

std::string field(const std::string& csv, std::size_t run, std::string_view name) {
    const auto records = parse_csv(csv);
    const auto at = std::find(records.at(0).begin(), records.at(0).end(), name);
    REQUIRE(at != records.at(0).end());
    return records.at(run + 1).at(static_cast<std::size_t>(at - records.at(0).begin()));
}

/// A temporary directory.
struct scratch {
    std::filesystem::path path;
    scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "pipebench-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
};

int python(const std::string& program, const std::string& arguments) {
    const std::string command = "/usr/bin/python3 -W ignore -c '" + program + "' " + arguments + " >/dev/null 2>&1";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// '1' for each document that an independent validator finds valid by docs/result.schema.json.
std::string valid_by_schema(const std::vector<std::string>& documents) {
    const scratch where;
    const auto in = where.path / "documents", out = where.path / "verdicts";
    std::ofstream file(in, std::ios::binary);
    for (const auto& d : documents) file << nlohmann::ordered_json::parse(d).dump() << '\n';  // one on a line
    file.close();
    const int status =
        python("import json, sys, jsonschema\n"
               "schema = json.load(open(sys.argv[1]))\n"
               "jsonschema.Draft202012Validator.check_schema(schema)\n"
               "check = jsonschema.Draft202012Validator(schema).is_valid\n"
               "verdicts = [check(json.loads(line)) for line in open(sys.argv[2], encoding=\"utf-8\")]\n"
               "open(sys.argv[3], \"w\").write(\"\".join(str(int(v)) for v in verdicts))",
               PIPEBENCH_SOURCE_DIR "/docs/result.schema.json " + in.string() + " " + out.string());
    REQUIRE(status == 0);
    std::string verdicts;
    std::ifstream(out) >> verdicts;
    return verdicts;
}

bool validator_is_here() { return python("import jsonschema; jsonschema.Draft202012Validator", "") == 0; }
constexpr const char* no_validator = "python3 with jsonschema >= 4 is not here (Debian: python3-jsonschema)";

/// For each field of each object with a fixed form: the document without this field.
std::vector<std::string> each_with_a_field_missing(const nlohmann::json& good) {
    std::vector<std::string> out;
    for (const auto* object :
         {"", "/build", "/box", "/servers/0", "/runs/2", "/runs/2/latency", "/runs/2/memory", "/runs/2/cpu",
          "/runs/2/services/0", "/runs/2/api", "/runs/2/ledger", "/runs/2/verdict", "/runs/2/failures/0",
          "/runs/2/in_flight", "/warmup_runs/0", "/assertions/0"}) {
        const nlohmann::json::json_pointer at(object);
        for (const auto& [key, value] : good[at].items()) {
            if (key == "yardstick") continue;  // not there with --no-yardstick
            auto broken = good;
            broken[at].erase(key);
            out.push_back(broken.dump());
        }
    }
    return out;
}

}  // namespace

TEST_CASE("the table of reporters is not empty, and each is found by its id", "[reporters]") {
    REQUIRE(reporters().size() >= 8);
    std::set<std::string_view> ids;
    for (const auto& r : reporters()) {
        CHECK(find_reporter(r.id) == &r);
        CHECK_FALSE(r.summary.empty());
        CHECK(ids.insert(r.id).second);
    }
    for (const auto* id : {"text", "markdown", "csv", "json", "github-smaller", "github-bigger", "bencher", "html"})
        CHECK(ids.count(id) == 1);
    CHECK(find_reporter("no such format") == nullptr);
    CHECK(find_reporter("") == nullptr);
}

TEST_CASE("every reporter renders every session, always with the same bytes", "[reporters]") {
    REQUIRE_FALSE(reporters().empty());
    for (const auto& r : reporters())
        for (const auto& [name, session] : sessions()) {
            CAPTURE(r.id, name);
            const auto out = r.render(model_of(session), colours::off);
            CHECK(out.ends_with('\n'));
            CHECK(out == r.render(model_of(session), colours::off));
            for (const auto& run : session.runs)
                if (std::string_view{name} != "hostile" && (run.verdict.trusted() || shows_every_run(r)))
                    CHECK_THAT(out, ContainsSubstring(run.pattern));
        }
}

TEST_CASE("a saved result renders again, alike to the byte, in every format", "[reporters]") {
    REQUIRE_FALSE(reporters().empty());
    for (const auto& [name, session] : sessions()) {
        const auto again = parse_result(render("json", session));
        for (const auto& r : reporters())
            for (const auto c : {colours::off, colours::on}) {
                CAPTURE(r.id, name);
                CHECK(r.render(model_of(again), c) == r.render(model_of(session), c));
            }
    }
}

TEST_CASE("no foreign control character leaves a reporter", "[reporters]") {
    const auto session = test::hostile_session();
    for (const auto& r : reporters()) {
        const auto out = r.render(model_of(session), colours::off);
        const auto control = [&](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return (byte < 0x20 && c != '\n' && !(c == '\r' && r.id == "csv")) || byte == 0x7f;
        };
        CAPTURE(r.id);
        CHECK(std::none_of(out.begin(), out.end(), control));
        if (r.id == "json") continue;  // keeps the text, escaped
        CHECK(out.find("\xc2\x9b") == std::string::npos);
        CHECK(out.find("\xe2\x80\xae") == std::string::npos);
    }
}

TEST_CASE("with colours no escape leaves a reporter but its own", "[reporters]") {
    for (const auto& r : reporters()) {
        const auto session = test::hostile_session();
        auto out = r.render(model_of(session), colours::on);
        for (const std::string own : {"\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;32m", "\x1b[0m"})
            for (auto at = out.find(own); at != std::string::npos; at = out.find(own)) out.erase(at, own.size());
        CAPTURE(r.id);
        CHECK(out.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("a partial result says so at the top and in the row", "[reporters]") {
    for (const auto* format : {"text", "markdown"}) {
        const auto out = render(format, test::troubled_session());
        CAPTURE(format);
        CHECK(out.find("INTERRUPTED in thread-pool") < out.find("Pattern"));
        CHECK_THAT(out, ContainsSubstring("! thread-pool") && ContainsSubstring("interrupted: partial"));
    }
    session_result early = test::sample_session();
    early.interrupted = true;
    CHECK_THAT(render("text", early), ContainsSubstring("INTERRUPTED: not all runs were made."));
    CHECK(render("text", test::sample_session()).find("INTERRUPTED") == std::string::npos);
}

TEST_CASE("a debug or sanitizer build is loud", "[reporters]") {
    for (const auto* format : {"text", "markdown"}) {
        const auto out = render(format, test::troubled_session());
        CHECK(out.find("DEBUG BUILD") < out.find("Pattern"));
        CHECK(out.find("SANITIZER BUILD (address,undefined)") < out.find("Pattern"));
        CHECK(render(format, test::sample_session()).find(" BUILD") == std::string::npos);
    }
}

TEST_CASE("the reports for people name the box, the build, the servers, the ledger and what went wrong",
          "[reporters]") {
    for (const auto* format : {"text", "markdown"}) {
        const auto out = render(format, test::troubled_session());
        for (const auto* part :
             {"Floor: no schedule", "Eff. = floor / time", "Intel(R) Xeon(R)", "25.3 GB", "pipebench 0.1.0",
              "g++ 12.2.0", "postgres 15.14, throwaway: fsync=off", "DOES NOT BALANCE: 34,186 rows", "3 lost",
              "contents checked", "process-pool: 7 fetch/reset, 3 store/database", "memory every 20 ms at last",
              "http-latency 100ms", "orders 10000", "something else was running"})
            CHECK_THAT(out, ContainsSubstring(part));
        CHECK_THAT(render(format, test::sample_session()), ContainsSubstring("balanced: 50,000 rows accounted for"));
    }
}

TEST_CASE("a result that lacks what newer ones have says so", "[reporters]") {
    auto s = test::sample_session();
    for (auto& run : s.runs) {
        run.yardstick.reset();
        run.served = {};
        run.series = {};
    }
    for (const auto* format : {"text", "markdown"})
        for (const auto* part : {"Lacks", "a yardstick", "distributions", "series over time"})
            CHECK_THAT(render(format, s), ContainsSubstring(part));
    s.runs[0].served = {{100}, {1}};
    CHECK_THAT(render("text", s), !ContainsSubstring("distributions: no other"));
}

TEST_CASE("losses that are too many to add are not shown as none, and a debug build is one in small letters",
          "[reporters]") {
    auto s = test::sample_session();
    s.build.type = "debug";
    s.runs[0].ledger.lost = s.runs[1].ledger.lost = std::uint64_t{1} << 63;
    for (const auto* format : {"text", "markdown"}) {
        const auto out = render(format, s);
        CHECK_THAT(out, ContainsSubstring("18,446,744,073,709,551,615 lost") && ContainsSubstring("DEBUG BUILD"));
    }
}

TEST_CASE("text has no line with blanks at its end", "[reporters][text]") {
    for (const auto& [name, session] : sessions()) CHECK(render("text", session).find(" \n") == std::string::npos);
}

TEST_CASE("hostile text makes no row, no column and no tag in markdown", "[reporters][markdown]") {
    const auto count_rows = [](const std::string& out) {
        std::size_t rows = 0;
        for (std::size_t at = 0; (at = out.find("\n|", at)) != std::string::npos; ++at) ++rows;
        return rows;
    };
    const auto out = render("markdown", test::hostile_session());
    CHECK(count_rows(out) == count_rows(render("markdown", test::sample_session())));
    CHECK(out.find(" <script>") == std::string::npos);
    CHECK_THAT(out, ContainsSubstring("a\\|b \\`code\\` \\<script\\>"));
}

TEST_CASE("csv has one line per run and as many fields in each", "[reporters][csv]") {
    for (const auto& [name, session] : sessions()) {
        const auto records = parse_csv(render("csv", session));
        CAPTURE(name);
        REQUIRE(records.size() == session.runs.size() + 1);
        for (const auto& record : records) CHECK(record.size() == records.front().size());
        const std::set<std::string> names(records.front().begin(), records.front().end());
        CHECK(names.size() == records.front().size());
    }
}

TEST_CASE("csv keeps every digit, quotes what needs it, and leaves empty what is not known", "[reporters][csv]") {
    session_result s = test::sample_session();
    s.runs[0].time_s = 0.1 + 0.2;
    s.runs[0].verdict.text = "he said \"no\", twice";
    s.runs[1].api.known = false;
    s.runs[1].efficiency = std::numeric_limits<double>::quiet_NaN();
    const auto out = render("csv", s);
    CHECK(std::stod(field(out, 0, "time_s")) == s.runs[0].time_s);
    CHECK(field(out, 0, "verdict") == "he said \"no\", twice");
    CHECK(field(out, 0, "peak_rss_bytes") == "96300000");
    CHECK(field(out, 0, "postgres_cpu_s") == "1.92");
    CHECK(field(out, 0, "postgres_peak_pss_bytes") == "48234496");
    CHECK(field(out, 1, "api_requests").empty());
    CHECK(field(out, 1, "efficiency").empty());
    CHECK(field(render("csv", test::troubled_session()), 2, "failures") == "fetch/reset=7;store/database=3");
}

TEST_CASE("json is indented, and its first field is the schema", "[reporters][json]") {
    CHECK(render("json", test::sample_session()).starts_with("{\n  \"schema\": \"pipebench.result/1\",\n"));
}

TEST_CASE("json follows docs/result.schema.json, and a later field does not matter", "[reporters][json]") {
    if (!validator_is_here()) SKIP(no_validator);
    std::vector<std::string> documents;
    for (const auto& [name, session] : sessions()) documents.push_back(render("json", session));
    auto later = nlohmann::ordered_json::parse(documents[1]);
    later["later"] = later["runs"][0]["later"] = later["runs"][0]["ledger"]["later"] = nullptr;
    documents.push_back(later.dump());
    CHECK(valid_by_schema(documents) == std::string(documents.size(), '1'));
}

TEST_CASE("the schema requires every field that is written", "[reporters][json]") {
    if (!validator_is_here()) SKIP(no_validator);
    const auto broken = each_with_a_field_missing(nlohmann::json::parse(render("json", with_everything())));
    REQUIRE(broken.size() > 120);
    CHECK(valid_by_schema(broken) == std::string(broken.size(), '0'));
}

TEST_CASE("the schema checks types and ranges", "[reporters][json]") {
    if (!validator_is_here()) SKIP(no_validator);
    const auto good = nlohmann::json::parse(render("json", with_everything()));
    REQUIRE(valid_by_schema({good.dump()}) == "1");
    std::vector<std::string> broken;
    const auto with = [&](const char* pointer, const nlohmann::json& value) {
        auto document = good;
        document[nlohmann::json::json_pointer(pointer)] = value;
        broken.push_back(document.dump());
    };
    with("/schema", "pipebench.result/2");
    with("/runs/0/stored", -1);
    with("/runs/0/stored", 1.5);
    with("/runs/0/floor_s", nullptr);
    with("/runs/0/time_s", -0.5);
    with("/runs/0/ledger/lost", "0");
    with("/runs/0/verdict/trusted", 1);
    with("/runs/2/failures/0", 5);
    with("/parameters", 5);
    with("/rounds", -1);
    with("/runs/0/round", 1.5);
    with("/runs/0/position", nullptr);
    with("/runs/0/throttled_share", "0");
    with("/runs/0/yardstick/version", 0);
    with("/runs/0/yardstick/pieces/0/cpu_us", -1);
    with("/box/container", 5);
    with("/runs/0/foreign_share", "0");
    with("/runs/0/foreign_share", -0.1);
    with("/runs/0/in_flight/mean", "0");
    with("/runs/0/in_flight", 5);
    with("/runs/0/api/threads", -1);
    with("/warmup_runs/0", 5);
    with("/assertions/0/held", 1);
    CHECK(valid_by_schema(broken) == std::string(broken.size(), '0'));
}

TEST_CASE("rounds make one row a pattern for people, with medians, and a spread beside them", "[reporters][rounds]") {
    const auto one = test::sample_session(), three = test::session_of_rounds();
    for (const auto* format : {"text", "markdown"}) {
        const auto out = render(format, three), before = render(format, one);
        CHECK_THAT(out, ContainsSubstring("±"));
        CHECK(before.find("±") == std::string::npos);
        CHECK_THAT(out, ContainsSubstring("20.23"));  // the semaphore's median
        CHECK_THAT(out, ContainsSubstring("balanced: 150,000 rows accounted for"));
        CHECK_THAT(out, !ContainsSubstring("40.46"));  // of the warm-up round
    }
}

TEST_CASE("what was asserted is the first thing that people read", "[reporters][assert]") {
    const auto asked = test::session_of_rounds();
    for (const auto* format : {"text", "markdown"}) {
        const auto out = render(format, asked);
        const auto held = out.find("all.lost"), failed = out.find("FAILED");
        CHECK(held < failed);
        CHECK(failed < out.find("Pattern"));
        CHECK(failed < out.find("pipebench 0.1.0"));
        CHECK(render(format, test::sample_session()).find("FAILED") == std::string::npos);
    }
    const auto coloured = render("text", asked, colours::on);
    CHECK_THAT(coloured, ContainsSubstring("\x1b[1;31m"));
}

TEST_CASE("csv and json keep every round, with its number and its place", "[reporters][rounds]") {
    const auto s = test::session_of_rounds();
    const auto csv = render("csv", s);
    CHECK(field(csv, 0, "round") == "1");
    CHECK(field(csv, 14, "round") == "3");
    CHECK(field(csv, 14, "pattern") == "redis-streams");
    const auto json = nlohmann::json::parse(render("json", s));
    CHECK(json["runs"].size() == 15);
    CHECK(json["warmup_runs"].size() == 1);
    CHECK(json["assertions"][1]["held"] == false);
}
