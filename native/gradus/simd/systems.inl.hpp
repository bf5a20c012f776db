// What systems of equations are formed, factored and solved with. simd/kernels.hpp says what each
// kernel does.
#pragma once

#include <cstddef>

#include "simd/product.inl.hpp"

namespace GRADUS_ISA {

/// Rows that a triangle is worked through at a time: with two vectors of columns, sums enough that
/// none waits for itself.
inline constexpr int kTriangleRows = kTileRows >= 8 ? 8 : kTileRows >= 4 ? 4 : 2;

inline float root(float x) { return __builtin_sqrtf(x); }
inline double root(double x) { return __builtin_sqrt(x); }

/// Rows [row, row + Rows) of x minus what the rows above take from them, for columns
/// [col, col + Vectors vectors): x(row + r, :) -= sum over p < row of u(p, row + r) x(p, :).
template <class T, int Rows, int Vectors, class Load, class Store>
inline void take_rows_above(const T* u, Index u_stride, T* x, Index x_stride, Index row, Load load,
                            Store store) {
    constexpr Index W = Vec<T>::size;
    Vec<T> sum[Rows][Vectors];
    unrolled<Rows>(
        [&](auto r) { unrolled<Vectors>([&](auto v) { sum[r][v] = Vec<T>::set(T(0)); }); });
    const T* above = x;
    u += row;
    for (Index p = 0; p < row; ++p, above += x_stride, u += u_stride) {
        Vec<T> numbers[Vectors];
        unrolled<Vectors>([&](auto v) { numbers[v] = load(above + v * W); });
        unrolled<Rows>([&](auto r) {
            const Vec<T> factor = Vec<T>::set(u[r]);
            unrolled<Vectors>([&](auto v) { sum[r][v] = fma(factor, numbers[v], sum[r][v]); });
        });
    }
    unrolled<Rows>([&](auto r) {
        unrolled<Vectors>([&](auto v) {
            T* to = x + (row + r) * x_stride + v * W;
            store(load(to) - sum[r][v], to);
        });
    });
}

/// Rows [row, row + Rows) of the factor, whose rows above are done.
template <class T, int Rows>
bool factor_rows(T* a, Index stride, Index n, Index row, T* inverse) {
    constexpr Index W = Vec<T>::size;
    const auto whole = [](const T* p) { return Vec<T>::load(p); };
    const auto keep = [](Vec<T> x, T* p) { x.store(p); };
    Index col = row;
    for (; col + 2 * W <= n; col += 2 * W)
        take_rows_above<T, Rows, 2>(a, stride, a + col, stride, row, whole, keep);
    for_each_vector<T>(n - col, [&](Index j, auto load, auto store) {
        take_rows_above<T, Rows, 1>(a, stride, a + col + j, stride, row, load, store);
    });
    for (Index r = row; r < row + Rows; ++r) {
        T* own = a + r * stride;
        const T pivot = own[r];
        if (!(pivot > 0) || pivot - pivot != 0) return false;
        const T diagonal = root(pivot);
        inverse[r] = 1 / diagonal;
        const Vec<T> scale = Vec<T>::set(inverse[r]);
        for_each_vector<T>(n - r, [&](Index j, auto load, auto store) {
            store(load(own + r + j) * scale, own + r + j);
        });
        own[r] = diagonal;
        for (Index s = r + 1; s < row + Rows; ++s) {
            T* below = a + s * stride;
            const Vec<T> factor = Vec<T>::set(-own[s]);
            for_each_vector<T>(n - s, [&](Index j, auto load, auto store) {
                store(fma(factor, load(own + s + j), load(below + s + j)), below + s + j);
            });
        }
    }
    return true;
}

template <class T>
bool factor_block(T* a, Index stride, Index n, T* inverse) {
    Index row = 0;
    for (; row + kTriangleRows <= n; row += kTriangleRows) {
        if (!factor_rows<T, kTriangleRows>(a, stride, n, row, inverse)) return false;
    }
    for (; row < n; ++row) {
        if (!factor_rows<T, 1>(a, stride, n, row, inverse)) return false;
    }
    return true;
}

/// Rows [row, row + Rows) of the solution, whose rows above are done.
template <class T, int Rows>
void substitute_rows(const T* u, Index u_stride, const T* inverse, T* packed, Index row) {
    constexpr Index W = Vec<T>::size, N = kTileCols<T>;
    Vec<T> x[Rows][kTileVectors];
    unrolled<Rows>(
        [&](auto r) { unrolled<kTileVectors>([&](auto v) { x[r][v] = Vec<T>::set(T(0)); }); });
    const T* above = packed;
    const T* factors = u + row;
    for (Index p = 0; p < row; ++p, above += N, factors += u_stride) {
        Vec<T> numbers[kTileVectors];
        unrolled<kTileVectors>([&](auto v) { numbers[v] = Vec<T>::load(above + v * W); });
        unrolled<Rows>([&](auto r) {
            const Vec<T> factor = Vec<T>::set(factors[r]);
            unrolled<kTileVectors>([&](auto v) { x[r][v] = fma(factor, numbers[v], x[r][v]); });
        });
    }
    T* own = packed + row * N;
    const Vec<T> zero = Vec<T>::set(T(0));
    unrolled<Rows>([&](auto r) {
        unrolled<kTileVectors>(
            [&](auto v) { x[r][v] = zero - Vec<T>::load(own + r * N + v * W) - x[r][v]; });
    });
    unrolled<Rows>([&](auto r) {
        const Vec<T> scale = Vec<T>::set(inverse[row + r]);
        unrolled<kTileVectors>([&](auto v) {
            x[r][v] = x[r][v] * scale;
            x[r][v].store(own + r * N + v * W);
        });
        unrolled<Rows - 1 - r>([&](auto s) {
            const Vec<T> factor = Vec<T>::set(-factors[r * u_stride + r + 1 + s]);
            unrolled<kTileVectors>(
                [&](auto v) { x[r + 1 + s][v] = fma(factor, x[r][v], x[r + 1 + s][v]); });
        });
    });
}

template <class T>
void substitute(const T* u, Index u_stride, const T* inverse, Index n, T* x, Index x_stride,
                Index cols, T* packed) {
    constexpr Index N = kTileCols<T>;
    pack_rows(x, x_stride, n, cols, packed);
    Index row = 0;
    for (; row + kTriangleRows <= n; row += kTriangleRows)
        substitute_rows<T, kTriangleRows>(u, u_stride, inverse, packed, row);
    for (; row < n; ++row) substitute_rows<T, 1>(u, u_stride, inverse, packed, row);
    for (row = 0; row < n; ++row) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            store(load(packed + row * N + j), x + row * x_stride + j);
        });
    }
}

/// In four sums for each lane, which do not wait for one another.
template <class T>
T dot(const T* x, const T* y, Index n) {
    constexpr Index W = Vec<T>::size, kChains = 4;
    Vec<T> sum[kChains];
    unrolled<kChains>([&](auto c) { sum[c] = Vec<T>::set(T(0)); });
    Index i = 0;
    for (; i + kChains * W <= n; i += kChains * W) {
        unrolled<kChains>([&](auto c) {
            sum[c] = fma(Vec<T>::load(x + i + c * W), Vec<T>::load(y + i + c * W), sum[c]);
        });
    }
    for_each_vector<T>(n - i, [&](Index j, auto load, auto) {
        sum[0] = fma(load(x + i + j), load(y + i + j), sum[0]);
    });
    return sum_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

template <class T>
void row_dots(const T* x, Index x_stride, const T* bias, const T* y, Index y_stride, Index rows,
              Index cols, T* out, bool accumulate) {
    for (Index i = 0; i < rows; ++i, x += x_stride, y += y_stride) {
        Vec<T> sum = Vec<T>::set(T(0));
        for_each_vector<T>(cols, [&](Index j, auto load, auto) {
            const Vec<T> shifted = bias == nullptr ? load(x + j) : load(x + j) + load(bias + j);
            sum = fma(shifted, load(y + j), sum);
        });
        const T total = sum_of_lanes(sum);
        out[i] = accumulate ? out[i] + total : total;
    }
}

template <class T>
void multiply_add(T* sum, Index sum_stride, const T* x, Index x_stride, const T* y, Index y_stride,
                  T shift, Index rows, Index cols, bool accumulate) {
    const Vec<T> more = Vec<T>::set(shift);
    for (Index i = 0; i < rows; ++i, sum += sum_stride, x += x_stride, y += y_stride) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            const Vec<T> factor = load(y + j) + more;
            store(accumulate ? fma(load(x + j), factor, load(sum + j)) : load(x + j) * factor,
                  sum + j);
        });
    }
}

template <class T>
void outer(const T* x, Index x_stride, Index x_cols, const T* y, Index y_stride, Index y_cols,
           T* out, Index out_stride, Index rows) {
    for (Index i = 0; i < rows; ++i, x += x_stride, y += y_stride, out += out_stride) {
        if (y_cols == 1) {
            const Vec<T> factor = Vec<T>::set(*y);
            for_each_vector<T>(x_cols, [&](Index p, auto load, auto store) {
                store(load(x + p) * factor, out + p);
            });
            continue;
        }
        T* to = out;
        for (Index p = 0; p < x_cols; ++p, to += y_cols) {
            const Vec<T> factor = Vec<T>::set(x[p]);
            for_each_vector<T>(y_cols, [&](Index q, auto load, auto store) {
                store(factor * load(y + q), to + q);
            });
        }
    }
}

}  // namespace GRADUS_ISA
