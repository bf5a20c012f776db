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

/// N numbers, or N vectors of them.
template <class V, int N>
struct Terms {
    V at[N];
};
template <class V, class... More>
inline Terms<V, 1 + sizeof...(More)> terms(V first, More... more) {
    return {{first, more...}};
}

/// N sums over j < n, of the N terms that f(j, numbers) gives.
template <class T, int N, class F>
inline Terms<double, N> row_sums(Index n, F f) {
    constexpr Index W = Vec<double>::size, kChains = 4;
    Vec<double> sums[kChains][N];
    for (auto& chain : sums) {
        for (auto& sum : chain) sum = Vec<double>::set(0);
    }
    const auto add = [&](Index j, Vec<double>* chain) {
        const Terms<Vec<double>, N> terms = f(j, Wide<T>{});
        for (int s = 0; s < N; ++s) chain[s] = chain[s] + terms.at[s];
    };
    Index j = 0;
    for (; j + kChains * W <= n; j += kChains * W)
        unrolled<kChains>([&](auto c) { add(j + c * W, sums[c]); });
    for (; j + W <= n; j += W) add(j, sums[0]);
    double last[N][W] = {};
    for (Index k = 0; j < n; ++j, ++k) {
        const Terms<double, N> terms = f(j, Single<T>{});
        for (int s = 0; s < N; ++s) last[s][k] = terms.at[s];
    }
    Terms<double, N> whole;
    for (int s = 0; s < N; ++s) {
        const auto sum = (sums[0][s] + sums[1][s]) + (sums[2][s] + sums[3][s]);
        whole.at[s] = sum_of_lanes(sum + Vec<double>::load(last[s]));
    }
    return whole;
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
    const auto sum = row_sums<T, 1>(n, [&](Index j, auto of) { return terms(of.at(a + j)); });
    const double mean = share * sum.at[0];
    const auto squares = row_sums<T, 1>(n, [&](Index j, auto of) {
        const auto centered = of.at(a + j) - of.same(mean);
        return terms(centered * centered);
    });
    const double variance = share * squares.at[0];
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
    const auto sums = row_sums<T, 2>(n, [&](Index j, auto of) {
        const auto here = g(j, of);
        return terms(here, here * of.at(numbers + j));
    });
    const double mean = share * sums.at[0], along = share * sums.at[1];
    for_each_wide<T>(n, [&](Index j, auto of) {
        const auto rest = g(j, of) - of.same(mean) - of.at(numbers + j) * of.same(along);
        of.put(of.same(inverse) * rest, below + j);
    });
}

}  // namespace GRADUS_ISA
