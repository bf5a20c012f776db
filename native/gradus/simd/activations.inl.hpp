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

struct Sigmoid {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> a = logistic(z, exponential(Vec<T>::set(T(0)) - abs(z)));
        return {a, a * (Vec<T>::set(T(1)) - a)};
    }
};

struct Tanh {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> a = hyperbolic_tangent(z);
        return {a, Vec<T>::set(T(1)) - a * a};
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
