// What steps of the smallest networks are made of: loops that leave arrays in registers, a choice
// of activations, the norm of a gradient.
#pragma once

#include "simd/activations.inl.hpp"
#include "simd/loops.inl.hpp"
#include "simd/tiny.hpp"

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

/// The same by twos, since a branch costs more than a number that is 0: one k may be past the end.
template <class F>
GRADUS_INLINE inline void for_pairs(int n, F f) {
    static_assert(kTinyWidth == 4);
    f(Constant<0>{});
    f(Constant<1>{});
    if (n > 2) {
        f(Constant<2>{});
        f(Constant<3>{});
    }
}

/// One of the Activations, by its number.
template <class Q, class... Activations>
GRADUS_INLINE inline ValueAndSlope<Q> one_of(int number, Q z) {
    ValueAndSlope<Q> f{z, z};
    int k = 0;
    (void)((number == k++ && (f = Activations::at(z), true)) || ...);
    return f;
}
template <class Q, class... Activations>
GRADUS_APART ValueAndSlope<Q> one_of_apart(int number, Q z) {
    return one_of<Q, Activations...>(number, z);
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

/// The sum of squares of x (rows, cols), a tiny matrix in rows of kTinyWidth: one after the other,
/// which for so few is the order of kernels.inl.hpp's sum_squares too.
template <class T>
GRADUS_INLINE inline double tiny_squares(const T* x, int rows, int cols) {
    static_assert(kTinyWidth * kTinyWidth <= 4 * Vec<double>::size);
    double sum = 0;
    for_first<kTinyWidth>(rows, [&](auto i) GRADUS_INLINE {
        for_first<kTinyWidth>(cols, [&](auto j) GRADUS_INLINE {
            const double number = static_cast<double>(x[i * kTinyWidth + j]);
            sum += number * number;
        });
    });
    return sum;
}

/// The Euclidean norm of a gradient (the numbers of Layers layers, padded), summed as
/// optim/update.hpp does: the blocks in order.
template <int Layers, class T>
GRADUS_INLINE inline double tiny_norm(const TinyLayer (&layers)[Layers], const T* grads) {
    double sum = 0;
    for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
        const T* at = grads + l * kTinyLayerParams;
        sum += tiny_squares(at, layers[l].fan_in, layers[l].fan_out);
        if (layers[l].has_bias)
            sum += tiny_squares(at + kTinyWidth * kTinyWidth, 1, layers[l].fan_out);
    });
    return __builtin_sqrt(sum);
}

}  // namespace GRADUS_ISA
