// exp, tanh, sigmoid, log(1 + u) and the normal distribution on vectors. Worst errors, held by
// native/tests/simd/test_math.cpp: 2 ulp in float and 3 in double, of the function value itself;
// the normal distribution's tail is accurate next to 1. Not-a-number stays so.
#pragma once

#include "simd/coefficients.hpp"

namespace GRADUS_ISA {

template <class V>
using Number = typename V::Number;

template <class V>
inline V all(double x) {
    return V::set(static_cast<Number<V>>(x));
}

/// Above `highest` e^x is infinite. Below `lowest` it is 0, and x e^x as well, while half the power
/// of 2 can still be written. 2^`largest_power` and its inverse are normal numbers.
template <class T>
struct ExpRange;
template <>
struct ExpRange<float> {
    static constexpr float lowest = -172.0f, highest = 89.0f, largest_power = 126.0f;
    static constexpr float ln2_high = 0.693359375f,
                           ln2_low = -2.12194440e-4f;  // n * ln2_high is exact
};
template <>
struct ExpRange<double> {
    static constexpr double lowest = -1400.0, highest = 710.0, largest_power = 1022.0;
    static constexpr double ln2_high = 6.93147180369123816490e-01,
                            ln2_low = 1.90821492927058770002e-10;
};

/// c[0] + c[1] x + c[2] x^2 + ...
template <class V, int N>
inline V polynomial(const Number<V> (&c)[N], V x) {
    V sum = V::set(c[N - 1]);
    for (int i = N - 2; i >= 0; --i) sum = fma(sum, x, V::set(c[i]));
    return sum;
}

/// first + c[0] square + c[1] square x + c[2] square^2 + ..., in pairs, pairs of pairs and so on,
/// so that few of its operations wait for one another.
template <class V, int N>
inline V pairwise_polynomial(V first, const Number<V> (&c)[N], V x, V square) {
    constexpr int n = 1 + (N + 1) / 2;
    V terms[n];
    terms[0] = first;
    for (int i = 1; i < n; ++i) {
        const int at = 2 * (i - 1);
        terms[i] = at + 1 < N ? fma(V::set(c[at + 1]), x, V::set(c[at])) : V::set(c[at]);
    }
    V power = square;
    for (int left = n; left > 1; left = (left + 1) / 2) {
        for (int i = 0; i < left / 2; ++i) terms[i] = fma(power, terms[2 * i + 1], terms[2 * i]);
        if (left % 2 == 1) terms[left / 2] = terms[left - 1];
        power = power * power;
    }
    return terms[0];
}

/// e^x as 2^power (1 + tail).
template <class V>
struct Exponential {
    V tail;
    V power;  // a whole number
};

/// e^x = 2^n e^r with r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2].
template <class V>
inline Exponential<V> split_exponential(V x) {
    using Range = ExpRange<Number<V>>;
    x = min(V::set(Range::highest), max(V::set(Range::lowest), x));
    // Where x is not a number, n becomes some number that can be converted, and r stays what x is.
    const V n = max(round(x * all<V>(1.44269504088896340736)), all<V>(-2040));
    V r = fma(n, V::set(-Range::ln2_high), x);
    r = fma(n, V::set(-Range::ln2_low), r);
    return {fma(r * r, polynomial(Coefficients<Number<V>>::exp, r), r), n};
}

/// What 1 + 2^24 loses as a float, over 2^24, where e^x is near 2^24 with x = power ln 2: more than
/// all other roundings of a sigmoid.
template <class V>
inline V lost_of_1(V power) {
    const V zero = all<V>(0);
    return where_less(power, all<V>(23.5), zero,
                      where_less(power, all<V>(24.5), all<V>(0x1p-24), zero));
}

/// The same for 1 + e^x, in half the time where nothing else is left to do, for |x| up to -lowest,
/// and with up to an ulp less in the tail.
template <class V>
inline Exponential<V> split_exponential_soon(V x) {
    using Range = ExpRange<Number<V>>;
    constexpr auto& c = Coefficients<Number<V>>::exp;
    constexpr bool kIsFloat = sizeof(Number<V>) == 4;
    const V power = x * all<V>(1.44269504088896340736), n = round(power);
    const V written = max(n, all<V>(-2040));
    if constexpr (kFuses && kIsFloat) {
        // The float next to ln 2 is so close to it that only r and r^2 need the rest.
        constexpr double high = 0.693147182464599609375, low = -1.904654299957768e-9;
        const V near = fma(n, all<V>(-high), x), square = near * (near + n * all<V>(-2 * low));
        const V first = near + fma(n, all<V>(-low), lost_of_1(power));
        return {pairwise_polynomial(first, c, near, square), written};
    } else {
        V r = fma(n, V::set(-Range::ln2_high), x);
        r = fma(n, V::set(-Range::ln2_low), r);
        const V square = r * r;
        const V first = kIsFloat ? r + lost_of_1(power) : r;
        return {pairwise_polynomial(first, c, r, square), written};
    }
}

/// x 2^n, in two halves so that subnormals round once.
template <class V>
inline V scaled(V x, V n) {
    const V half = round(n * all<V>(0.5));
    return x * power_of_two(half) * power_of_two(n - half);
}

/// factor * e^x.
template <class V>
inline V times(V factor, Exponential<V> e) {
    return scaled(factor * (e.tail + all<V>(1)), e.power);
}

template <class V>
inline V exponential(V x) {
    return times(all<V>(1), split_exponential(x));
}

/// e^x - 1 for x <= 0, with the digits of a small x.
template <class V>
inline V exponential_minus_1(V x) {
    // Below -50 it is -1 to the last digit, and the power of 2 would leave the range.
    const Exponential<V> e = split_exponential(max(all<V>(-50), x));
    const V power = power_of_two(e.power);
    return fma(e.tail, power, power - all<V>(1));
}

/// log(1 + u) for 0 <= u <= 1: twice the inverse hyperbolic tangent of q = u / (2 + u), whose first
/// term 2q is taken as u - q u, because u has no rounding error.
template <class V>
inline V log1p(V u) {
    const V q = u / (u + all<V>(2));
    const V s = q * q;
    return u - q * (u - (s + s) * polynomial(Coefficients<Number<V>>::log1p, s));
}

/// tanh(x) with e = e^(-2|x|) at hand: (1 - e) / (1 + e), and near zero its series.
template <class V>
inline V hyperbolic_tangent(V x, V e) {
    const V one = all<V>(1);
    const V zero = all<V>(0);
    const V s = x * x;
    const V near_zero = fma(x * s, polynomial(Coefficients<Number<V>>::tanh, s), x);
    const V far = (one - e) / (one + e);
    const V either_sign = where_less(x, zero, zero - far, far);
    return where_less(abs(x), all<V>(0.625), near_zero, either_sign);
}

/// Both sides from e^-|x|, which cannot overflow: 1 / (1 + e^-x) above zero, e^x / (1 + e^x) below.
template <class V>
inline V logistic(V x, V exp_minus_size) {
    const V one = all<V>(1);
    return where_less(x, all<V>(0), exp_minus_size, one) / (one + exp_minus_size);
}

/// sigmoid(x) and its slope, sigmoid(x) sigmoid(-x), as quotients by 1 + e^-x = 1 + 2^n (1 + tail).
/// What n exceeds the largest power by goes to the numerators, where nothing waits for it.
template <class V>
struct Logistic {
    V value;
    V slope;

    explicit Logistic(V x) {
        using Range = ExpRange<Number<V>>;
        const V zero = all<V>(0), most = V::set(Range::largest_power);
        const V lowest = V::set(Range::lowest);
        const Exponential<V> e = split_exponential_soon(min(-lowest, max(lowest, -x)));
        const V kept = min(most, max(-most, e.power)), missing = e.power - kept;
        const V scale = power_of_two(kept);
        const V divisor = fma(e.tail, scale, all<V>(1) + scale);
        value = power_of_two(min(zero, -missing)) / divisor;
        slope = value * (fma(e.tail, scale, scale) * power_of_two(min(zero, missing)) / divisor);
    }
};

/// The normal distribution Phi(z) = erfc(-z / sqrt 2) / 2 and its density phi(z).
template <class V>
struct Normal {
    V distribution;
    V density;
};

template <class V>
inline Normal<V> normal(V z) {
    const V one = all<V>(1);
    const V y = abs(z) * all<V>(0.70710678118654752440);
    const V falling = exponential(all<V>(0) - y * y);
    const V near_zero = one - y * polynomial(Coefficients<Number<V>>::erf, y * y);
    const V shift = all<V>(3.75);
    const V t = (y - shift) / (y + shift);
    const V far = falling * polynomial(Coefficients<Number<V>>::erfc, t) / (one + y + y);
    const V half_tail = where_less(y, one, near_zero, far) * all<V>(0.5);
    return {where_less(z, all<V>(0), half_tail, one - half_tail),
            falling * all<V>(0.39894228040143267794)};
}

}  // namespace GRADUS_ISA
