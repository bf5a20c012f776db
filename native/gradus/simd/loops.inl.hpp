// Loops that kernels are made of. A result depends on a number's row and column alone, never on
// where the vectors or tiles happen to end, so one row gives the same bits as a row of many.
#pragma once

#include <cstddef>
#include <cstdint>

namespace GRADUS_ISA {

using Index = std::ptrdiff_t;

template <class T>
inline constexpr int kTileCols = kTileVectors * Vec<T>::size;

/// Calls f(i, load, store) for each whole vector of 0..n-1 and once for what is left.
template <class T, class F>
inline void for_each_vector(Index n, F f) {
    constexpr Index W = Vec<T>::size;
    Index i = 0;
    for (; i + W <= n; i += W) {
        f(i, [](const T* p) { return Vec<T>::load(p); }, [](Vec<T> x, T* p) { x.store(p); });
    }
    if (i < n) {
        const Index left = n - i;
        f(
            i, [left](const T* p) { return Vec<T>::load_first(p, left); },
            [left](Vec<T> x, T* p) { x.store_first(p, left); });
    }
}

/// For sets without an instruction of their own for it.
template <class T>
T sum_of_lanes(Vec<T> x) {
    T lanes[Vec<T>::size], total = 0;
    x.store(lanes);
    for (T lane : lanes) total += lane;
    return total;
}

/// A number that the compiler knows. No std::integral_constant: this file includes next to nothing.
template <int I>
struct Constant {
    static constexpr int value = I;
    constexpr operator int() const { return I; }
};

template <int... I>
struct Numbers {};
template <int N, int... I>
struct NumbersBelow : NumbersBelow<N - 1, N - 1, I...> {};
template <int... I>
struct NumbersBelow<0, I...> {
    using Type = Numbers<I...>;
};

template <class F, int... I>
constexpr void call_each(F& f, Numbers<I...>) {
    (f(Constant<I>{}), ...);
}

/// Calls f(0), ..., f(N - 1) with numbers the compiler knows, so that arrays they index are kept in
/// registers.
template <int N, class F>
constexpr void unrolled(F&& f) {
    call_each(f, typename NumbersBelow<N>::Type{});
}

}  // namespace GRADUS_ISA
