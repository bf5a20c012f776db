// exp, tanh, sigmoid, log(1 + u) and the normal distribution on vectors. Worst errors, held by
// native/tests/simd/test_math.cpp: 2 ulp in float (sigmoid 2.5) and 3 in double, of the function
// value itself; the normal distribution's tail is accurate next to 1. Not-a-number stays so.
#pragma once

#include "simd/coefficients.hpp"

namespace GRADUS_ISA {

/// Above `highest` e^x is infinite. Below `lowest` it is 0, and x e^x as well, while half the power
/// of 2 can still be written.
template <class T>
struct ExpRange;
template <>
struct ExpRange<float> {
    static constexpr float lowest = -172.0f, highest = 89.0f;
    static constexpr float ln2_high = 0.693359375f,
                           ln2_low = -2.12194440e-4f;  // n * ln2_high is exact
};
template <>
struct ExpRange<double> {
    static constexpr double lowest = -1400.0, highest = 710.0;
    static constexpr double ln2_high = 6.93147180369123816490e-01,
                            ln2_low = 1.90821492927058770002e-10;
};

/// c[0] + c[1] x + c[2] x^2 + ...
template <class T, int N>
inline Vec<T> polynomial(const T (&c)[N], Vec<T> x) {
    Vec<T> sum = Vec<T>::set(c[N - 1]);
    for (int i = N - 2; i >= 0; --i) sum = fma(sum, x, Vec<T>::set(c[i]));
    return sum;
}

/// e^x as 2^power (1 + tail).
template <class T>
struct Exponential {
    Vec<T> tail;
    Vec<T> power;  // a whole number
};

/// e^x = 2^n e^r with r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2].
template <class T>
inline Exponential<T> split_exponential(Vec<T> x) {
    using Range = ExpRange<T>;
    x = min(Vec<T>::set(Range::highest), max(Vec<T>::set(Range::lowest), x));
    // Where x is not a number, n becomes some number that can be converted, and r stays what x is.
    const Vec<T> n = max(round(x * Vec<T>::set(T(1.44269504088896340736))), Vec<T>::set(T(-2040)));
    Vec<T> r = fma(n, Vec<T>::set(-Range::ln2_high), x);
    r = fma(n, Vec<T>::set(-Range::ln2_low), r);
    return {fma(r * r, polynomial(Coefficients<T>::exp, r), r), n};
}

/// factor * e^x, scaled in two halves so that subnormals round once.
template <class T>
inline Vec<T> times(Vec<T> factor, Exponential<T> e) {
    const Vec<T> half = round(e.power * Vec<T>::set(T(0.5)));
    return factor * (e.tail + Vec<T>::set(T(1))) * power_of_two(half) *
           power_of_two(e.power - half);
}

template <class T>
inline Vec<T> exponential(Vec<T> x) {
    return times(Vec<T>::set(T(1)), split_exponential(x));
}

/// e^x - 1 for x <= 0, with the digits of a small x.
template <class T>
inline Vec<T> exponential_minus_1(Vec<T> x) {
    // Below -50 it is -1 to the last digit, and the power of 2 would leave the range.
    const Exponential<T> e = split_exponential(max(Vec<T>::set(T(-50)), x));
    const Vec<T> power = power_of_two(e.power);
    return fma(e.tail, power, power - Vec<T>::set(T(1)));
}

/// log(1 + u) for 0 <= u <= 1: twice the inverse hyperbolic tangent of q = u / (2 + u), whose first
/// term 2q is taken as u - q u, because u has no rounding error.
template <class T>
inline Vec<T> log1p(Vec<T> u) {
    const Vec<T> q = u / (u + Vec<T>::set(T(2)));
    const Vec<T> s = q * q;
    return u - q * (u - (s + s) * polynomial(Coefficients<T>::log1p, s));
}

/// tanh(x) with e = e^(-2|x|) at hand: (1 - e) / (1 + e), and near zero its series.
template <class T>
inline Vec<T> hyperbolic_tangent(Vec<T> x, Vec<T> e) {
    const Vec<T> one = Vec<T>::set(T(1));
    const Vec<T> zero = Vec<T>::set(T(0));
    const Vec<T> s = x * x;
    const Vec<T> near_zero = fma(x * s, polynomial(Coefficients<T>::tanh, s), x);
    const Vec<T> far = (one - e) / (one + e);
    const Vec<T> either_sign = where_less(x, zero, zero - far, far);
    return where_less(abs(x), Vec<T>::set(T(0.625)), near_zero, either_sign);
}

/// Both sides from e^-|x|, which cannot overflow: 1 / (1 + e^-x) above zero, e^x / (1 + e^x) below.
template <class T>
inline Vec<T> logistic(Vec<T> x, Vec<T> exp_minus_size) {
    const Vec<T> one = Vec<T>::set(T(1));
    return where_less(x, Vec<T>::set(T(0)), exp_minus_size, one) / (one + exp_minus_size);
}

/// The normal distribution Phi(z) = erfc(-z / sqrt 2) / 2 and its density phi(z).
template <class T>
struct Normal {
    Vec<T> distribution;
    Vec<T> density;
};

template <class T>
inline Normal<T> normal(Vec<T> z) {
    const Vec<T> one = Vec<T>::set(T(1));
    const Vec<T> y = abs(z) * Vec<T>::set(T(0.70710678118654752440));
    const Vec<T> falling = exponential(Vec<T>::set(T(0)) - y * y);
    const Vec<T> near_zero = one - y * polynomial(Coefficients<T>::erf, y * y);
    const Vec<T> shift = Vec<T>::set(T(3.75));
    const Vec<T> t = (y - shift) / (y + shift);
    const Vec<T> far = falling * polynomial(Coefficients<T>::erfc, t) / (one + y + y);
    const Vec<T> half_tail = where_less(y, one, near_zero, far) * Vec<T>::set(T(0.5));
    return {where_less(z, Vec<T>::set(T(0)), half_tail, one - half_tail),
            falling * Vec<T>::set(T(0.39894228040143267794))};
}

}  // namespace GRADUS_ISA
