// What steps of the smallest networks are made of: loops that leave arrays in registers, and a
// choice of activations.
#pragma once

#include "simd/loops.inl.hpp"
#include "simd/tiny.hpp"
#include "simd/tiny_sigmoid.inl.hpp"

#if defined(__GNUC__)
#define GRADUS_INLINE __attribute__((always_inline))
#define GRADUS_APART __attribute__((noinline))
#define GRADUS_RARELY(condition) __builtin_expect(condition, false)
#else
#define GRADUS_INLINE
#define GRADUS_APART
#define GRADUS_RARELY(condition) (condition)
#endif

namespace GRADUS_ISA {

template <class F, int... K>
GRADUS_INLINE inline void call_first(int n, F f, Numbers<K...>) {
    (void)(((K == 0 || K < n) && (f(Constant<K>{}), true)) && ...);
}
/// f(k) for each k < n <= N, n at least 1, with a k that the compiler knows.
template <int N, class F>
GRADUS_INLINE inline void for_first(int n, F f) {
    call_first(n, f, typename NumbersBelow<N>::Type{});
}

template <class Activation>
inline constexpr bool kIsIdentity = false;
template <>
inline constexpr bool kIsIdentity<Identity> = true;

/// One of the Activations, by its number.
template <class Q, class... Activations>
GRADUS_INLINE inline ValueAndSlope<Q> one_of(int number, Q z) {
    ValueAndSlope<Q> f{z, z};
    int k = 0;
    (void)((number == k++ && (f = Soon<Activations>::at(z), true)) || ...);
    return f;
}
template <class Q, class... Activations>
GRADUS_APART ValueAndSlope<Q> one_of_apart(int number, Q z) {
    return one_of<Q, Activations...>(number, z);
}

/// A gradient with that of l1 |w| + l2 w^2 / 2 added, of which the first is 0 at 0.
template <class T>
GRADUS_INLINE inline Quad<T> penalized(Quad<T> grads, Quad<T> weights, T l1, T l2) {
    const Quad<T> zero = Quad<T>::set(T(0)), rising = Quad<T>::set(l1);
    const Quad<T> sign =
        where_less(zero, weights, rising, where_less(weights, zero, -rising, zero));
    return fma(Quad<T>::set(l2), weights, grads) + sign;
}

/// What needs no call, which would empty the registers: some activations, with squared error, plain
/// gradient descent and rows of one weight. And all others.
template <class... Activations>
struct TinyQuick {
    static constexpr bool is_quick = true;
    template <class Q>
    static GRADUS_INLINE inline ValueAndSlope<Q> activated(int number, Q z) {
        return one_of<Q, Activations...>(number, z);
    }
};
template <class... Activations>
struct TinyAny {
    static constexpr bool is_quick = false;
    template <class Q>
    static GRADUS_INLINE inline ValueAndSlope<Q> activated(int number, Q z) {
        return one_of_apart<Q, Activations...>(number, z);
    }
};

}  // namespace GRADUS_ISA
