// Sigmoid where a step waits for it, for numbers near enough: what others need is left to a branch,
// which a processor foresees. Where a set looks numbers up in its registers, floats take a
// polynomial from a table; otherwise it is the formula of math.inl.hpp's Logistic with fewer
// operations that wait for one another, n rounded by an addition. Worst errors, held by
// native/tests/train/test_tiny.cpp: 2 ulp in float and 3 in double.
#pragma once

#include "simd/activations.inl.hpp"

namespace GRADUS_ISA {

/// An activation as tiny networks take it.
template <class Activation>
struct Soon : Activation {};

/// ln 2 in two numbers, of which the first is the nearest there is.
template <class T>
struct NearestLn2;
template <>
struct NearestLn2<float> {
    static constexpr float high = 0x1.62e43p-1f, low = -0x1.05c61p-29f;
};
template <>
struct NearestLn2<double> {
    static constexpr double high = 0x1.62e42fefa39efp-1, low = 0x1.abc9e3b39803fp-56;
};

#if defined(GRADUS_HAS_LOOK_UP)
/// f(z) = 1 / (1 + e^-z) of -|z|, and of |z| as its difference from 1, for |z| < 15.75: a
/// polynomial about the nearest half, with its last product and sum in one rounding.
inline ValueAndSlope<Quad<float>> looked_up_sigmoid(Quad<float> z) {
    using Q = Quad<float>;
    constexpr auto& table = Coefficients<float>::falling_sigmoid;
    const Q one = all<Q>(1), size = abs(z);
    const Q at = size + Q::set(kHalves), r = next_to_halves(size), square = r * r;
    const Q c3 = look_up(table[3], at), c4 = look_up(table[4], at), c5 = look_up(table[5], at);
    const Q c1 = look_up(table[1], at), c2 = look_up(table[2], at), c0 = look_up(table[0], at);
    const Q ratio = fma(square, fma(square, c5, fma(r, c4, c3)), fma(r, c2, c1));
    const Q falling = fma(r, ratio, c0);
    const Q value = fma(where_negative(z, r, -r), ratio, where_negative(z, c0, one - c0));
    return {value, fma(-falling, falling, falling)};
}
#endif

template <>
struct Soon<Sigmoid> {
    template <class Q>
    static ValueAndSlope<Q> at(Q z) {
        using T = Number<Q>;
#if defined(GRADUS_HAS_LOOK_UP)
        if constexpr (sizeof(T) == 4) {
            if (!is_less_everywhere(abs(z), all<Q>(15.75))) return Sigmoid::at(z);
            return looked_up_sigmoid(z);
        }
#endif
        // Up to there n ln2_low is so small that its product with near is lost, and 1 + 2^n exact.
        if (!is_less_everywhere(abs(z), all<Q>(16))) return Sigmoid::at(z);
        const Q whole = Q::set(kWholeAndBias<T>), one = all<Q>(1);
        // e^-z = scale (1 + tail), scale = 2^n.
        const Q sum = fma(z, all<Q>(-1.44269504088896340736), whole);
        const Q scale = power_of_two_of_sum(sum), n = sum - whole;
        const Q near = fma(n, Q::set(-NearestLn2<T>::high), -z);
        const Q first = fma(n, Q::set(-NearestLn2<T>::low), near);
        const Q tail = pairwise_polynomial(first, Coefficients<T>::exp, near, near * near);
        const Q divisor = fma(tail, scale, one + scale);
        const Q value = one / divisor;
        return {value, value * (fma(tail, scale, scale) / divisor)};
    }
};

}  // namespace GRADUS_ISA
