#include "nn/expression.hpp"

#include <array>
#include <cmath>
#include <string>

#include "base/errors.hpp"
#include "nn/scalar_math.hpp"

namespace gradus {
namespace {

constexpr int n_taken(Operation operation) noexcept {
    switch (operation) {
        case Operation::output:
        case Operation::target:
        case Operation::number:
            return 0;
        case Operation::add:
        case Operation::subtract:
        case Operation::multiply:
        case Operation::divide:
        case Operation::maximum:
        case Operation::minimum:
        case Operation::less:
        case Operation::less_equal:
            return 2;
        case Operation::where:
            return 3;
        default:
            return 1;
    }
}

// 0 where nothing changes, even if the factor is not finite.
double times(double factor, double change) noexcept { return change == 0 ? 0 : factor * change; }

/// f(u) from f, f' and f'' at the value of u.
Jet chain(const Jet& u, double value, double first, double second) noexcept {
    return {value, times(first, u.slope),
            times(second, u.slope * u.slope) + times(first, u.curvature)};
}

Jet negative(const Jet& u) noexcept { return {-u.value, -u.slope, -u.curvature}; }

Jet add(const Jet& u, const Jet& v) noexcept {
    return {u.value + v.value, u.slope + v.slope, u.curvature + v.curvature};
}

Jet multiply(const Jet& u, const Jet& v) noexcept {
    return {u.value * v.value, times(v.value, u.slope) + times(u.value, v.slope),
            times(v.value, u.curvature) + 2 * (u.slope * v.slope) + times(u.value, v.curvature)};
}

Jet divide(const Jet& u, const Jet& v) noexcept {
    const double q = u.value / v.value;
    const double slope = times(1 / v.value, u.slope - times(q, v.slope));
    const double bend = u.curvature - 2 * times(slope, v.slope) - times(q, v.curvature);
    return {q, slope, times(1 / v.value, bend)};
}

Jet raise(const Jet& u, double c) noexcept {
    const double first = c == 0 ? 0 : c * power(u.value, c - 1);
    const double second = c == 0 || c == 1 ? 0 : c * (c - 1) * power(u.value, c - 2);
    return chain(u, power(u.value, c), first, second);
}

Jet root(const Jet& u) noexcept {
    const double r = std::sqrt(u.value);
    return chain(u, r, 1 / (2 * r), -1 / (4 * r * u.value));
}

Jet absolute(const Jet& u) noexcept {
    const double sign = u.value > 0 ? 1 : u.value < 0 ? -1 : 0;
    return chain(u, std::fabs(u.value), sign, 0);
}

Jet tangent(const Jet& u) noexcept {
    const double t = hyperbolic_tangent(u.value), e = exponential(-2 * std::fabs(u.value));
    const double first = 4 * e / ((1 + e) * (1 + e));
    return chain(u, t, first, -2 * t * first);
}

Jet hyperbolic_cosine(const Jet& u) noexcept {
    const double e = exponential(std::fabs(u.value)), value = (e + 1 / e) / 2;
    return chain(u, value, hyperbolic_tangent(u.value) * value, value);
}

Jet one_of(const Jet& u, double number, Operation operation) noexcept {
    switch (operation) {
        case Operation::power:
            return raise(u, number);
        case Operation::negative:
            return negative(u);
        case Operation::exp: {
            const double e = exponential(u.value);
            return chain(u, e, e, e);
        }
        case Operation::log:
            return chain(u, logarithm(u.value), 1 / u.value, -1 / (u.value * u.value));
        case Operation::log1p: {
            const double above = 1 + u.value;
            return chain(u, logarithm_1p(u.value), 1 / above, -1 / (above * above));
        }
        case Operation::sqrt:
            return root(u);
        case Operation::abs:
            return absolute(u);
        case Operation::tanh:
            return tangent(u);
        default:
            return hyperbolic_cosine(u);
    }
}

Jet of_two(const Jet& u, const Jet& v, Operation operation) noexcept {
    switch (operation) {
        case Operation::add:
            return add(u, v);
        case Operation::subtract:
            return add(u, negative(v));
        case Operation::multiply:
            return multiply(u, v);
        case Operation::divide:
            return divide(u, v);
        case Operation::maximum:
            return u.value >= v.value ? u : v;
        case Operation::minimum:
            return u.value <= v.value ? u : v;
        case Operation::less:
            return {u.value < v.value ? 1.0 : 0.0, 0, 0};
        default:
            return {u.value <= v.value ? 1.0 : 0.0, 0, 0};
    }
}

}  // namespace

Expression::Expression(const std::vector<std::pair<int, double>>& steps) {
    if (steps.size() > kMostSteps) {
        throw InvalidParameter("program must have at most " + std::to_string(kMostSteps) +
                               " steps; got " + std::to_string(steps.size()) + ".");
    }
    int depth = 0;
    for (const auto& [code, number] : steps) {
        if (code < 0 || code >= static_cast<int>(kOperationNames.size())) {
            throw InvalidParameter("program must hold codes of operations; got " +
                                   std::to_string(code) + ".");
        }
        const auto operation = static_cast<Operation>(code);
        if (depth < n_taken(operation)) {
            throw InvalidParameter("program must have enough entries for each operation.");
        }
        depth += 1 - n_taken(operation);
        if (depth > kMostDepth) {
            throw InvalidParameter("program must need at most " + std::to_string(kMostDepth) +
                                   " entries at once.");
        }
        steps_.push_back({operation, number});
    }
    if (!steps.empty() && depth != 1) throw InvalidParameter("program must leave one entry.");
}

Jet Expression::at(double output, double target) const noexcept {
    std::array<Jet, kMostDepth> stack;
    Jet* top = stack.data() - 1;
    for (const auto& [operation, number] : steps_) {
        switch (n_taken(operation)) {
            case 0:
                *++top = operation == Operation::output   ? Jet{output, 1, 0}
                         : operation == Operation::target ? Jet{target, 0, 0}
                                                          : Jet{number, 0, 0};
                break;
            case 1:
                *top = one_of(*top, number, operation);
                break;
            case 2:
                --top;
                *top = of_two(top[0], top[1], operation);
                break;
            default:
                top -= 2;
                *top = top[0].value != 0 ? top[1] : top[2];
        }
    }
    return *top;
}

}  // namespace gradus
