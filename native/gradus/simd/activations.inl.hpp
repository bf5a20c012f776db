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

struct LeakyRelu {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> zero = Vec<T>::set(T(0)), leak = Vec<T>::set(T(0.01));
        return {max(leak * z, z), where_less(zero, z, Vec<T>::set(T(1)), leak)};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        return no_curvature(z);
    }
};

/// scale z above zero, scale alpha (e^z - 1) below it.
template <class Constants>
struct ExponentialUnit {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> zero = Vec<T>::set(T(0)), scale = Vec<T>::set(T(Constants::scale));
        const Vec<T> steep = Vec<T>::set(T(Constants::scale * Constants::alpha));
        const Vec<T> below = min(zero, z);
        return {where_less(zero, z, scale * z, steep * exponential_minus_1(below)),
                where_less(zero, z, scale, steep * exponential(below))};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        const Vec<T> zero = Vec<T>::set(T(0));
        return where_less(zero, z, zero, at(z).slope);
    }
};

struct EluConstants {
    static constexpr double scale = 1, alpha = 1;
};
struct SeluConstants {
    static constexpr double scale = 1.0507009873554804934193349852946;
    static constexpr double alpha = 1.6732632423543772848170429916717;
};
using Elu = ExponentialUnit<EluConstants>;
using Selu = ExponentialUnit<SeluConstants>;

/// What silu and mish are made of: e^-|z|, as a number and as one that may yet be multiplied.
template <class T>
struct Decay {
    Vec<T> e;
    Exponential<T> parts;
    explicit Decay(Vec<T> z) : parts(split_exponential(Vec<T>::set(T(0)) - abs(z))) {
        e = times(Vec<T>::set(T(1)), parts);
    }
};

/// `above` where z >= 0, `below` elsewhere.
template <class T>
inline Vec<T> by_side(Vec<T> z, Vec<T> above, Vec<T> below) {
    return where_less(z, Vec<T>::set(T(0)), below, above);
}

struct Silu {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Decay<T> decay(z);
        const Vec<T> e = decay.e, one = Vec<T>::set(T(1)), whole = one + e;
        const Vec<T> value = z / whole, part = one / (whole * whole);
        const Vec<T> above = fma(e, one + z, one) * part, below = ((one + z) + e) * part;
        return {by_side(z, value, times(value, decay.parts)),
                by_side(z, above, times(below, decay.parts))};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        const Decay<T> decay(z);
        const Vec<T> size = abs(z), two = Vec<T>::set(T(2)), whole = Vec<T>::set(T(1)) + decay.e;
        const Vec<T> terms = fma(decay.e, two + size, two - size);
        return times(terms / (whole * whole * whole), decay.parts);
    }
};

/// Quotients of polynomials in e: src/gradus/networks/activations.py derives them.
struct Mish {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Decay<T> decay(z);
        const Vec<T> e = decay.e, four = Vec<T>::set(T(4)), six = Vec<T>::set(T(6));
        const Vec<T> one = Vec<T>::set(T(1)), z4 = four * z, divisor = divide_by(z, e);
        const Vec<T> value = z * by_side(z, one + (e + e), (one + one) + e) / divisor;
        const Vec<T> above = fma(e, fma(e, fma(e, four + z4, six + z4), four), one);
        const Vec<T> below = fma(e, fma(e, four + e, six + z4), four + z4);
        const Vec<T> slope = by_side(z, above, below) / (divisor * divisor);
        return {by_side(z, value, times(value, decay.parts)),
                by_side(z, slope, times(slope, decay.parts))};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        const Decay<T> decay(z);
        const auto line = [z](int at_zero, int rise) {
            return fma(Vec<T>::set(T(rise)), z, Vec<T>::set(T(at_zero)));
        };
        const Vec<T> e = decay.e, divisor = divide_by(z, e);
        const Vec<T> above =
            fma(e, fma(e, fma(e, line(4, 2), line(8, 2)), line(6, -3)), line(2, -2));
        const Vec<T> below =
            fma(e, fma(e, fma(e, line(2, -2), line(6, -3)), line(8, 2)), line(4, 2));
        const Vec<T> terms = Vec<T>::set(T(4)) * by_side(z, above, below);
        const Vec<T> once = times(terms / (divisor * divisor * divisor), decay.parts);
        return by_side(z, once * e, once);
    }

private:
    template <class T>
    static Vec<T> divide_by(Vec<T> z, Vec<T> e) {
        const Vec<T> one = Vec<T>::set(T(1)), two = Vec<T>::set(T(2));
        return by_side(z, fma(e + e, one + e, one), fma(e, two + e, two));
    }
};

struct Softsign {
    template <class T>
    static ValueAndSlope<T> at(Vec<T> z) {
        const Vec<T> one = Vec<T>::set(T(1)), size = one + abs(z);
        return {z / size, one / (size * size)};
    }
    template <class T>
    static Vec<T> curvature(Vec<T> z) {
        const Vec<T> zero = Vec<T>::set(T(0)), size = Vec<T>::set(T(1)) + abs(z);
        const Vec<T> right = where_less(zero, z, Vec<T>::set(T(-2)), zero);
        return where_less(z, zero, Vec<T>::set(T(2)), right) / (size * size * size);
    }
};

}  // namespace GRADUS_ISA
