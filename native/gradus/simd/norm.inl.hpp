// Rows of layer normalization. Sums are made in double, in an order that follows from the length.
#pragma once

#include "simd/loops.inl.hpp"

namespace GRADUS_ISA {

/// Numbers of T as doubles, so many at once as a vector holds.
template <class T>
struct Wide {
    static Vec<double> at(const T* p) { return widened(p); }
    static Vec<double> same(double x) { return Vec<double>::set(x); }
    static void put(Vec<double> x, T* p) { narrowed(x, p); }
};
/// The same one by one.
template <class T>
struct Single {
    static double at(const T* p) { return static_cast<double>(*p); }
    static double same(double x) { return x; }
    static void put(double x, T* p) { *p = static_cast<T>(x); }
};

/// Sum over j < n of f(j, numbers).
template <class T, class F>
inline double row_sum(Index n, F f) {
    constexpr Index W = Vec<double>::size, kChains = 4;
    Vec<double> sums[kChains];
    for (auto& sum : sums) sum = Vec<double>::set(0);
    Index j = 0;
    for (; j + kChains * W <= n; j += kChains * W)
        unrolled<kChains>([&](auto c) { sums[c] = sums[c] + f(j + c * W, Wide<T>{}); });
    for (; j + W <= n; j += W) sums[0] = sums[0] + f(j, Wide<T>{});
    double lanes[W];
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).store(lanes);
    for (Index k = 0; j < n; ++j, ++k) lanes[k] += f(j, Single<T>{});
    for (Index half = W / 2; half > 0; half /= 2) {
        for (Index k = 0; k < half; ++k) lanes[k] += lanes[k + half];
    }
    return lanes[0];
}

template <class T, class F>
inline void for_each_wide(Index n, F f) {
    constexpr Index W = Vec<double>::size;
    Index j = 0;
    for (; j + W <= n; j += W) f(j, Wide<T>{});
    for (; j < n; ++j) f(j, Single<T>{});
}

template <class T>
double normalize(const T* a, Index n, double epsilon, const T* scale, const T* shift, T* numbers,
                 T* out) {
    const double share = 1.0 / static_cast<double>(n);
    const double mean = share * row_sum<T>(n, [&](Index j, auto of) { return of.at(a + j); });
    const double variance = share * row_sum<T>(n, [&](Index j, auto of) {
                                const auto centered = of.at(a + j) - of.same(mean);
                                return centered * centered;
                            });
    const double inverse = 1 / __builtin_sqrt(variance + epsilon);
    for_each_wide<T>(n, [&](Index j, auto of) {
        of.put((of.at(a + j) - of.same(mean)) * of.same(inverse), numbers + j);
    });
    for_each_vector<T>(n, [&](Index j, auto load, auto store) {
        store(load(numbers + j) * load(scale + j) + load(shift + j), out + j);
    });
    return inverse;
}

template <class T>
void normalize_back(const T* delta, const T* scale, const T* numbers, double inverse, Index n,
                    T* below) {
    const double share = 1.0 / static_cast<double>(n);
    const auto g = [&](Index j, auto of) { return of.at(delta + j) * of.at(scale + j); };
    const double mean = share * row_sum<T>(n, g);
    const double along =
        share * row_sum<T>(n, [&](Index j, auto of) { return g(j, of) * of.at(numbers + j); });
    for_each_wide<T>(n, [&](Index j, auto of) {
        const auto rest = g(j, of) - of.same(mean) - of.at(numbers + j) * of.same(along);
        of.put(of.same(inverse) * rest, below + j);
    });
}

}  // namespace GRADUS_ISA
