// Layer normalization, differentiated along a vector: forward, and the way back once more. The
// formulas: src/gradus/engines/norm.py.
#pragma once

#include "nn/norm.hpp"

namespace gradus {

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

/// The derivative R of `Normalized` along v: R n, and for each row the mean of n * R a_in, which
/// the inverse follows: R inverse = -inverse^2 * along.
template <class T>
struct NormalizedTangent {
    MatrixView<T> numbers;
    double* along;  // (rows,)
};

/// R n = inverse * (R a - mean(R a) - n * mean(n * R a)) and r_out = R n * scale + n * R scale + R
/// shift, R scale and R shift being v's. `r_in` is R a; null data stands for 0. Returns false if
/// told to stop on the way.
template <class T>
bool norm_forward_tangent(const NormLayer& norm, const T* params, const T* v,
                          const Normalized<T>& kept, MatrixView<const T> r_in,
                          const NormalizedTangent<T>& tangent, MatrixView<T> r_out,
                          const Crew& crew) {
    constexpr Index kWork = 12;
    const Index n = norm.width;
    const double share = 1.0 / static_cast<double>(n);
    const T *scale = params + norm.scale_at, *r_scale = v + norm.scale_at,
            *r_shift = v + norm.shift_at();
    return for_each_rows(crew, r_out.rows, kWork * n, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            const T *numbers = kept.numbers.row(i), *r = r_in.data ? r_in.row(i) : nullptr;
            T *r_numbers = tangent.numbers.row(i), *out = r_out.row(i);
            double mean = 0, along = 0;
            if (r != nullptr) {
                mean = share * row_sum(n, [&](Index j) { return static_cast<double>(r[j]); });
                along = share * row_sum(n, [&](Index j) {
                            return static_cast<double>(numbers[j]) * static_cast<double>(r[j]);
                        });
            }
            for (Index j = 0; j < n; ++j) {
                r_numbers[j] =
                    r == nullptr
                        ? T(0)
                        : static_cast<T>(kept.inverse[i] * (r[j] - mean - numbers[j] * along));
                out[j] = r_numbers[j] * scale[j] + numbers[j] * r_scale[j] + r_shift[j];
            }
            tangent.along[i] = along;
        }
    });
}

/// below as in `norm_backward`, and its derivative: with g = delta * scale and R g = r_delta *
/// scale
/// + delta * R scale,
///
///   r_below = inverse * (R g - mean(R g) - R n * mean(g n) - n * mean(R g n + g R n))
///             - inverse * along * below.
///
/// Returns false if told to stop on the way.
template <class T>
bool norm_backward_tangent(const NormLayer& norm, const T* params, const T* v,
                           const Normalized<T>& kept, const NormalizedTangent<T>& tangent,
                           MatrixView<const T> delta, MatrixView<const T> r_delta,
                           MatrixView<T> below, MatrixView<T> r_below, const Crew& crew) {
    constexpr Index kWork = 30;
    const Index n = norm.width;
    const double share = 1.0 / static_cast<double>(n);
    const T *scale = params + norm.scale_at, *r_scale = v + norm.scale_at;
    return for_each_rows(crew, delta.rows, kWork * n, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            const T *d = delta.row(i), *r_d = r_delta.row(i);
            const auto number = [&](Index j) {
                return static_cast<double>(kept.numbers.row(i)[j]);
            };
            const auto r_number = [&](Index j) {
                return static_cast<double>(tangent.numbers.row(i)[j]);
            };
            const auto g = [&](Index j) {
                return static_cast<double>(d[j]) * static_cast<double>(scale[j]);
            };
            const auto r_g = [&](Index j) {
                return static_cast<double>(r_d[j]) * static_cast<double>(scale[j]) +
                       static_cast<double>(d[j]) * static_cast<double>(r_scale[j]);
            };
            const double inverse = kept.inverse[i];
            const double mean = share * row_sum(n, g), r_mean = share * row_sum(n, r_g);
            const double along = share * row_sum(n, [&](Index j) { return g(j) * number(j); });
            const double r_along = share * row_sum(n, [&](Index j) {
                                       return r_g(j) * number(j) + g(j) * r_number(j);
                                   });
            for (Index j = 0; j < n; ++j) {
                const double down = inverse * (g(j) - mean - number(j) * along);
                const double r_down = r_g(j) - r_mean - r_number(j) * along - number(j) * r_along;
                below.row(i)[j] = static_cast<T>(down);
                r_below.row(i)[j] = static_cast<T>(inverse * (r_down - tangent.along[i] * down));
            }
        }
    });
}

/// R d_scale = [R d_scale +] column sums of r_delta * n + delta * R n, and R d_shift likewise of
/// r_delta. Overwrites n and R n.
template <class T>
void norm_parameter_tangent(const Kernels<T>& kernels, const NormLayer& norm,
                            const Normalized<T>& kept, const NormalizedTangent<T>& tangent,
                            MatrixView<const T> delta, MatrixView<const T> r_delta, bool is_first,
                            T* out) {
    const MatrixView<T>&numbers = kept.numbers, &r_numbers = tangent.numbers;
    const auto multiply = [&](MatrixView<T> x, MatrixView<const T> y) {
        kernels.multiply(x.data, x.stride, y.data, y.stride, y.rows, y.cols);
    };
    multiply(numbers, r_delta);
    multiply(r_numbers, delta);
    for (Index i = 0; i < delta.rows; ++i)
        kernels.add_scaled(numbers.row(i), r_numbers.row(i), T(1), norm.width);
    add_column_sums(kernels, MatrixView<const T>(numbers), !is_first, out + norm.scale_at);
    add_column_sums(kernels, r_delta, !is_first, out + norm.shift_at());
}

}  // namespace gradus
