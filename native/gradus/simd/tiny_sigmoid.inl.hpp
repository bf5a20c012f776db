// Sigmoid where a step waits for it: the formula of math.inl.hpp's Logistic with fewer operations
// that wait for one another, for numbers near enough. What others need is left to a branch, which
// a processor foresees, and n is rounded by an addition. Worst errors, held by
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

template <>
struct Soon<Sigmoid> {
    template <class Q>
    static ValueAndSlope<Q> at(Q z) {
        using T = Number<Q>;
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
