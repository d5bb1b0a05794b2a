// The page of --export-html: foreign text stays text, the policy allows what is in the page and nothing else, and the
// data can be read.
#include "pipebench/reporter.hpp"
#include "report/html_text.hpp"
#include "report/model.hpp"
#include "report/page.hpp"
#include "report/page_files.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::string_view hostile = R"x(</script><img src=x onerror="alert('1')">&amp;<!--)x";

std::string page_of(const session_result& r) { return find_reporter("html")->render(model_of(r), colours::off); }

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t out = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++out;
    return out;
}

/// The contents of the elements that begin with this tag.
std::vector<std::string> contents(const std::string& html, const std::string& tag, const std::string& end) {
    std::vector<std::string> out;
    for (auto at = html.find(tag); at != std::string::npos; at = html.find(tag, at)) {
        at += tag.size();
        out.push_back(html.substr(at, html.find(end, at) - at));
    }
    return out;
}

nlohmann::json data_of(const std::string& html) {
    const auto found = contents(html, R"(<script type="application/json" id="data">)", "</script>");
    REQUIRE(found.size() == 1);
    return nlohmann::json::parse(found[0]);
}

session_result with_hostile_names() {
    auto s = test::session_of_rounds();
    for (auto& run : s.runs) {
        run.pattern += hostile;
        run.scenario = hostile;
        run.series = {100, {0.1, 0.2}, {1, 2}, {0, 0}, {}, {}, {1, 2}, {0, 0}, {10, 11}};
        joined_worker w;
        w.host = hostile;
        run.workers = {w, w};
    }
    s.profile = s.command = hostile;
    return s;
}

}  // namespace

TEST_CASE("no tag, reference or attribute begins or ends in escaped text", "[html]") {
    CHECK(escape_html(hostile) ==
          "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;&lt;!--");
    CHECK(escape_html("plain").size() == 5);
    CHECK(escape_html("").empty());
}

TEST_CASE("no tag begins in the data of a script, which stays what it was", "[html]") {
    const nlohmann::ordered_json data{{"name", std::string(hostile) + "\xe2\x80\xa8 and \xe2\x80\xa9"}};
    const auto text = script_json(data);
    CHECK(text.find_first_of("<>&") == std::string::npos);
    CHECK(text.find("\xe2\x80") == std::string::npos);
    CHECK_THAT(text, ContainsSubstring("\\u003c/script\\u003e") && ContainsSubstring("\\u2028 and \\u2029"));
    CHECK(nlohmann::ordered_json::parse(text) == data);
    CHECK_NOTHROW(nlohmann::json::parse(script_json({{"no UTF-8", "\xff"}})));
}

TEST_CASE("the hash of a policy is that of RFC 6234 in base64", "[html]") {
    CHECK(policy_hash("abc") == "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

TEST_CASE("a page allows its own scripts and styles by their hashes, and nothing else", "[html]") {
    const auto html = page_of(test::sample_session());
    const auto policy = contents(html, R"(<meta http-equiv="Content-Security-Policy" content=")", "\">");
    REQUIRE(policy.size() == 1);
    CHECK_THAT(policy[0], ContainsSubstring("default-src 'none'") && !ContainsSubstring("unsafe"));
    const auto scripts = contents(html, "<script>", "</script>"), styles = contents(html, "<style>", "</style>");
    REQUIRE(scripts.size() == 2);
    REQUIRE(styles.size() == 1);
    for (const auto& inside : {scripts[0], scripts[1], styles[0]})
        CHECK_THAT(policy[0], ContainsSubstring("'" + policy_hash(inside) + "'"));
    CHECK(count(policy[0], "sha256-") == 3);
    CHECK(html.find(" style=") == std::string::npos);
}

TEST_CASE("a page names no other machine, and has the licence of its library", "[html]") {
    const auto html = page_of(test::sample_session());
    CHECK(html.find("http://") == std::string::npos);
    CHECK(html.find("https://") == std::string::npos);
    CHECK(chart_library().size() > 100'000);
    CHECK_THAT(std::string(chart_library().substr(0, 300)), ContainsSubstring("Chart.js v"));
    CHECK_THAT(html, ContainsSubstring("Permission is hereby granted, free of charge"));
    CHECK(chart_licence().find("--") == std::string_view::npos);  // it stands in a comment
    for (const auto own : {page_script(), page_style(), chart_library()}) {
        CHECK(own.find("</s") == std::string_view::npos);
        CHECK(own.find("<!--") == std::string_view::npos);
    }
}

TEST_CASE("hostile names inject nothing into a page", "[html]") {
    const auto html = page_of(with_hostile_names());
    CHECK(html.find(hostile) == std::string::npos);
    CHECK(count(html, "<img") == 0);
    CHECK(count(html, "</script>") == 3);
    CHECK(count(html, "<!--") == 1);
    const auto text = data_of(html).dump();
    CHECK_THAT(text, ContainsSubstring("</script><img"));  // said, as text
    CHECK_NOTHROW(data_of(page_of(test::hostile_session())));
}

TEST_CASE("every chart of a page has a canvas with a name and the role of an image", "[html]") {
    for (const auto& s : {test::sample_session(), test::session_of_rounds(), with_hostile_names()}) {
        const auto html = page_of(s);
        const auto charts = data_of(html).at("charts").size();
        CHECK(charts >= 3);
        CHECK(count(html, "<canvas id=\"chart-") == charts);
        CHECK(count(html, "role=\"img\" aria-label=\"Chart: ") == charts);
    }
}

TEST_CASE("the page of long runs in many rounds is small", "[html]") {
    auto s = test::session_of_rounds();
    for (auto& run : s.runs) {
        auto& series = run.series;
        for (std::size_t i = 0; i < max_series_points; ++i) {
            for (auto* column : {&series.t_s, &series.in_flight, &series.queued, &series.lag, &series.pending,
                                 &series.completed, &series.failed, &series.rss_mb})
                column->push_back(1e5 + 1.0 / static_cast<double>(i + 1));
        }
        run.served = {std::vector<std::uint64_t>(2'000), std::vector<std::uint64_t>(2'000, 3)};
        std::iota(run.served.bins.begin(), run.served.bins.end(), 0);
    }
    const auto html = page_of(s);
    CHECK(html.size() > chart_library().size());
    CHECK(html.size() < 1'000'000);
}

TEST_CASE("a page without runs has no chart and no script", "[html]") {
    const auto html = page_of({});
    CHECK_THAT(html, ContainsSubstring("Nothing was measured."));
    CHECK(count(html, "<script") == 0);
    CHECK(count(html, "<canvas") == 0);
}

TEST_CASE("a table has headers for its columns and rows, and an alarm is marked by more than its colour", "[html]") {
    const table t{{{"Pattern", "", align::left}, {"Time", "s"}},
                  {{{"! a<b", "1.5"}, tone::alarm}, {{"c", "-"}, tone::plain}}};
    const auto html = to_html(t, "A & B");
    CHECK_THAT(html,
               ContainsSubstring("<caption>A &amp; B</caption>") &&
                   ContainsSubstring("<th scope=\"col\" class=\"n\">Time <small>(s)</small></th>") &&
                   ContainsSubstring("<tr class=\"alarm\"><th scope=\"row\">! a&lt;b</th><td class=\"n\">1.5</td>") &&
                   ContainsSubstring("<td class=\"n\">-</td>"));
    CHECK(to_html({}, "nothing").empty());
}

TEST_CASE("what is not known is null in the data of a page, and never 0", "[html]") {
    auto s = test::sample_session();
    for (auto& run : s.runs) run.memory.peak_rss_bytes.reset();
    s.runs[0].cpu_per_order_us = std::nan("");
    const auto charts = data_of(page_of(s)).at("charts");
    const auto memory =
        std::find_if(charts.begin(), charts.end(), [](auto& c) { return c["title"] == "Peak memory"; });
    REQUIRE(memory != charts.end());
    for (const auto& point : (*memory)["series"][0]["points"]) CHECK(point[0].is_null());
    const auto cpu =
        std::find_if(charts.begin(), charts.end(), [](auto& c) { return c["title"] == "CPU time per order"; });
    REQUIRE(cpu != charts.end());
    CHECK((*cpu)["series"][0]["points"][0][0].is_null());
    CHECK((*cpu)["series"][0]["points"][1][0].is_number());
}
