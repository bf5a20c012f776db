// Layer normalization [BKH16], forward and back. The formulas: src/gradus/engines/norm.py.
#pragma once

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

/// a_out = n * scale + shift with n = (a_in - mean) / sqrt(variance + epsilon). `kept` receives n
/// and the inverse of the root, unless its data is null. Returns false if told to stop on the way.
template <class T>
bool norm_forward(const Kernels<T>& kernels, const NormLayer& norm, const T* params,
                  MatrixView<const T> a_in, const Normalized<T>& kept, MatrixView<T> a_out,
                  const Crew& crew) {
    constexpr Index kWork = 8;
    const T *scale = params + norm.scale_at, *shift = params + norm.shift_at();
    return for_each_rows(crew, a_in.rows, kWork * norm.width, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            T* const numbers = kept.inverse == nullptr ? a_out.row(i) : kept.numbers.row(i);
            const double inverse = kernels.normalize(a_in.row(i), norm.width, norm.epsilon, scale,
                                                     shift, numbers, a_out.row(i));
            if (kept.inverse != nullptr) kept.inverse[i] = inverse;
        }
    });
}

/// below = inverse * (g - mean(g) - n * mean(g * n)) with g = delta * scale. Returns false if told
/// to stop on the way.
template <class T>
bool norm_backward(const Kernels<T>& kernels, const NormLayer& norm, const T* params,
                   const Normalized<T>& kept, MatrixView<const T> delta, MatrixView<T> below,
                   const Crew& crew) {
    constexpr Index kWork = 10;
    const T* scale = params + norm.scale_at;
    return for_each_rows(crew, delta.rows, kWork * norm.width, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            kernels.normalize_back(delta.row(i), scale, kept.numbers.row(i), kept.inverse[i],
                                   norm.width, below.row(i));
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
