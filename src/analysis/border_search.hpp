// Finds the border of a property that numbers have on one side of it only: a rate is met below its border, a number
// of permits above. The caller asks for the next number, tries it, and reports what came of it. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace pipebench {

enum class met_side : std::uint8_t { below, above };
enum class number_kind : std::uint8_t { real, whole };

/// All numbers are positive; whole ones may be up to 2^53.
struct border_terms {
    met_side met = met_side::below;
    number_kind numbers = number_kind::real;
    double first = 1;  ///< try, if nothing that is met is known, and it is not excluded
    double highest = std::numeric_limits<double>::infinity();  ///< that may be tried
    double precision = 0;  ///< the search ends when the two sides differ by this share of the upper one
    unsigned most_tries = 12;
};

struct border {
    std::optional<double> met, not_met;  ///< the closest to each other; nullopt if there is none
    bool narrow = false;                 ///< they are as close as requested, or neighbours
    bool contradicted = false;           ///< met on the side where it was also not met, or at the same number
    unsigned tries = 0;
    bool operator==(const border&) const = default;
};

/// Doubles until both sides are known, and then bisects. What cannot be told counts as not met. Of outcomes that
/// contradict each other, those which are not met count.
class border_search {
public:
    explicit border_search(const border_terms& terms) : terms_(terms) {}

    /// Adds what is known without a try of this search.
    void known(double value, objective_verdict verdict) { outcomes_.push_back({value, verdict}); }
    void tried(double value, objective_verdict verdict);

    /// The number to try next; nullopt when the search is over.
    [[nodiscard]] std::optional<double> next() const;
    [[nodiscard]] border report() const;

private:
    struct outcome {
        double value = 0;
        objective_verdict verdict = objective_verdict::cannot_tell;
        [[nodiscard]] bool met() const noexcept { return verdict == objective_verdict::met; }
    };
    /// The numbers between which the border is, as far as known.
    struct sides {
        double lower = 0;
        std::optional<double> upper;
    };
    /// Whether a is further than b on the side that is met.
    [[nodiscard]] bool is_further(double a, double b) const noexcept;
    [[nodiscard]] sides sides_of(const border& b) const noexcept;
    [[nodiscard]] bool is_narrow(const sides& s) const noexcept;

    border_terms terms_;
    std::vector<outcome> outcomes_;
    unsigned tries_ = 0;
};

}  // namespace pipebench
