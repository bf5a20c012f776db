// Each activation's value and slope on vectors; src/gradus/networks/activations.py holds the same
// table with its sources.
#pragma once

#include "simd/math.inl.hpp"

namespace GRADUS_ISA {

template <class T>
struct ValueAndSlope {
    Vec<T> value;
    Vec<T> slope;
};

struct Identity {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        return {z, Vec<T>::set(T(1))};
    }
};

// The slopes of sigmoid and tanh from e, not from the value: 1 - a would lose the digits of a slope
// that is small because a is near 1.
struct Sigmoid {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> e = exponential(Vec<T>::set(T(0)) - abs(z));
        const Vec<T> whole = Vec<T>::set(T(1)) + e;
        return {logistic(z, e), e / (whole * whole)};
    }
};

struct Tanh {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> e = exponential(Vec<T>::set(T(-2)) * abs(z));
        const Vec<T> whole = Vec<T>::set(T(1)) + e;
        return {hyperbolic_tangent(z, e), Vec<T>::set(T(4)) * e / (whole * whole)};
    }
};

struct Relu {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> zero = Vec<T>::set(T(0));
        return {max(zero, z), where_less(zero, z, Vec<T>::set(T(1)), zero)};
    }
};

struct Gelu {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Normal<T> gauss = normal(z);
        return {z * gauss.distribution, fma(z, gauss.density, gauss.distribution)};
    }
};

struct Softplus {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> e = exponential(Vec<T>::set(T(0)) - abs(z));
        return {max(Vec<T>::set(T(0)), z) + log1p(e), logistic(z, e)};
    }
};

}  // namespace GRADUS_ISA
