// Layer normalization [BKH16], forward and back. The formulas: src/gradus/engines/norm.py. Sums
// over a row are made in double and in an order that follows from its length.
#pragma once

#include <cmath>

#include "nn/network.hpp"
#include "nn/rows.hpp"

namespace gradus {

/// What the pass back needs of each row: its numbers before scale and shift, and 1 / sqrt(variance
/// + epsilon).
template <class T>
struct Normalized {
    MatrixView<T> numbers;
    double* inverse;  // (rows,)
};

/// Sum over j < n of f(j), in eight chains that a processor can keep side by side.
template <class F>
double row_sum(Index n, F&& f) {
    constexpr Index kChains = 8;
    double chains[kChains] = {};
    Index j = 0;
    for (; j + kChains <= n; j += kChains) {
        for (Index k = 0; k < kChains; ++k) chains[k] += f(j + k);
    }
    for (Index k = 0; j + k < n; ++k) chains[k] += f(j + k);
    double sum = 0;
    for (double chain : chains) sum += chain;
    return sum;
}

/// a_out = n * scale + shift with n = (a_in - mean) / sqrt(variance + epsilon). `kept` receives n
/// and the inverse of the root, unless its data is null. Returns false if told to stop on the way.
template <class T>
bool norm_forward(const NormLayer& norm, const T* params, MatrixView<const T> a_in,
                  const Normalized<T>& kept, MatrixView<T> a_out, const Crew& crew) {
    constexpr Index kWork = 8;
    const Index n = norm.width;
    const double share = 1.0 / static_cast<double>(n);
    const T *scale = params + norm.scale_at, *shift = params + norm.shift_at();
    return for_each_rows(crew, a_in.rows, kWork * n, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            const T* a = a_in.row(i);
            const double mean =
                share * row_sum(n, [&](Index j) { return static_cast<double>(a[j]); });
            const double variance =
                share * row_sum(n, [&](Index j) { return (a[j] - mean) * (a[j] - mean); });
            const double inverse = 1 / std::sqrt(variance + norm.epsilon);
            T* numbers = kept.inverse == nullptr ? a_out.row(i) : kept.numbers.row(i);
            for (Index j = 0; j < n; ++j) numbers[j] = static_cast<T>((a[j] - mean) * inverse);
            T* out = a_out.row(i);
            for (Index j = 0; j < n; ++j) out[j] = numbers[j] * scale[j] + shift[j];
            if (kept.inverse != nullptr) kept.inverse[i] = inverse;
        }
    });
}

/// below = inverse * (g - mean(g) - n * mean(g * n)) with g = delta * scale. Returns false if told
/// to stop on the way.
template <class T>
bool norm_backward(const NormLayer& norm, const T* params, const Normalized<T>& kept,
                   MatrixView<const T> delta, MatrixView<T> below, const Crew& crew) {
    constexpr Index kWork = 10;
    const Index n = norm.width;
    const double share = 1.0 / static_cast<double>(n);
    const T* scale = params + norm.scale_at;
    return for_each_rows(crew, delta.rows, kWork * n, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            const T *d = delta.row(i), *numbers = kept.numbers.row(i);
            const auto g = [&](Index j) {
                return static_cast<double>(d[j]) * static_cast<double>(scale[j]);
            };
            const double mean = share * row_sum(n, g);
            const double along =
                share * row_sum(n, [&](Index j) { return g(j) * static_cast<double>(numbers[j]); });
            for (Index j = 0; j < n; ++j) {
                below.row(i)[j] = static_cast<T>(
                    kept.inverse[i] * (g(j) - mean - static_cast<double>(numbers[j]) * along));
            }
        }
    });
}

/// d_scale = [d_scale +] column sums of delta * n and d_shift likewise of delta, in the chains of a
/// dense layer's bias. Overwrites n.
template <class T>
void norm_parameter_gradient(const Kernels<T>& kernels, const NormLayer& norm,
                             const Normalized<T>& kept, MatrixView<const T> delta, bool is_first,
                             T* grads) {
    const MatrixView<T>& numbers = kept.numbers;
    kernels.multiply(numbers.data, numbers.stride, delta.data, delta.stride, delta.rows,
                     norm.width);
    add_column_sums(kernels, MatrixView<const T>(numbers), !is_first, grads + norm.scale_at);
    add_column_sums(kernels, delta, !is_first, grads + norm.shift_at());
}

}  // namespace gradus
