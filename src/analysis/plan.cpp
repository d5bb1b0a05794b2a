#include "analysis/plan.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace pipebench {
namespace {

using order = std::vector<std::size_t>;

order in_turn(std::size_t size) {
    order out(size);
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

order shuffled(std::size_t size, std::mt19937_64& random) {
    order out = in_turn(size);
    std::shuffle(out.begin(), out.end(), random);
    return out;
}

/// A cyclic square with shuffled rows, columns and names.
std::vector<order> latin_square(std::size_t size, std::mt19937_64& random) {
    const auto rows = shuffled(size, random), columns = shuffled(size, random), names = shuffled(size, random);
    std::vector<order> square(size, order(size));
    for (std::size_t r = 0; r < size; ++r)
        for (std::size_t c = 0; c < size; ++c) square[r][c] = names[(rows[r] + columns[c]) % size];
    return square;
}

/// Renames the alternatives so that the first row is 0, 1, 2 ...; the result is still a Latin square.
void begin_in_turn(std::vector<order>& square) {
    order name_of(square.size());
    for (std::size_t c = 0; c < square.size(); ++c) name_of[square.front()[c]] = c;
    for (auto& row : square)
        for (auto& cell : row) cell = name_of[cell];
}

}  // namespace

std::vector<std::vector<std::size_t>> plan_rounds(std::size_t alternatives, std::uint64_t rounds,
                                                  std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<order> out;
    while (out.size() < rounds && alternatives > 0) {
        auto block = latin_square(alternatives, random);
        if (out.empty()) begin_in_turn(block);
        for (auto& row : block)
            if (out.size() < rounds) out.push_back(std::move(row));
    }
    return out;
}

std::vector<std::vector<std::size_t>> plan_all_orders(std::size_t alternatives, std::uint64_t rounds,
                                                      std::uint64_t seed) {
    std::vector<order> all;
    order next = in_turn(alternatives);
    do all.push_back(next);
    while (std::next_permutation(next.begin(), next.end()));
    std::mt19937_64 random(seed);
    std::vector<order> out;
    while (out.size() < rounds) {
        std::shuffle(all.begin(), all.end(), random);
        out.insert(out.end(), all.begin(), all.end());
    }
    out.resize(rounds);
    return out;
}

}  // namespace pipebench
