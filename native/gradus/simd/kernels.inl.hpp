// The kernel bodies, written once; each kernels_*.cpp defines GRADUS_ISA, includes its vectors and
// then this file. simd/kernels.hpp says what each kernel does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/activations.inl.hpp"
#include "simd/dropout.inl.hpp"
#include "simd/kernels.hpp"
#include "simd/loops.inl.hpp"
#include "simd/norm.inl.hpp"
#include "simd/prefetch.hpp"
#include "simd/product.inl.hpp"
#include "simd/row_after_row.inl.hpp"
#include "simd/shuffle.inl.hpp"
#include "simd/systems.inl.hpp"
#if defined(GRADUS_HAS_QUADS)
#include "simd/tiny.inl.hpp"
#endif
#include "simd/update.inl.hpp"

namespace GRADUS_ISA {

// ---- rows

/// The beginning of a row, as much of it as is worth asking for.
template <class T>
inline void prefetch(const T* row, Index cols) {
    constexpr Index kLine = 64 / sizeof(T), kLines = 32;
    for (Index j = 0; j < cols && j < kLines * kLine; j += kLine) prefetch_to_read(row + j);
}

template <class T>
void copy_rows(const T* x, Index stride, const std::int64_t* rows, Index count, Index cols, T* out,
               Index out_stride) {
    if (cols == 1) {
        for (Index i = 0; i < count; ++i) out[i * out_stride] = x[rows[i] * stride];
        return;
    }
    // Into the second cache: the first one waits for too few lines at a time.
    constexpr Index kAhead = 4;
    for (Index i = 0; i < count; ++i, out += out_stride) {
        const T* from = x + rows[i] * stride;
        if (i + kAhead < count) prefetch(x + rows[i + kAhead] * stride, cols);
        for_each_vector<T>(cols,
                           [&](Index j, auto load, auto store) { store(load(from + j), out + j); });
    }
}

/// 0 times anything else is not 0, and stays so in a sum.
template <class T>
bool all_finite(const T* x, Index n) {
    constexpr Index W = Vec<T>::size;
    const Vec<T> zero = Vec<T>::set(T(0));
    Vec<T> sum[4] = {zero, zero, zero, zero};
    Index i = 0;
    for (; i + 4 * W <= n; i += 4 * W)
        unrolled<4>([&](auto v) { sum[v] = fma(Vec<T>::load(x + i + v * W), zero, sum[v]); });
    for_each_vector<T>(
        n - i, [&](Index j, auto load, auto) { sum[0] = fma(load(x + i + j), zero, sum[0]); });
    T lanes[W];
    ((sum[0] + sum[1]) + (sum[2] + sum[3])).store(lanes);
    bool is_finite = true;
    for (T lane : lanes) is_finite = is_finite && lane == T(0);
    return is_finite;
}

// ---- element by element

template <class T, class Activation>
void activate(T* z, Index z_stride, T* slope, Index slope_stride, const T* bias, Index rows,
              Index cols) {
    if (are_one_row<T>(rows, cols, z_stride) && (slope == nullptr || slope_stride == cols) &&
        cols <= RepeatedBias<T>::kMostCols) {
        RepeatedBias<T> repeated(bias, cols);
        for_each_vector<T>(rows * cols, [&](Index i, auto load, auto store) {
            const ValueAndSlope<Vec<T>> f = Activation::at(load(z + i) + repeated.next());
            store(f.value, z + i);
            if (slope != nullptr) store(f.slope, slope + i);
        });
        return;
    }
    for (Index i = 0; i < rows; ++i, z += z_stride) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            Vec<T> x = load(z + j);
            if (bias != nullptr) x = x + load(bias + j);
            const ValueAndSlope<Vec<T>> f = Activation::at(x);
            store(f.value, z + j);
            if (slope != nullptr) store(f.slope, slope + j);
        });
        if (slope != nullptr) slope += slope_stride;
    }
}

template <class T, class Activation>
void activate_twice(T* z, Index z_stride, T* slope, Index slope_stride, T* curvature,
                    Index curvature_stride, const T* bias, Index rows, Index cols) {
    for (Index i = 0; i < rows; ++i) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            Vec<T> x = load(z + j);
            if (bias != nullptr) x = x + load(bias + j);
            const ValueAndSlope<Vec<T>> f = Activation::at(x);
            store(f.value, z + j);
            store(f.slope, slope + j);
            store(Activation::curvature(x), curvature + j);
        });
        z += z_stride;
        slope += slope_stride;
        curvature += curvature_stride;
    }
}

template <class T>
void multiply(T* x, Index x_stride, const T* y, Index y_stride, Index rows, Index cols) {
    if (are_one_row<T>(rows, cols, x_stride) && y_stride == cols) cols *= rows, rows = 1;
    for (Index i = 0; i < rows; ++i, x += x_stride, y += y_stride) {
        for_each_vector<T>(
            cols, [&](Index j, auto load, auto store) { store(load(x + j) * load(y + j), x + j); });
    }
}

template <class T>
void gate(T* x, Index x_stride, const T* a, Index a_stride, Index rows, Index cols) {
    if (are_one_row<T>(rows, cols, x_stride) && a_stride == cols) cols *= rows, rows = 1;
    const Vec<T> zero = Vec<T>::set(T(0));
    for (Index i = 0; i < rows; ++i, x += x_stride, a += a_stride) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            store(where_less(zero, load(a + j), load(x + j), zero), x + j);
        });
    }
}

/// Row by row in four chains that do not wait for one another: load(i, v) is vector v of row i, and
/// store(v, sum) takes its sum over the rows.
template <class T, int Vectors, class Load, class Store>
void sum_rows(Index rows, Load load, Store store) {
    constexpr int kChains = 4;
    Vec<T> sum[kChains][Vectors];
    const auto add = [&](auto chain, Index i) {
        unrolled<Vectors>([&](auto v) { sum[chain][v] = sum[chain][v] + load(i, v); });
    };
    unrolled<kChains>(
        [&](auto chain) { unrolled<Vectors>([&](auto v) { sum[chain][v] = Vec<T>::set(T(0)); }); });
    Index i = 0;
    for (; i + kChains <= rows; i += kChains)
        unrolled<kChains>([&](auto chain) { add(chain, i + chain); });
    unrolled<kChains - 1>([&](auto chain) {
        if (i + chain < rows) add(chain, i + chain);
    });
    unrolled<Vectors>([&](auto v) { store(v, (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v])); });
}

template <class T>
void column_sums(const T* x, Index stride, Index rows, Index cols, T* out, bool accumulate) {
    constexpr Index W = Vec<T>::size;
    Index j = 0;
    for (; j + 2 * W <= cols; j += 2 * W) {
        sum_rows<T, 2>(
            rows, [&](Index i, auto v) { return Vec<T>::load(x + i * stride + j + v * W); },
            [&](auto v, Vec<T> sum) {
                T* to = out + j + v * W;
                (accumulate ? Vec<T>::load(to) + sum : sum).store(to);
            });
    }
    for_each_vector<T>(cols - j, [&](Index k, auto load, auto store) {
        T* to = out + j + k;
        sum_rows<T, 1>(
            rows, [&](Index i, auto) { return load(x + i * stride + j + k); },
            [&](auto, Vec<T> sum) { store(accumulate ? load(to) + sum : sum, to); });
    });
}

/// out[i] = f(x[i]). One number alone goes by way of a whole vector: who reads it soon after would
/// wait for the store of a part of one.
template <class T, class F>
void map(const T* x, T* out, Index n, F f) {
    if (n == 1) {
        T lanes[Vec<T>::size];
        f(Vec<T>::set(*x)).store(lanes);
        *out = lanes[0];
        return;
    }
    for_each_vector<T>(n, [&](Index i, auto load, auto store) { store(f(load(x + i)), out + i); });
}

template <class T>
void exponential_all(const T* x, T shift, T* out, Index n) {
    map(x, out, n, [shift](Vec<T> z) { return exponential(z + Vec<T>::set(shift)); });
}

template <class T>
void log1p_all(const T* u, T* out, Index n) {
    map(u, out, n, [](Vec<T> z) { return log1p(z); });
}

template <class T>
void add_scaled(T* y, const T* x, T factor, Index n) {
    const Vec<T> f = Vec<T>::set(factor);
    for_each_vector<T>(
        n, [&](Index i, auto load, auto store) { store(fma(f, load(x + i), load(y + i)), y + i); });
}

/// In four sums for each lane, which do not wait for one another.
template <class T>
double sum_squares(const T* x, Index n) {
    constexpr Index W = Vec<double>::size;
    constexpr int kChains = 4;
    Vec<double> sum[kChains];
    const auto add = [&](auto chain, Index i) {
        const Vec<double> some = widened(x + i);
        sum[chain] = fma(some, some, sum[chain]);
    };
    unrolled<kChains>([&](auto chain) { sum[chain] = Vec<double>::set(0); });
    Index i = 0;
    for (; i + kChains * W <= n; i += kChains * W)
        unrolled<kChains>([&](auto chain) { add(chain, i + chain * W); });
    for (; i + W <= n; i += W) add(Constant<0>{}, i);
    double lanes[W], total = 0;
    ((sum[0] + sum[1]) + (sum[2] + sum[3])).store(lanes);
    for (Index lane = 0; i + lane < n; ++lane) {
        const double one = static_cast<double>(x[i + lane]);
        lanes[lane] += one * one;
    }
    for (double lane : lanes) total += lane;
    return total;
}

template <class T, class... Activations>
constexpr TinyKernels<T> make_tiny_kernels_if_any() {
#if defined(GRADUS_HAS_QUADS)
    return make_tiny_kernels<T, Activations...>();
#else
    return {};
#endif
}

template <class T, class... Activations>
constexpr Kernels<T> make_kernels_with(const char* name) {
    static_assert(sizeof...(Activations) == kActivationCount);
    return {name,
            kTileRows,
            kTileCols<T>,
            pack<T>,
            product<T>,
            {activate<T, Activations>...},
            {activate_twice<T, Activations>...},
            order_table,
            shuffled_rows,
            copy_rows<T>,
            all_finite<T>,
            multiply<T>,
            gate<T>,
            column_sums<T>,
            exponential_all<T>,
            log1p_all<T>,
            add_scaled<T>,
            sum_squares<T>,
            descend<T>,
            adam<T>,
            rmsprop<T>,
            adagrad<T>,
            factor_block<T>,
            substitute<T>,
            dot<T>,
            row_dots<T>,
            multiply_add<T>,
            outer<T>,
            drop<T>,
            normalize<T>,
            normalize_back<T>,
            make_tiny_kernels_if_any<T, Activations...>()};
}

// The activations in the order of base/enums.hpp.
template <class T>
constexpr Kernels<T> make_kernels(const char* name) {
    return make_kernels_with<T, Identity, Sigmoid, Tanh, Relu, Gelu, Softplus, LeakyRelu, Elu, Selu,
                             Silu, Mish, Softsign>(name);
}

}  // namespace GRADUS_ISA
