// The kernel bodies, written once; each kernels_*.cpp defines GRADUS_ISA, includes its vectors and
// then this file. simd/kernels.hpp says what each kernel does. A result depends on a number's row
// and column alone, never on where the vectors or tiles happen to end, so one row gives the same
// bits as a row of many.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/activations.inl.hpp"
#include "simd/kernels.hpp"

namespace GRADUS_ISA {

using Index = std::ptrdiff_t;

template <class T>
inline constexpr int kTileCols = kTileVectors * Vec<T>::size;

template <class T>
inline Vec<T> load_part(const T* p, Index n) {
    T lanes[Vec<T>::size] = {};
    for (Index i = 0; i < n; ++i) lanes[i] = p[i];
    return Vec<T>::load(lanes);
}

template <class T>
inline void store_part(Vec<T> x, T* p, Index n) {
    T lanes[Vec<T>::size];
    x.store(lanes);
    for (Index i = 0; i < n; ++i) p[i] = lanes[i];
}

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
            i, [left](const T* p) { return load_part(p, left); },
            [left](Vec<T> x, T* p) { store_part(x, p, left); });
    }
}

// ---- products

template <class T>
void pack(const T* b, Index row_stride, Index col_stride, Index depth, Index cols, T* out) {
    constexpr Index N = kTileCols<T>;
    for (Index col = 0; col < cols; col += N, out += depth * N) {
        const Index width = cols - col < N ? cols - col : N;
        const T* from = b + col * col_stride;
        if (width < N) {
            for (Index i = 0; i < depth * N; ++i) out[i] = T(0);
        }
        if (col_stride == 1 && width == N) {
            for (Index p = 0; p < depth; ++p) {
                for (Index j = 0; j < N; ++j) out[p * N + j] = from[p * row_stride + j];
            }
        } else {
            for (Index j = 0; j < width; ++j) {
                for (Index p = 0; p < depth; ++p)
                    out[p * N + j] = from[p * row_stride + j * col_stride];
            }
        }
    }
}

template <class T, int Rows, int Vectors>
void tile(Index depth, const T* a, Index a_row, Index a_col, const T* panel, T* c, Index c_stride,
          int cols, bool accumulate) {
    constexpr Index W = Vec<T>::size;
    Vec<T> sum[Rows][Vectors];
    const T* from[Rows];
    for (int i = 0; i < Rows; ++i) {
        from[i] = a + i * a_row;
        for (int v = 0; v < Vectors; ++v) sum[i][v] = Vec<T>::set(T(0));
    }
    Index at = 0;
    for (Index p = 0; p < depth; ++p, at += a_col, panel += kTileCols<T>) {
        Vec<T> b[Vectors];
        for (int v = 0; v < Vectors; ++v) b[v] = Vec<T>::load(panel + v * W);
        for (int i = 0; i < Rows; ++i) {
            const Vec<T> x = Vec<T>::set(from[i][at]);
            for (int v = 0; v < Vectors; ++v) sum[i][v] = fma(x, b[v], sum[i][v]);
        }
    }
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) {
            T* to = c + i * c_stride + v * W;
            const Index left = cols - v * W;
            if (left >= W) {
                (accumulate ? Vec<T>::load(to) + sum[i][v] : sum[i][v]).store(to);
            } else if (left > 0) {
                store_part(accumulate ? load_part(to, left) + sum[i][v] : sum[i][v], to, left);
            }
        }
    }
}

template <class T, int Rows>
void product_tile(Index depth, const T* a, Index a_row, Index a_col, const T* panel, T* c,
                  Index c_stride, int rows, int cols, bool accumulate) {
    if constexpr (Rows > 1) {
        if (rows < Rows) {
            return product_tile<T, Rows - 1>(depth, a, a_row, a_col, panel, c, c_stride, rows, cols,
                                             accumulate);
        }
    }
    if (cols <= Vec<T>::size) {
        tile<T, Rows, 1>(depth, a, a_row, a_col, panel, c, c_stride, cols, accumulate);
    } else {
        tile<T, Rows, kTileVectors>(depth, a, a_row, a_col, panel, c, c_stride, cols, accumulate);
    }
}

// ---- element by element

template <class T, class Activation>
void activate(T* z, Index z_stride, T* slope, Index slope_stride, const T* bias, Index rows,
              Index cols) {
    for (Index i = 0; i < rows; ++i, z += z_stride) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            Vec<T> x = load(z + j);
            if (bias != nullptr) x = x + load(bias + j);
            const ValueAndSlope<T> f = Activation::at(x);
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
            const ValueAndSlope<T> f = Activation::at(x);
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
    for (Index i = 0; i < rows; ++i, x += x_stride, y += y_stride) {
        for_each_vector<T>(
            cols, [&](Index j, auto load, auto store) { store(load(x + j) * load(y + j), x + j); });
    }
}

template <class T>
void column_sums(const T* x, Index stride, Index rows, Index cols, T* out, bool accumulate) {
    for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
        Vec<T> sum = Vec<T>::set(T(0));
        for (Index i = 0; i < rows; ++i) sum = sum + load(x + i * stride + j);
        store(accumulate ? load(out + j) + sum : sum, out + j);
    });
}

template <class T>
void exponential_all(const T* x, T shift, T* out, Index n) {
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        store(exponential(load(x + i) + Vec<T>::set(shift)), out + i);
    });
}

template <class T>
T log1p_one(T u) {
    T lanes[Vec<T>::size];
    log1p(Vec<T>::set(u)).store(lanes);
    return lanes[0];
}

template <class T>
void add_scaled(T* y, const T* x, T factor, Index n) {
    const Vec<T> f = Vec<T>::set(factor);
    for_each_vector<T>(
        n, [&](Index i, auto load, auto store) { store(fma(f, load(x + i), load(y + i)), y + i); });
}

template <class T>
double sum_squares(const T* x, Index n) {
    double lanes[Vec<T>::size] = {};
    for_each_vector<T>(n, [&](Index i, auto load, auto) {
        T part[Vec<T>::size];
        load(x + i).store(part);
        for (int k = 0; k < Vec<T>::size; ++k)
            lanes[k] += static_cast<double>(part[k]) * static_cast<double>(part[k]);
    });
    double sum = 0;
    for (double lane : lanes) sum += lane;
    return sum;
}

// ---- update rules

template <class T>
void descend(T* params, T* velocity, const T* grads, Index n, const DescentStep& step) {
    const Vec<T> clip = Vec<T>::set(static_cast<T>(step.clip));
    const Vec<T> minus_rate = Vec<T>::set(static_cast<T>(-step.rate));
    const Vec<T> momentum = Vec<T>::set(static_cast<T>(step.momentum));
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        const Vec<T> plain = minus_rate * (load(grads + i) * clip);
        Vec<T> change = plain;
        if (velocity != nullptr) {
            change = momentum * load(velocity + i) + plain;
            store(change, velocity + i);
            if (step.nesterov) change = momentum * change + plain;
        }
        store(load(params + i) + change, params + i);
    });
}

template <class T>
void adam(T* params, T* mean, T* square, const T* grads, Index n, const AdamStep& step) {
    const auto set = [](double x) { return Vec<T>::set(static_cast<T>(x)); };
    const Vec<T> clip = set(step.clip), keep = set(1 - step.decay), epsilon = set(step.epsilon);
    const Vec<T> beta_1 = set(step.beta_1), rest_1 = set(1 - step.beta_1);
    const Vec<T> beta_2 = set(step.beta_2), rest_2 = set(1 - step.beta_2);
    const Vec<T> rate = set(step.rate / step.correct_1), correct_2 = set(step.correct_2);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> m = beta_1 * load(mean + i) + rest_1 * g;
        const Vec<T> v = beta_2 * load(square + i) + rest_2 * (g * g);
        store(m, mean + i);
        store(v, square + i);
        const Vec<T> change = rate * m / (sqrt(v / correct_2) + epsilon);
        store(load(params + i) * keep - change, params + i);
    });
}

template <class T>
void rmsprop(T* params, T* square, T* velocity, const T* grads, Index n, const RmspropStep& step) {
    const auto set = [](double x) { return Vec<T>::set(static_cast<T>(x)); };
    const Vec<T> rate = set(step.rate), clip = set(step.clip), epsilon = set(step.epsilon);
    const Vec<T> decay = set(step.decay), rest = set(1 - step.decay);
    const Vec<T> momentum = set(step.momentum);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> v = decay * load(square + i) + rest * (g * g);
        store(v, square + i);
        Vec<T> change = g / (sqrt(v) + epsilon);
        if (velocity != nullptr) {
            change = momentum * load(velocity + i) + change;
            store(change, velocity + i);
        }
        store(load(params + i) - rate * change, params + i);
    });
}

template <class T>
void adagrad(T* params, T* sum, const T* grads, Index n, const AdagradStep& step) {
    const auto set = [](double x) { return Vec<T>::set(static_cast<T>(x)); };
    const Vec<T> rate = set(step.rate), clip = set(step.clip);
    const Vec<T> initial = set(step.initial), epsilon = set(step.epsilon);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> s = load(sum + i) + g * g;
        store(s, sum + i);
        store(load(params + i) - rate * g / (sqrt(initial + s) + epsilon), params + i);
    });
}

template <class T, class... Activations>
constexpr Kernels<T> make_kernels_with(const char* name) {
    static_assert(sizeof...(Activations) == kActivationCount);
    return {name,
            kTileRows,
            kTileCols<T>,
            pack<T>,
            product_tile<T, kTileRows>,
            {activate<T, Activations>...},
            {activate_twice<T, Activations>...},
            multiply<T>,
            column_sums<T>,
            exponential_all<T>,
            log1p_one<T>,
            add_scaled<T>,
            sum_squares<T>,
            descend<T>,
            adam<T>,
            rmsprop<T>,
            adagrad<T>};
}

// The activations in the order of base/enums.hpp.
template <class T>
constexpr Kernels<T> make_kernels(const char* name) {
    return make_kernels_with<T, Identity, Sigmoid, Tanh, Relu, Gelu, Softplus, LeakyRelu, Elu, Selu,
                             Silu, Mish, Softsign>(name);
}

}  // namespace GRADUS_ISA
