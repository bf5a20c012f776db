// A loss of a person's own as a short program on a stack, with its two derivatives by the output;
// src/gradus/networks/expressions.py reads the text and holds the same formulas.
#pragma once

#include <utility>
#include <vector>

#include "base/enums.hpp"

namespace gradus {

/// A quantity and its first two derivatives by the output.
struct Jet {
    double value = 0;
    double slope = 0;
    double curvature = 0;
};

/// Steps of a closed vocabulary, checked when they are taken in, so that running them needs no
/// check, allocates nothing and cannot fail.
class Expression {
public:
    static constexpr int kMostSteps = 256;
    static constexpr int kMostDepth = 32;

    Expression() = default;

    /// Pairs of an operation's code and the number it pushes or raises to. Throws InvalidParameter
    /// unless every code is one, no operation lacks entries, the stack holds at most kMostDepth and
    /// ends with one.
    explicit Expression(const std::vector<std::pair<int, double>>& steps);

    bool empty() const noexcept { return steps_.empty(); }

    /// The formula at one output and its target. Only for an expression that is not empty.
    Jet at(double output, double target) const noexcept;

private:
    struct Step {
        Operation operation;
        double number;
    };

    std::vector<Step> steps_;
};

}  // namespace gradus
