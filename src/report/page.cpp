#include "report/page.hpp"

#include "contracts/error.hpp"
#include "report/html_text.hpp"
#include "report/page_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench::reporting {
namespace {

constexpr std::size_t text_limit = 4'000;  // bytes of one text; a foreign one may be of any length

/// Escaped, and without control characters.
std::string safe(std::string_view text) { return escape_html(printable(text, text_limit)); }

/// The page may use its own scripts and styles, and nothing else.
std::string policy() {
    return fmt::format("default-src 'none'; script-src '{}' '{}'; style-src '{}'; img-src data:; base-uri 'none'; "
                       "form-action 'none'",
                       policy_hash(chart_library()), policy_hash(page_script()), policy_hash(page_style()));
}

std::string figure(const chart& c, std::size_t number) {
    const auto explanation = explanation_of(c);
    const auto explained = explanation.empty() ? "" : fmt::format("<p>{}</p>", safe(explanation));
    return fmt::format("<figure class=\"chart\" hidden><figcaption>{}</figcaption>"
                       "<div class=\"canvas\"><canvas id=\"chart-{}\" role=\"img\" aria-label=\"{}\"></canvas></div>"
                       "{}</figure>\n",
                       safe(c.title), number, safe(describe(c)), explained);
}

}  // namespace

page::page(std::string_view title) : title_(title) {}

void page::heading(std::string_view text) { body_ += fmt::format("<h2>{}</h2>\n", safe(text)); }

void page::subheading(std::string_view text) { body_ += fmt::format("<h3>{}</h3>\n", safe(text)); }

void page::paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", safe(text)); }

void page::alarm(std::string_view text) {
    body_ += fmt::format("<p class=\"alarm\" role=\"note\"><strong>!</strong> {}</p>\n", safe(text));
}

void page::list(const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    body_ += "<ul>\n";
    for (const auto& line : lines) body_ += fmt::format("<li>{}</li>\n", safe(line));
    body_ += "</ul>\n";
}

void page::fact(std::string_view label, const std::vector<std::string>& lines) {
    body_ += fmt::format("<dl><dt>{}</dt>\n", safe(label));
    for (const auto& line : lines) body_ += fmt::format("<dd>{}</dd>\n", safe(line));
    body_ += "</dl>\n";
}

void page::add(const table& t, std::string_view caption) { body_ += to_html(t, caption); }

void page::add(const std::vector<chart>& charts) {
    std::string figures;
    for (const auto& c : charts) {
        if (!has_values(c)) continue;
        figures += figure(c, charts_.size());
        charts_.push_back(json_of(c));
    }
    if (!figures.empty()) body_ += fmt::format("<div class=\"charts\">\n{}</div>\n", figures);
}

void page::open_details(std::string_view summary) {
    body_ += fmt::format("<details open><summary>{}</summary>\n", safe(summary));
}

void page::close_details() { body_ += "</details>\n"; }

std::string page::head() const {
    return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<meta name=\"referrer\" content=\"no-referrer\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{}</style>\n</head>\n",
                       policy(), safe(title_), page_style());
}

std::string page::html() const {
    std::string out = head();
    out += fmt::format("<body>\n<main>\n<h1>{}</h1>\n{}</main>\n", safe(title_), body_);
    if (!charts_.empty()) {
        out += fmt::format("<!--\n{}-->\n", chart_licence());
        out += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n"
                           "<script>{}</script>\n",
                           script_json({{"charts", charts_}}), chart_library(), page_script());
    }
    return out + "</body>\n</html>\n";
}

}  // namespace pipebench::reporting
