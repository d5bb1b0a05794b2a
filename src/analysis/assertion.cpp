#include "analysis/assertion.hpp"

#include "analysis/metrics.hpp"
#include "contracts/error.hpp"
#include "contracts/suggestion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <muParser.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <list>
#include <numeric>
#include <span>

namespace pipebench {
namespace {

constexpr std::string_view every_pattern = "all";
constexpr std::size_t longest_detail = 400;  ///< bytes
constexpr std::size_t longest_quote = 120;   ///< bytes of the condition quoted in an error

// The operators and functions of a condition. muParser's own are disabled because a missing value would pass with
// them: NaN != x is true, and so is x < 1/0.

constexpr double no_answer = std::numeric_limits<double>::quiet_NaN();

/// Returns 1, 0, or NaN if a side is not finite.
template <typename relation>
double compare(double a, double b) {
    if (!std::isfinite(a) || !std::isfinite(b)) return no_answer;
    return relation{}(a, b) ? 1 : 0;
}

/// Logic on 1, 0 and NaN; the result is NaN if either side is.
double both(double a, double b) { return a * b; }
double either(double a, double b) { return a + b - a * b; }

/// NaN if any number is, which std::min and std::max may drop; NaN without numbers.
template <typename relation>
double extreme(const double* x, int n) {
    if (n < 1) return no_answer;
    const auto nearer = [](double a, double b) { return std::isnan(b) || relation{}(b, a) ? b : a; };
    return std::accumulate(x + 1, x + n, x[0], nearer);
}

struct binary_operator {
    const char* text;
    mu::fun_type2 apply;
    int precedence;
};

constexpr std::array operators{
    binary_operator{"+", [](double a, double b) { return a + b; }, mu::prADD_SUB},
    binary_operator{"-", [](double a, double b) { return a - b; }, mu::prADD_SUB},
    binary_operator{"*", [](double a, double b) { return a * b; }, mu::prMUL_DIV},
    binary_operator{"/", [](double a, double b) { return a / b; }, mu::prMUL_DIV},
    binary_operator{"<", compare<std::less<>>, mu::prCMP},
    binary_operator{"<=", compare<std::less_equal<>>, mu::prCMP},
    binary_operator{"==", compare<std::equal_to<>>, mu::prCMP},
    binary_operator{"!=", compare<std::not_equal_to<>>, mu::prCMP},
    binary_operator{">=", compare<std::greater_equal<>>, mu::prCMP},
    binary_operator{">", compare<std::greater<>>, mu::prCMP},
    binary_operator{"&&", both, mu::prLAND},
    binary_operator{"||", either, mu::prLOR},
};

constexpr const char* name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

void define_language(mu::Parser& parser) {
    parser.ClearConst();
    parser.ClearFun();
    parser.EnableBuiltInOprt(false);
    for (const auto& o : operators) parser.DefineOprt(o.text, o.apply, static_cast<unsigned>(o.precedence));
    parser.DefineFun("abs", [](double x) { return std::abs(x); });
    parser.DefineFun("min", extreme<std::less<>>);
    parser.DefineFun("max", extreme<std::greater<>>);
    parser.DefineNameChars(name_characters);
}

/// Called once for every name, in the order of the text.
using name_reader = std::function<double(std::string_view)>;

struct variables {
    const name_reader& read;
    std::list<double> values;  ///< the parser keeps their addresses
};

double* new_variable(const char* name, void* all) {
    auto& v = *static_cast<variables*>(all);
    return &v.values.emplace_back(v.read(name));
}

/// Throws mu::ParserError, and passes on what `read` throws.
double evaluate(const std::string& text, const name_reader& read) {
    variables all{read, {}};
    mu::Parser parser;
    define_language(parser);
    parser.SetVarFactory(new_variable, &all);
    parser.SetExpr(text);
    return parser.Eval();
}

// Names

/// The pattern's name in a condition, where '-' would be a minus.
std::string name_of(std::string pattern) {
    std::replace(pattern.begin(), pattern.end(), '-', '_');
    return pattern;
}

setup_error unknown(const std::string& kind, std::string_view given, const std::vector<std::string>& known) {
    return setup_error(not_one_of(kind, std::string(given), known));
}

std::vector<std::string> known_patterns(const std::vector<std::string>& patterns) {
    std::vector<std::string> known;
    for (const auto& p : patterns) known.push_back(printable(name_of(p), longest_quote));
    if (!known.empty()) known.emplace_back(every_pattern);
    return known;
}

std::vector<std::string> known_metrics() {
    std::vector<std::string> known;
    for (const auto& m : metrics()) known.emplace_back(m.id);
    return known;
}

struct value_name {
    std::string_view pattern;  ///< with '_'
    std::string_view metric;
};

value_name split(std::string_view name) {
    const auto dot = name.find('.');
    if (dot == std::string_view::npos)
        throw setup_error(fmt::format("'{}' is not a value: write pattern.metric, as in 'all.lost'", name));
    return {name.substr(0, dot), name.substr(dot + 1)};
}

void require_known(const value_name& name, const std::vector<std::string>& patterns) {
    const auto known = known_patterns(patterns);
    if (std::find(known.begin(), known.end(), name.pattern) == known.end())
        throw unknown("pattern of this session", name.pattern, known);
    if (find_metric(name.metric) == nullptr) throw unknown("metric", name.metric, known_metrics());
}

// Syntax checks

void require_text(std::string_view text) {
    if (text.find_first_not_of(' ') == std::string_view::npos) throw setup_error("it is empty");
    if (text.size() > longest_assertion)
        throw setup_error(fmt::format("{} characters; at most {}", text.size(), longest_assertion));
    const auto foreign = text.find_first_not_of(std::string{name_characters} + " ()+-*/<>=!&|,");
    if (foreign != std::string_view::npos)
        throw setup_error(
            fmt::format("'{}' (character {}) has no meaning here", printable(text.substr(foreign, 1)), foreign + 1));
}

// A token stands before its own prefixes, because the first match wins.
constexpr std::array<std::string_view, 6> comparisons{"<=", ">=", "==", "!=", "<", ">"};
constexpr std::array<std::string_view, 3> separators{"&&", "||", ","};

std::string_view first_of(std::span<const std::string_view> tokens, std::string_view text) {
    const auto at = std::find_if(tokens.begin(), tokens.end(), [&](auto t) { return text.starts_with(t); });
    return at == tokens.end() ? std::string_view{} : *at;
}

/// Users may write '=' for '=='; this gives them a clear error.
void require_no_assignment(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto comparison = first_of(comparisons, text.substr(i));
        if (!comparison.empty()) i += comparison.size() - 1;
        else if (text[i] == '=') throw setup_error("'=' compares nothing: use ==, <= or >=");
    }
}

/// The position of the bracket that closes the first one.
std::size_t closing(std::string_view text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0) return i;
    }
    return std::string_view::npos;
}

/// Removes the blanks and brackets that enclose the whole text.
std::string_view unwrapped(std::string_view text) {
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        text = text.substr(0, text.find_last_not_of(' ') + 1);
        if (!text.starts_with('(') || closing(text) != text.size() - 1) return text;
        text = text.substr(1, text.size() - 2);
    }
}

struct outer_parts {                    ///< of a text without enclosing brackets
    std::vector<std::string_view> all;  ///< between the separators outside of brackets
    std::size_t comparisons = 0;        ///< outside of brackets
    bool is_list = false;               ///< one of the separators is a comma
};

outer_parts split_outside_brackets(std::string_view text) {
    outer_parts out;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') i += closing(text.substr(i));
        else if (const auto s = first_of(separators, text.substr(i)); !s.empty()) {
            out.all.push_back(text.substr(begin, i - begin));
            out.is_list = out.is_list || s == ",";
            i += s.size() - 1;
            begin = i + 1;
        } else if (const auto c = first_of(comparisons, text.substr(i)); !c.empty()) {
            ++out.comparisons;
            i += c.size() - 1;
        }
    }
    out.all.push_back(text.substr(begin));
    return out;
}

/// Rejects 'fan_out.rss_mb' and '1 < x < 2', which muParser would evaluate as numbers. Expects a text that muParser
/// can parse.
void require_condition(std::string_view text) {
    text = unwrapped(text);
    const auto parts = split_outside_brackets(text);
    const auto complain = [&](const char* what) {
        throw setup_error(fmt::format("'{}' {}", printable(text, longest_quote), what));
    };
    if (parts.is_list) complain("is a list: join conditions with && or ||");
    if (parts.all.size() > 1) {
        for (const auto part : parts.all) require_condition(part);
        return;
    }
    if (parts.comparisons == 0) complain("is not a condition: compare it, with <, <=, ==, !=, >= or >");
    if (parts.comparisons > 1) complain("compares twice: join two conditions with && or ||");
}

std::string explanation(const mu::ParserError& e) {
    std::string text = e.GetMsg();
    while (text.ends_with('.')) text.pop_back();
    if (text.find("position") == std::string::npos) text += fmt::format(" at position {}", e.GetPos());
    return printable(text, longest_quote);
}

// Evaluation

std::string shown(double value, std::string_view unit) {
    const auto number = std::abs(value) < 1e6 ? fmt::format("{:.6g}", value) : fmt::format("{:.0f}", value);
    return unit.empty() ? number : fmt::format("{} {}", number, unit);
}

/// A result with its patterns, which are computed once because every name needs them.
struct measured {
    const session_result& result;
    std::vector<std::string> patterns;
};

/// The pattern is found by its name in a condition; NaN if there is no such pattern.
double value_by_name(const measured& what, const value_name& name, const metric& m) {
    for (const auto& id : what.patterns)
        if (name_of(id) == name.pattern) return value_of(what.result, id, m);
    return no_answer;
}

struct evaluation {
    bool held = false;
    std::string detail;
};

/// `stands_for_all`: the pattern that replaces `all`.
evaluation evaluate_over(const measured& what, const std::string& text, const std::string& stands_for_all) {
    std::vector<std::string> values;
    bool complete = true;
    const double answer = evaluate(text, [&](std::string_view given) {
        auto name = split(given);
        if (name.pattern == every_pattern) name.pattern = stands_for_all;
        const metric& m = *find_metric(name.metric);
        const double value = value_by_name(what, name, m);
        const auto says = std::isfinite(value) ? " = " + shown(value, m.unit) : " has no value";
        values.push_back(fmt::format("{}.{}{}", name.pattern, m.id, says));
        complete = complete && std::isfinite(value);
        return value;
    });
    auto detail = fmt::format("{}", fmt::join(values, ", "));
    if (complete && std::isnan(answer)) detail += ": one side is not a number";
    return {answer > 0, detail};
}

evaluation evaluate_for_all(const measured& what, const std::string& text, const std::vector<std::string>& all) {
    std::vector<std::string> failed;
    for (const auto& pattern : all)
        if (const auto one = evaluate_over(what, text, name_of(pattern)); !one.held) failed.push_back(one.detail);
    if (failed.empty()) return {true, fmt::format("{} pattern{}", all.size(), all.size() == 1 ? "" : "s")};
    return {false, fmt::format("{} of {} failed: {}", failed.size(), all.size(), fmt::join(failed, "; "))};
}

}  // namespace

assertion::assertion(std::string text, const std::vector<std::string>& patterns) : text_(std::move(text)) {
    const auto complaint = [&](const std::string& what) {
        return setup_error(fmt::format("--assert '{}': {}", printable(text_, longest_quote), what));
    };
    std::size_t names = 0;
    const auto look_at = [&](std::string_view given) {
        const auto name = split(given);
        require_known(name, patterns);
        if (name.pattern == every_pattern) patterns_ = patterns;
        ++names;
        return 1.0;
    };
    try {
        require_text(text_);
        require_no_assignment(text_);
        evaluate(text_, look_at);
        require_condition(text_);
        if (names == 0) throw setup_error("it names no value: write pattern.metric, as in 'all.lost'");
    } catch (const mu::ParserError& e) {
        throw complaint(explanation(e));
    } catch (const setup_error& e) {
        throw complaint(e.what());
    }
}

assertion_outcome assertion::check(const session_result& r) const {
    assertion_outcome out{text_, true, {}};
    const auto parts = by_scenario(r);
    for (const auto& [scenario, session] : parts) {
        const measured what{session, patterns_in(session)};
        const auto one =
            patterns_.empty() ? evaluate_over(what, text_, {}) : evaluate_for_all(what, text_, patterns_);
        out.held = out.held && one.held;
        if (parts.size() > 1) out.detail += fmt::format("{}{}: ", out.detail.empty() ? "" : "; ", scenario);
        out.detail += one.detail;
    }
    out.detail = printable(out.detail, longest_detail);
    return out;
}

bool all_held(const std::vector<assertion_outcome>& outcomes) {
    return std::all_of(outcomes.begin(), outcomes.end(), [](const auto& o) { return o.held; });
}

}  // namespace pipebench
