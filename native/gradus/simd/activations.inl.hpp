// Each activation's value and slope on vectors, and its curvature, the second derivative;
// src/gradus/networks/activations.py holds the same table with its sources.
#pragma once

#include "simd/math.inl.hpp"

namespace GRADUS_ISA {

template <class T>
struct ValueAndSlope {
    Vec<T> value;
    Vec<T> slope;
};

/// f'' of what is made of straight lines, at a kink as well.
template <class T>
inline Vec<T> no_curvature(Vec<T>) {
    return Vec<T>::set(T(0));
}

struct Identity {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        return {z, Vec<T>::set(T(1))};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        return no_curvature(z);
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
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        const Vec<T> e = exponential(Vec<T>::set(T(0)) - abs(z));
        const Vec<T> half_tangent = hyperbolic_tangent(Vec<T>::set(T(0.5)) * z, e);
        return Vec<T>::set(T(0)) - at(z).slope * half_tangent;
    }
};

struct Tanh {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> e = exponential(Vec<T>::set(T(-2)) * abs(z));
        const Vec<T> whole = Vec<T>::set(T(1)) + e;
        return {hyperbolic_tangent(z, e), Vec<T>::set(T(4)) * e / (whole * whole)};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        const ValueAndSlope<T> f = at(z);
        return Vec<T>::set(T(-2)) * f.value * f.slope;
    }
};

struct Relu {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> zero = Vec<T>::set(T(0));
        return {max(zero, z), where_less(zero, z, Vec<T>::set(T(1)), zero)};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        return no_curvature(z);
    }
};

struct Gelu {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Normal<T> gauss = normal(z);
        return {z * gauss.distribution, fma(z, gauss.density, gauss.distribution)};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        return (Vec<T>::set(T(2)) - z * z) * normal(z).density;
    }
};

struct Softplus {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> e = exponential(Vec<T>::set(T(0)) - abs(z));
        return {max(Vec<T>::set(T(0)), z) + log1p(e), logistic(z, e)};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        return Sigmoid::at(z).slope;
    }
};

}  // namespace GRADUS_ISA
