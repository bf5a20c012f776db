// Functions of one double for the losses, made of the kernels and of exact operations, so that no
// bit depends on the system's library.
#pragma once

#include <cmath>
#include <limits>

#include "base/enums.hpp"
#include "base/views.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// A multiple of every vector's size from n on: numbers are read one by one soon after, which would
/// wait where a part of a vector was stored.
inline Index whole_vectors(Index n) noexcept { return (n + 7) / 8 * 8; }

inline double exponential(double x) {
    if (std::isnan(x)) return x;
    double result;
    kernels<double>().exponential(&x, 0.0, &result, 1);
    return result;
}

/// log(1 + u) for 0 <= u <= 1.
inline double short_log1p(double u) {
    double result;
    kernels<double>().log1p(&u, &result, 1);
    return result;
}

/// log x: the exponent by frexp, the rest m from sqrt(1/2) to sqrt(2) as log(1 + (m - 1)) or, below
/// 1, as -log(1 + (1 - m) / m). nan below 0.
inline double logarithm(double x) {
    constexpr double kLn2 = 0.693147180559945309417, kRoot = 0.707106781186547524401;
    if (!(x > 0)) {
        return x == 0 ? -std::numeric_limits<double>::infinity()
                      : std::numeric_limits<double>::quiet_NaN();
    }
    if (std::isinf(x)) return x;
    int exponent = 0;
    double m = std::frexp(x, &exponent);
    if (m < kRoot) {
        m *= 2;
        --exponent;
    }
    const double rest = m < 1 ? -short_log1p((1 - m) / m) : short_log1p(m - 1);
    return exponent * kLn2 + rest;
}

/// log(1 + u) for any u.
inline double logarithm_1p(double u) {
    if (!(u >= -0.5 && u <= 1)) return logarithm(1 + u);
    return u < 0 ? -short_log1p(-u / (1 + u)) : short_log1p(u);
}

inline double hyperbolic_tangent(double x) {
    if (std::isnan(x)) return x;
    constexpr auto kTanh = static_cast<int>(Activation::tanh);
    kernels<double>().activate[kTanh](&x, 1, nullptr, 0, nullptr, 1, 1);
    return x;
}

/// u^c: by repeated squaring for whole c up to 64, else as e^(c log|u|); nan for u < 0 and a c that
/// is not whole.
inline double power(double u, double c) {
    if (c == 0) return 1;
    const bool is_whole = c == std::floor(c);
    if (is_whole && std::fabs(c) <= 64) {
        double result = 1, square = u;
        for (int n = static_cast<int>(std::fabs(c)); n > 0; n /= 2) {
            if (n % 2 == 1) result *= square;
            square *= square;
        }
        return c < 0 ? 1 / result : result;
    }
    if (c == 0.5) return std::sqrt(u);
    if (u < 0 && !is_whole) return std::numeric_limits<double>::quiet_NaN();
    if (u == 0) return c > 0 ? 0 : std::numeric_limits<double>::infinity();
    const double size = exponential(c * logarithm(std::fabs(u)));
    return u < 0 && std::fmod(c, 2) != 0 ? -size : size;
}

}  // namespace gradus
