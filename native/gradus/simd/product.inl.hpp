// Matrix products in tiles that the registers hold [GG08]; simd/kernels.hpp says what each kernel
// does.
#pragma once

#include "simd/kernels.hpp"
#include "simd/row_after_row.inl.hpp"

namespace GRADUS_ISA {

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

/// What products of the elements E are summed in: E itself, or what Vec<E> names.
template <class E>
struct SumOf {
    using Type = E;
};
template <class E>
using Sum = typename SumOf<E>::Type;

/// Whether a tile of this shape ends its numbers itself: high and wide ones, for each shape that
/// does takes a compiler as long as two that do not.
constexpr bool ends_in_registers(Index rows, Index vectors, bool is_whole) {
    return is_whole && vectors == kTileVectors && 3 * rows > 2 * kTileRows;
}

/// The ending of a tile that does not end its numbers itself.
template <class T>
void end_rows(T* c, Index c_stride, Index rows, Index cols, const Ending<T>& ending) {
    const Vec<T> zero = Vec<T>::set(T(0));
    const auto end = [&](Vec<T> x, Index at_slope, auto load) {
        if (ending.is_relu) x = max(zero, x);
        if (ending.slope == nullptr) return x;
        const Vec<T> slope = load(ending.slope + at_slope);
        return ending.is_gate ? where_less(zero, slope, x, zero) : x * slope;
    };
    if (are_one_row<T>(rows, cols, c_stride) &&
        (ending.slope == nullptr || ending.slope_stride == cols)) {
        RepeatedBias<T> repeated(ending.bias, cols);
        for_each_vector<T>(rows * cols, [&](Index i, auto load, auto store) {
            store(end(load(c + i) + repeated.next(), i, load), c + i);
        });
        return;
    }
    for (Index i = 0; i < rows; ++i, c += c_stride) {
        for_each_vector<T>(cols, [&](Index j, auto load, auto store) {
            Vec<T> x = load(c + j);
            if (ending.bias != nullptr) x = x + load(ending.bias + j);
            store(end(x, i * ending.slope_stride + j, load), c + j);
        });
    }
}

/// `Rows` rows of c by `Vectors` vectors, of which the last has `last` numbers. `from` and every
/// third row after it are pointers of their own, since more would not fit the registers.
template <class E, int Rows, int Vectors, bool IsWhole>
void tile(Index depth, const E* a, Index a_row, Index a_col, const E* b, Index b_row, Sum<E>* c,
          Index c_stride, Index last, bool accumulate, const Ending<Sum<E>>& ending) {
    using T = Sum<E>;
    constexpr Index W = Vec<T>::size;
    constexpr int kFrom = (Rows + 2) / 3;
    const auto load = [last]<class F>(const F* p, auto v) {
        return IsWhole || v + 1 < Vectors ? Vec<F>::load(p + v * W)
                                          : Vec<F>::load_first(p + v * W, last);
    };
    Vec<T> sum[Rows][Vectors];
    const E* from[kFrom];
    unrolled<kFrom>([&](auto i) { from[i] = a + 3 * i * a_row; });
    unrolled<Rows>(
        [&](auto i) { unrolled<Vectors>([&](auto v) { sum[i][v] = Vec<T>::set(T(0)); }); });
    for (Index p = 0; p < depth; ++p, b += b_row) {
        Vec<E> row[Vectors];
        unrolled<Vectors>([&](auto v) { row[v] = load(b, v); });
        unrolled<Rows>([&](auto i) {
            const Vec<E> x = Vec<E>::set(from[i / 3][i % 3 * a_row]);
            unrolled<Vectors>([&](auto v) { sum[i][v] = fma(x, row[v], sum[i][v]); });
        });
        unrolled<kFrom>([&](auto i) { from[i] += a_col; });
    }
    const auto each = [&](auto change) {
        unrolled<Rows>([&](auto i) {
            unrolled<Vectors>([&](auto v) { sum[i][v] = change(sum[i][v], i, v); });
        });
    };
    if (accumulate) each([&](Vec<T> x, auto i, auto v) { return load(c + i * c_stride, v) + x; });
    if constexpr (ends_in_registers(Rows, Vectors, IsWhole)) {
        const Vec<T> zero = Vec<T>::set(T(0));
        if (ending.bias != nullptr)
            each([&](Vec<T> x, auto, auto v) { return x + load(ending.bias, v); });
        if (ending.is_relu) each([&](Vec<T> x, auto, auto) { return max(zero, x); });
        const auto slope = [&](auto i, auto v) {
            return load(ending.slope + i * ending.slope_stride, v);
        };
        if (ending.slope != nullptr && ending.is_gate) {
            each([&](Vec<T> x, auto i, auto v) { return where_less(zero, slope(i, v), x, zero); });
        } else if (ending.slope != nullptr) {
            each([&](Vec<T> x, auto i, auto v) { return x * slope(i, v); });
        }
    }
    unrolled<Rows>([&](auto i) {
        unrolled<Vectors>([&](auto v) {
            T* to = c + i * c_stride;
            const Vec<T> x = sum[i][v];
            if (IsWhole || v + 1 < Vectors) {
                x.store(to + v * W);
            } else {
                x.store_first(to + v * W, last);
            }
        });
    });
}

template <class E>
using TileFunction = void (*)(Index depth, const E* a, Index a_row, Index a_col, const E* b,
                              Index b_row, Sum<E>* c, Index c_stride, Index last, bool accumulate,
                              const Ending<Sum<E>>& ending);

/// at[rows - 1][vectors - 1][is whole].
template <class E>
struct TileTable {
    TileFunction<E> at[kTileRows][kTileVectors][2] = {};

    constexpr TileTable() {
        unrolled<kTileRows>([this](auto i) {
            unrolled<kTileVectors>([this](auto v) {
                constexpr int rows = decltype(i)::value + 1, vectors = decltype(v)::value + 1;
                at[rows - 1][vectors - 1][0] = tile<E, rows, vectors, false>;
                at[rows - 1][vectors - 1][1] = tile<E, rows, vectors, true>;
            });
        });
    }
};

template <class E>
inline constexpr TileTable<E> kTiles;

/// The ending of the part of a product that begins at (row, col).
template <class T>
Ending<T> at(const Ending<T>& ending, Index row, Index col) {
    Ending<T> part = ending;
    if (part.bias != nullptr) part.bias += col;
    if (part.slope != nullptr) part.slope += row * part.slope_stride + col;
    return part;
}

/// Numbers of a along the depth that pack_tile takes.
inline constexpr Index kMostPacked = 256;

/// The rows of one tile, of an a whose rows lie side by side: row p of `out` is what they have at p
/// of the depth. Columns of a that are far apart come one by one, so they shall come but once.
template <class E>
void pack_tile(Index depth, const E* a, Index a_col, Index rows, E* out) {
    for (Index p = 0; p < depth; ++p, a += a_col, out += rows) {
        for_each_vector<E>(rows,
                           [&](Index i, auto load, auto store) { store(load(a + i), out + i); });
    }
}

template <class E>
void tiles(Index depth, const E* a, Index a_row, Index a_col, Panels<E> b, Sum<E>* c,
           Index c_stride, Index rows, Index cols, bool accumulate, const Ending<Sum<E>>& ending) {
    constexpr Index W = Vec<E>::size, N = kTileVectors * W;
    // Tiles of about the same height: a low one leaves the processor waiting for its own sums.
    const Index n_tiles = (rows + kTileRows - 1) / kTileRows;
    const bool has_ending = ending.bias != nullptr || ending.is_relu || ending.slope != nullptr;
    const Index low = n_tiles > 1 ? rows / n_tiles : rows, n_higher = rows - n_tiles * low;
    // Else few tiles would read what is packed, or a's rows may lie as near already.
    const bool packs =
        a_row == 1 && a_col != 1 && n_tiles > 1 && cols > 2 * N && depth <= kMostPacked;
    E packed[kTileRows * kMostPacked];
    for (Index t = 0, row = 0, high = 0; t < n_tiles; ++t, row += high) {
        high = t < n_higher ? low + 1 : low;
        const E* const rows_of_a = a + row * a_row;
        if (packs) pack_tile(depth, rows_of_a, a_col, high, packed);
        for (Index col = 0; col < cols; col += N) {
            const Index wide = cols - col < N ? cols - col : N;
            const Index vectors = (wide + W - 1) / W, last = wide - (vectors - 1) * W;
            const bool is_whole = last == W;
            const Ending<Sum<E>> own = at(ending, row, col);
            Sum<E>* const block = c + row * c_stride + col;
            kTiles<E>.at[high - 1][vectors - 1][is_whole](
                depth, packs ? packed : rows_of_a, a_row, packs ? high : a_col,
                b.data + col / N * b.panel_stride, b.row_stride, block, c_stride, last, accumulate,
                own);
            if (has_ending && !ends_in_registers(high, vectors, is_whole))
                end_rows(block, c_stride, high, wide, own);
        }
    }
}

/// Number (i, j) with its ending.
template <class T>
T ended(T x, const Ending<T>& ending, Index i, Index j) {
    if (ending.bias != nullptr) x = x + ending.bias[j];
    if (ending.is_relu) x = T(0) > x ? T(0) : x;
    if (ending.slope == nullptr) return x;
    const T slope = ending.slope[i * ending.slope_stride + j];
    if (ending.is_gate) return T(0) < slope ? x : T(0);
    return x * slope;
}

/// `Cols` columns of c, too few to fill a vector, and `Vectors` vectors of its rows. a is read
/// along its rows where they are contiguous, else turned over block by block.
template <class T, int Cols, int Vectors>
void narrow_tile(Index depth, const T* a, Index a_row, Index a_col, const T* b, Index b_row, T* c,
                 Index c_stride, bool accumulate, const Ending<T>& ending) {
    constexpr Index W = Vec<T>::size;
    Vec<T> sum[Vectors][Cols];
    unrolled<Vectors>(
        [&](auto v) { unrolled<Cols>([&](auto j) { sum[v][j] = Vec<T>::set(T(0)); }); });
    const auto add = [&](const T* column_of_a, Index v_stride, Index p) {
        unrolled<Vectors>([&](auto v) {
            const Vec<T> x = Vec<T>::load(column_of_a + v * v_stride);
            unrolled<Cols>(
                [&](auto j) { sum[v][j] = fma(x, Vec<T>::set(b[p * b_row + j]), sum[v][j]); });
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
    unrolled<Vectors>(
        [&](auto v) { unrolled<Cols>([&](auto j) { sum[v][j].store(lanes[j] + v * W); }); });
    for (Index i = 0; i < Vectors * W; ++i, c += c_stride) {
        for (int j = 0; j < Cols; ++j) {
            const T x = accumulate ? c[j] + lanes[j][i] : lanes[j][i];
            c[j] = ended(x, ending, i, j);
        }
    }
}

/// As many rows of a product as make up whole vectors, where it has at most `Cols` columns; gives
/// their number.
template <class T, int Cols>
Index narrow_product(Index depth, const T* a, Index a_row, Index a_col, Panels<T> b, T* c,
                     Index c_stride, Index rows, Index cols, bool accumulate,
                     const Ending<T>& ending) {
    if constexpr (Cols > 0) {
        if (cols < Cols) {
            return narrow_product<T, Cols - 1>(depth, a, a_row, a_col, b, c, c_stride, rows, cols,
                                               accumulate, ending);
        }
        constexpr Index W = Vec<T>::size;
        if (cols > Cols || (a_row != 1 && a_col != 1)) return 0;
        Index i = 0;
        const auto go = [&](auto v) {
            constexpr int V = decltype(v)::value;
            for (; i + V * W <= rows; i += V * W) {
                narrow_tile<T, Cols, V>(depth, a + i * a_row, a_row, a_col, b.data, b.row_stride,
                                        c + i * c_stride, c_stride, accumulate, at(ending, i, 0));
            }
        };
        go(Constant<4>{});  // four sums that do not wait for one another
        go(Constant<2>{});
        go(Constant<1>{});
        return i;
    }
    return 0;
}

template <class T>
void product(Index depth, const T* a, Index a_row, Index a_col, Panels<T> b, T* c, Index c_stride,
             Index rows, Index cols, bool accumulate, const Ending<T>& ending) {
    constexpr Index W = Vec<T>::size;
    constexpr int kNarrow = W >= 8 ? static_cast<int>(W / 4) : 0;
    const Index done = narrow_product<T, kNarrow>(depth, a, a_row, a_col, b, c, c_stride, rows,
                                                  cols, accumulate, ending);
    a += done * a_row, c += done * c_stride, rows -= done;
    tiles<T>(depth, a, a_row, a_col, b, c, c_stride, rows, cols, accumulate, at(ending, done, 0));
}

}  // namespace GRADUS_ISA
