#include "analysis/border_search.hpp"

#include <algorithm>
#include <cmath>

namespace pipebench {

void border_search::tried(double value, objective_verdict verdict) {
    known(value, verdict);
    ++tries_;
}

bool border_search::is_further(double a, double b) const noexcept {
    return terms_.met == met_side::below ? a < b : a > b;
}

border_search::sides border_search::sides_of(const border& b) const noexcept {
    if (terms_.met == met_side::below) return {b.met.value_or(0), b.not_met};
    return {b.not_met.value_or(0), b.met};
}

bool border_search::is_narrow(const sides& s) const noexcept {
    if (!s.upper) return false;
    const double between_neighbours = terms_.numbers == number_kind::whole ? 1 : 0;
    return *s.upper - s.lower <= std::max(between_neighbours, terms_.precision * *s.upper);
}

border border_search::report() const {
    border out;
    out.tries = tries_;
    for (const auto& o : outcomes_)
        if (!o.met() && (!out.not_met || is_further(o.value, *out.not_met))) out.not_met = o.value;
    for (const auto& o : outcomes_) {
        if (!o.met()) continue;
        const bool counts = !out.not_met || is_further(o.value, *out.not_met);
        if (counts && (!out.met || is_further(*out.met, o.value))) out.met = o.value;
        for (const auto& other : outcomes_)
            if (other.verdict == objective_verdict::not_met && !is_further(o.value, other.value))
                out.contradicted = true;
    }
    out.narrow = is_narrow(sides_of(out));
    return out;
}

std::optional<double> border_search::next() const {
    const auto known = report();
    const auto [lower, upper] = sides_of(known);
    if (tries_ >= terms_.most_tries || known.narrow) return std::nullopt;
    if (!upper && lower >= terms_.highest) return std::nullopt;
    const double first = std::min(terms_.first, terms_.highest);
    const bool may_be_first = !known.met && first > lower && !(upper && first >= *upper);
    if (tries_ == 0 && may_be_first) return first;
    if (!upper) return std::min(terms_.highest, 2 * lower);
    const double middle = lower + (*upper - lower) / 2;
    return terms_.numbers == number_kind::whole ? std::floor(middle) : middle;
}

}  // namespace pipebench
