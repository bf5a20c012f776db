// Each activation's value and slope on vectors, and its curvature, the second derivative;
// src/gradus/networks/activations.py holds the same table with its sources.
#pragma once

#include "simd/math.inl.hpp"

namespace GRADUS_ISA {

template <class V>
struct ValueAndSlope {
    V value;
    V slope;
};

/// f'' of what is made of straight lines, at a kink as well.
template <class V>
inline V no_curvature(V) {
    return all<V>(0);
}

struct Identity {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        return {z, all<V>(1)};
    }
    template <class V>
    static V curvature(V z) {
        return no_curvature(z);
    }
};

// The slopes of sigmoid and tanh from e, not from the value: 1 - a would lose the digits of a slope
// that is small because a is near 1.
struct Sigmoid {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const Logistic<V> f(z);
        return {f.value, f.slope};
    }
    template <class V>
    static V curvature(V z) {
        const V e = exponential(all<V>(0) - abs(z));
        const V half_tangent = hyperbolic_tangent(all<V>(0.5) * z, e);
        return all<V>(0) - at(z).slope * half_tangent;
    }
};

struct Tanh {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const V e = exponential(all<V>(-2) * abs(z));
        const V whole = all<V>(1) + e;
        return {hyperbolic_tangent(z, e), all<V>(4) * e / (whole * whole)};
    }
    template <class V>
    static V curvature(V z) {
        const ValueAndSlope<V> f = at(z);
        return all<V>(-2) * f.value * f.slope;
    }
};

struct Relu {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const V zero = all<V>(0);
        return {max(zero, z), where_less(zero, z, all<V>(1), zero)};
    }
    template <class V>
    static V curvature(V z) {
        return no_curvature(z);
    }
};

struct Gelu {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const Normal<V> gauss = normal(z);
        return {z * gauss.distribution, fma(z, gauss.density, gauss.distribution)};
    }
    template <class V>
    static V curvature(V z) {
        return (all<V>(2) - z * z) * normal(z).density;
    }
};

struct Softplus {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const V e = exponential(all<V>(0) - abs(z));
        return {max(all<V>(0), z) + log1p(e), logistic(z, e)};
    }
    template <class V>
    static V curvature(V z) {
        return Sigmoid::at(z).slope;
    }
};

struct LeakyRelu {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const V zero = all<V>(0), leak = all<V>(0.01);
        return {max(leak * z, z), where_less(zero, z, all<V>(1), leak)};
    }
    template <class V>
    static V curvature(V z) {
        return no_curvature(z);
    }
};

/// scale z above zero, scale alpha (e^z - 1) below it.
template <class Constants>
struct ExponentialUnit {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const V zero = all<V>(0), scale = all<V>(Constants::scale);
        const V steep = all<V>(Constants::scale * Constants::alpha);
        const V below = min(zero, z);
        return {where_less(zero, z, scale * z, steep * exponential_minus_1(below)),
                where_less(zero, z, scale, steep * exponential(below))};
    }
    template <class V>
    static V curvature(V z) {
        const V zero = all<V>(0);
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
template <class V>
struct Decay {
    V e;
    Exponential<V> parts;
    explicit Decay(V z) : parts(split_exponential(all<V>(0) - abs(z))) {
        e = times(all<V>(1), parts);
    }
};

/// `above` where z >= 0, `below` elsewhere.
template <class V>
inline V by_side(V z, V above, V below) {
    return where_less(z, all<V>(0), below, above);
}

struct Silu {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const Decay<V> decay(z);
        const V e = decay.e, one = all<V>(1), whole = one + e;
        const V value = z / whole, part = one / (whole * whole);
        const V above = fma(e, one + z, one) * part, below = ((one + z) + e) * part;
        return {by_side(z, value, times(value, decay.parts)),
                by_side(z, above, times(below, decay.parts))};
    }
    template <class V>
    static V curvature(V z) {
        const Decay<V> decay(z);
        const V size = abs(z), two = all<V>(2), whole = all<V>(1) + decay.e;
        const V terms = fma(decay.e, two + size, two - size);
        return times(terms / (whole * whole * whole), decay.parts);
    }
};

/// Quotients of polynomials in e: src/gradus/networks/activations.py derives them.
struct Mish {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const Decay<V> decay(z);
        const V e = decay.e, four = all<V>(4), six = all<V>(6);
        const V one = all<V>(1), z4 = four * z, divisor = divide_by(z, e);
        const V value = z * by_side(z, one + (e + e), (one + one) + e) / divisor;
        const V above = fma(e, fma(e, fma(e, four + z4, six + z4), four), one);
        const V below = fma(e, fma(e, four + e, six + z4), four + z4);
        const V slope = by_side(z, above, below) / (divisor * divisor);
        return {by_side(z, value, times(value, decay.parts)),
                by_side(z, slope, times(slope, decay.parts))};
    }
    template <class V>
    static V curvature(V z) {
        const Decay<V> decay(z);
        const auto line = [z](int at_zero, int rise) {
            return fma(all<V>(rise), z, all<V>(at_zero));
        };
        const V e = decay.e, divisor = divide_by(z, e);
        const V above = fma(e, fma(e, fma(e, line(4, 2), line(8, 2)), line(6, -3)), line(2, -2));
        const V below = fma(e, fma(e, fma(e, line(2, -2), line(6, -3)), line(8, 2)), line(4, 2));
        const V terms = all<V>(4) * by_side(z, above, below);
        const V once = times(terms / (divisor * divisor * divisor), decay.parts);
        return by_side(z, once * e, once);
    }

private:
    template <class V>
    static V divide_by(V z, V e) {
        const V one = all<V>(1), two = all<V>(2);
        return by_side(z, fma(e + e, one + e, one), fma(e, two + e, two));
    }
};

struct Softsign {
    template <class V>
    static ValueAndSlope<V> at(V z) {
        const V one = all<V>(1), size = one + abs(z);
        return {z / size, one / (size * size)};
    }
    template <class V>
    static V curvature(V z) {
        const V zero = all<V>(0), size = all<V>(1) + abs(z);
        const V right = where_less(zero, z, all<V>(-2), zero);
        return where_less(z, zero, all<V>(2), right) / (size * size * size);
    }
};

}  // namespace GRADUS_ISA
