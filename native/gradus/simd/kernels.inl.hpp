// The kernel bodies, written once; each kernels_*.cpp defines GRADUS_ISA, includes its vectors and
// then this file. simd/kernels.hpp says what each kernel does. A result depends on a number's row
// and column alone, never on where the vectors or tiles happen to end, so one row gives the same
// bits as a row of many.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/activations.inl.hpp"
#include "simd/kernels.hpp"
#include "simd/shuffle.inl.hpp"

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

// ---- products

/// A panel whose numbers lie in rows of b: row after row, zeros past `width`.
template <class T>
void pack_rows(const T* b, Index row_stride, Index depth, Index width, T* out) {
    constexpr Index W = Vec<T>::size;
    for (Index p = 0; p < depth; ++p, b += row_stride, out += kTileCols<T>) {
        for (int v = 0; v < kTileVectors; ++v) {
            const Index left = width - v * W;
            const Vec<T> x = left >= W  ? Vec<T>::load(b + v * W)
                             : left > 0 ? Vec<T>::load_first(b + v * W, left)
                                        : Vec<T>::set(T(0));
            x.store(out + v * W);
        }
    }
}

/// A panel whose numbers lie in columns of b, that is, whose depth is contiguous.
template <class T>
void pack_columns(const T* b, Index col_stride, Index depth, Index width, T* out) {
    constexpr Index W = Vec<T>::size, N = kTileCols<T>;
    const Index whole_depth = depth / W * W, whole_width = width / W * W;
    for (Index j = 0; j < whole_width; j += W) {
        for (Index p = 0; p < whole_depth; p += W) {
            transpose(b + j * col_stride + p, col_stride, out + p * N + j, N);
        }
    }
    for (Index j = 0; j < N; ++j) {
        for (Index p = j < whole_width ? whole_depth : 0; p < depth; ++p)
            out[p * N + j] = j < width ? b[j * col_stride + p] : T(0);
    }
}

template <class T>
void pack(const T* b, Index row_stride, Index col_stride, Index depth, Index cols, T* out) {
    constexpr Index N = kTileCols<T>;
    for (Index col = 0; col < cols; col += N, out += depth * N) {
        const Index width = cols - col < N ? cols - col : N;
        if (col_stride == 1) {
            pack_rows(b + col, row_stride, depth, width, out);
        } else {
            pack_columns(b + col * col_stride, col_stride, depth, width, out);
        }
    }
}

/// `Rows` rows of c by `Vectors` vectors, of which the last has `last` numbers. `from` and every
/// third row after it are pointers of their own, since more would not fit the registers.
template <class T, int Rows, int Vectors, bool IsWhole>
void tile(Index depth, const T* a, Index a_row, Index a_col, const T* b, Index b_row, T* c,
          Index c_stride, Index last, bool accumulate) {
    constexpr Index W = Vec<T>::size;
    constexpr int kFrom = (Rows + 2) / 3;
    const auto load = [last](const T* p, auto v) {
        return IsWhole || v + 1 < Vectors ? Vec<T>::load(p + v * W)
                                          : Vec<T>::load_first(p + v * W, last);
    };
    Vec<T> sum[Rows][Vectors];
    const T* from[kFrom];
    unrolled<kFrom>([&](auto i) { from[i] = a + 3 * i * a_row; });
    unrolled<Rows>([&](auto i) {
        unrolled<Vectors>([&](auto v) { sum[i][v] = Vec<T>::set(T(0)); });
    });
    for (Index p = 0; p < depth; ++p, b += b_row) {
        Vec<T> row[Vectors];
        unrolled<Vectors>([&](auto v) { row[v] = load(b, v); });
        unrolled<Rows>([&](auto i) {
            const Vec<T> x = Vec<T>::set(from[i / 3][i % 3 * a_row]);
            unrolled<Vectors>([&](auto v) { sum[i][v] = fma(x, row[v], sum[i][v]); });
        });
        unrolled<kFrom>([&](auto i) { from[i] += a_col; });
    }
    unrolled<Rows>([&](auto i) {
        unrolled<Vectors>([&](auto v) {
            T* to = c + i * c_stride;
            const Vec<T> x = accumulate ? load(to, v) + sum[i][v] : sum[i][v];
            if (IsWhole || v + 1 < Vectors) {
                x.store(to + v * W);
            } else {
                x.store_first(to + v * W, last);
            }
        });
    });
}

template <class T>
using TileFunction = void (*)(Index depth, const T* a, Index a_row, Index a_col, const T* b,
                              Index b_row, T* c, Index c_stride, Index last, bool accumulate);

/// at[rows - 1][vectors - 1][is whole].
template <class T>
struct TileTable {
    TileFunction<T> at[kTileRows][kTileVectors][2] = {};

    constexpr TileTable() {
        unrolled<kTileRows>([this](auto i) {
            unrolled<kTileVectors>([this](auto v) {
                constexpr int rows = decltype(i)::value + 1, vectors = decltype(v)::value + 1;
                at[rows - 1][vectors - 1][0] = tile<T, rows, vectors, false>;
                at[rows - 1][vectors - 1][1] = tile<T, rows, vectors, true>;
            });
        });
    }
};

template <class T>
inline constexpr TileTable<T> kTiles;

/// `Cols` columns of c, too few to fill a vector, and `Vectors` vectors of its rows. a is read along
/// its rows where they are contiguous, else turned over block by block.
template <class T, int Cols, int Vectors>
void narrow_tile(Index depth, const T* a, Index a_row, Index a_col, const T* b, Index b_row, T* c,
                 Index c_stride, bool accumulate) {
    constexpr Index W = Vec<T>::size;
    Vec<T> sum[Vectors][Cols];
    unrolled<Vectors>([&](auto v) {
        unrolled<Cols>([&](auto j) { sum[v][j] = Vec<T>::set(T(0)); });
    });
    const auto add = [&](const T* column_of_a, Index v_stride, Index p) {
        unrolled<Vectors>([&](auto v) {
            const Vec<T> x = Vec<T>::load(column_of_a + v * v_stride);
            unrolled<Cols>([&](auto j) {
                sum[v][j] = fma(x, Vec<T>::set(b[p * b_row + j]), sum[v][j]);
            });
        });
    };
    Index p = 0;
    if (a_row == 1) {
        for (; p < depth; ++p) add(a + p * a_col, W, p);
    } else {
        T turned[Vectors * W * W];
        for (; p + W <= depth; p += W) {
            for (Index v = 0; v < Vectors; ++v)
                transpose(a + v * W * a_row + p, a_row, turned + v * W * W, W);
            for (Index q = 0; q < W; ++q) add(turned + q * W, W * W, p + q);
        }
        for (; p < depth; ++p) {
            for (Index i = 0; i < Vectors * W; ++i) turned[i] = a[i * a_row + p * a_col];
            add(turned, W, p);
        }
    }
    T lanes[Cols][Vectors * W];
    unrolled<Vectors>([&](auto v) {
        unrolled<Cols>([&](auto j) { sum[v][j].store(lanes[j] + v * W); });
    });
    for (Index i = 0; i < Vectors * W; ++i, c += c_stride) {
        for (int j = 0; j < Cols; ++j) c[j] = accumulate ? c[j] + lanes[j][i] : lanes[j][i];
    }
}

/// As many rows of a product as make up whole vectors, where it has at most `Cols` columns; gives
/// their number.
template <class T, int Cols>
Index narrow_product(Index depth, const T* a, Index a_row, Index a_col, Panels<T> b, T* c,
                     Index c_stride, Index rows, Index cols, bool accumulate) {
    if constexpr (Cols > 0) {
        if (cols < Cols) {
            return narrow_product<T, Cols - 1>(depth, a, a_row, a_col, b, c, c_stride, rows, cols,
                                               accumulate);
        }
        constexpr Index W = Vec<T>::size;
        if (cols > Cols || (a_row != 1 && a_col != 1)) return 0;
        Index i = 0;
        const auto go = [&](auto v) {
            constexpr int V = decltype(v)::value;
            for (; i + V * W <= rows; i += V * W) {
                narrow_tile<T, Cols, V>(depth, a + i * a_row, a_row, a_col, b.data, b.row_stride,
                                        c + i * c_stride, c_stride, accumulate);
            }
        };
        go(Constant<4>{});  // four sums that do not wait for one another
        go(Constant<1>{});
        return i;
    }
    return 0;
}

template <class T>
void product(Index depth, const T* a, Index a_row, Index a_col, Panels<T> b, T* c, Index c_stride,
             Index rows, Index cols, bool accumulate) {
    constexpr Index N = kTileCols<T>, W = Vec<T>::size;
    constexpr int kNarrow = W >= 8 ? static_cast<int>(W / 4) : 0;
    const Index done = narrow_product<T, kNarrow>(depth, a, a_row, a_col, b, c, c_stride, rows,
                                                  cols, accumulate);
    a += done * a_row, c += done * c_stride, rows -= done;
    // Tiles of about the same height: a low one leaves the processor waiting for its own sums.
    const Index n_tiles = (rows + kTileRows - 1) / kTileRows;
    for (Index t = 0; t < n_tiles; ++t) {
        const Index row = t * rows / n_tiles, high = (t + 1) * rows / n_tiles - row;
        for (Index col = 0; col < cols; col += N) {
            const Index wide = cols - col < N ? cols - col : N;
            const Index vectors = (wide + W - 1) / W, last = wide - (vectors - 1) * W;
            kTiles<T>.at[high - 1][vectors - 1][last == W](
                depth, a + row * a_row, a_row, a_col, b.data + col / N * b.panel_stride,
                b.row_stride, c + row * c_stride + col, c_stride, last, accumulate);
        }
    }
}

// ---- rows

/// The beginning of a row: where it goes on the processor fetches by itself.
template <class T>
inline void prefetch([[maybe_unused]] const T* row, [[maybe_unused]] Index cols) {
#if defined(__GNUC__)
    constexpr Index kLine = 64 / sizeof(T), kLines = 4;
    for (Index j = 0; j < cols && j < kLines * kLine; j += kLine) __builtin_prefetch(row + j);
#endif
}

template <class T>
void copy_rows(const T* x, Index stride, const std::int64_t* rows, Index count, Index cols,
               T* out) {
    for (Index i = 0; i < count; ++i, out += cols) {
        const T* from = x + rows[i] * stride;
        prefetch(x + rows[i + 2 < count ? i + 2 : i] * stride, cols);
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) { store(load(from + j), out + j); });
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
    for_each_vector<T>(n - i, [&](Index j, auto load, auto) {
        sum[0] = fma(load(x + i + j), zero, sum[0]);
    });
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
    if (cols == 1 && z_stride == 1 && (slope == nullptr || slope_stride == 1)) {
        const Vec<T> shift = Vec<T>::set(bias == nullptr ? T(0) : *bias);
        for_each_vector<T>(rows, [&](Index i, auto load, auto store) {
            const Vec<T> x = load(z + i);
            const ValueAndSlope<T> f = Activation::at(bias == nullptr ? x : x + shift);
            store(f.value, z + i);
            if (slope != nullptr) store(f.slope, slope + i);
        });
        return;
    }
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
    constexpr Index W = Vec<T>::size;
    Index j = 0;
    for (; j + 4 * W <= cols; j += 4 * W) {  // four sums that do not wait for one another
        Vec<T> sum[4];
        unrolled<4>([&](auto v) { sum[v] = Vec<T>::set(T(0)); });
        for (Index i = 0; i < rows; ++i) {
            const T* from = x + i * stride + j;
            unrolled<4>([&](auto v) { sum[v] = sum[v] + Vec<T>::load(from + v * W); });
        }
        unrolled<4>([&](auto v) {
            T* to = out + j + v * W;
            (accumulate ? Vec<T>::load(to) + sum[v] : sum[v]).store(to);
        });
    }
    for_each_vector<T>(cols - j, [&](Index k, auto load, auto store) {
        Vec<T> sum = Vec<T>::set(T(0));
        for (Index i = 0; i < rows; ++i) sum = sum + load(x + i * stride + j + k);
        store(accumulate ? load(out + j + k) + sum : sum, out + j + k);
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

/// In four sums for each lane, which do not wait for one another.
template <class T>
double sum_squares(const T* x, Index n) {
    constexpr Index W = Vec<double>::size, kChains = 4;
    Vec<double> sums[kChains];
    for (auto& sum : sums) sum = Vec<double>::set(0);
    Index i = 0;
    for (; i + kChains * W <= n; i += kChains * W) {
        for (Index chain = 0; chain < kChains; ++chain) {
            const Vec<double> some = widened(x + i + chain * W);
            sums[chain] = fma(some, some, sums[chain]);
        }
    }
    double lanes[kChains * W], total = 0;
    for (Index chain = 0; chain < kChains; ++chain) sums[chain].store(lanes + chain * W);
    for (Index k = 0; i < n; ++i, ++k) lanes[k] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    for (double lane : lanes) total += lane;
    return total;
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
    const Vec<T> rate = set(step.rate / step.correct_1), correct_2 = set(1 / step.correct_2);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> m = beta_1 * load(mean + i) + rest_1 * g;
        const Vec<T> v = beta_2 * load(square + i) + rest_2 * (g * g);
        store(m, mean + i);
        store(v, square + i);
        const Vec<T> change = rate * m / (sqrt(v * correct_2) + epsilon);
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
            product<T>,
            {activate<T, Activations>...},
            {activate_twice<T, Activations>...},
            shuffled_rows,
            copy_rows<T>,
            all_finite<T>,
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
