// Rounding to pairs of bfloat16 and packing for their products; simd/kernels.hpp says what each
// kernel does.
#pragma once

#include "simd/kernels.hpp"
#include "simd/product.inl.hpp"

namespace GRADUS_ISA {

template <>
struct SumOf<Bfloat16Pair> {
    using Type = float;
};

/// The first `n` of sixteen numbers, zeros behind them; n may be anything.
inline Vec<float> load_some(const float* p, Index n) {
    constexpr Index W = Vec<float>::size;
    return n >= W ? Vec<float>::load(p) : n > 0 ? Vec<float>::load_first(p, n) : Vec<float>::set(0);
}

/// Neighbors along a row of `depth` numbers.
inline void pair_along(const float* x, Index depth, Bfloat16Pair* out) {
    constexpr Index W = Vec<float>::size;
    Index p = 0;
    for (; p + 2 * W <= depth; p += 2 * W, out += W)
        neighbors(Vec<float>::load(x + p), Vec<float>::load(x + p + W)).store(out);
    if (p < depth) {
        neighbors(load_some(x + p, depth - p), load_some(x + p + W, depth - p - W))
            .store_first(out, (depth - p + 1) / 2);
    }
}

/// Rows 2 p and 2 p + 1 of x (depth, width) to out[p * out_stride ...], `whole` pairs of which
/// those past `width` are zeros.
inline void pair_across(const float* x, Index stride, Index depth, Index width, Bfloat16Pair* out,
                        Index out_stride, Index whole) {
    constexpr Index W = Vec<float>::size;
    for (Index p = 0; p < depth; p += 2, x += 2 * stride, out += out_stride) {
        const bool is_last = p + 1 == depth;
        for (Index j = 0; j < whole; j += W) {
            const Vec<float> first = load_some(x + j, width - j);
            const Vec<float> second =
                is_last ? Vec<float>::set(0) : load_some(x + stride + j, width - j);
            const Vec<Bfloat16Pair> both = paired(first, second);
            if (j + W <= whole) {
                both.store(out + j);
            } else {
                both.store_first(out + j, whole - j);
            }
        }
    }
}

/// Pair p of row i to out[i * pairs + p] where a row's numbers are 1 apart, else to out[p * rows +
/// i].
inline void pack_pair_rows(const float* a, Index row_stride, Index col_stride, Index rows,
                           Index depth, Bfloat16Pair* out) {
    if (col_stride != 1) return pair_across(a, col_stride, depth, rows, out, rows, rows);
    const Index pairs = (depth + 1) / 2;
    for (Index i = 0; i < rows; ++i) pair_along(a + i * row_stride, depth, out + i * pairs);
}

/// A panel whose numbers lie in columns of b, that is, whose depth is contiguous: blocks of sixteen
/// columns are paired along their depth and turned over.
inline void pack_pair_columns(const float* b, Index col_stride, Index depth, Index width,
                              Bfloat16Pair* out) {
    constexpr Index W = Vec<float>::size, N = kTileCols<float>;
    const Index pairs = (depth + 1) / 2;
    Bfloat16Pair along[W * W], turned[W * W];
    for (Index j = 0; j < N; j += W) {
        for (Index p = 0; p < pairs; p += W) {
            const Index left = depth - 2 * p, n = pairs - p < W ? pairs - p : W;
            for (Index i = 0; i < W; ++i) {
                const float* from = b + (j + i) * col_stride + 2 * p;
                const Index some = j + i < width ? left : 0;
                neighbors(load_some(from, some), load_some(from + W, some - W))
                    .store(along + i * W);
            }
            if (n == W) {
                transpose(along, W, out + p * N + j, N);
                continue;
            }
            transpose(along, W, turned, W);
            for (Index q = 0; q < n; ++q)
                Vec<Bfloat16Pair>::load(turned + q * W).store(out + (p + q) * N + j);
        }
    }
}

inline void pack_pairs(const float* b, Index row_stride, Index col_stride, Index depth, Index cols,
                       Bfloat16Pair* out) {
    constexpr Index N = kTileCols<float>;
    for (Index col = 0; col < cols; col += N, out += (depth + 1) / 2 * N) {
        const Index width = cols - col < N ? cols - col : N;
        if (col_stride == 1) {
            pair_across(b + col, row_stride, depth, width, out, N, N);
        } else {
            pack_pair_columns(b + col * col_stride, col_stride, depth, width, out);
        }
    }
}

constexpr Index kMostDepth = 256;

/// Rows of a go by in strips of two tiles, whose pairs stay in the first cache.
inline void pair_product(Index depth, const float* a, Index a_row, Index a_col, const float* b,
                         Index b_row, Index b_col, float* c, Index c_stride, Index rows, Index cols,
                         bool accumulate, const Ending<float>& ending, Bfloat16Pair* packed) {
    constexpr Index kRows = 2 * kTileRows, kMostPairs = kMostDepth / 2, N = kTileCols<float>;
    const Index pairs = (depth + 1) / 2;
    Bfloat16Pair strip[kRows * kMostPairs];
    pack_pairs(b, b_row, b_col, depth, cols, packed);
    for (Index row = 0; row < rows; row += kRows) {
        const Index high = rows - row < kRows ? rows - row : kRows;
        pack_pair_rows(a + row * a_row, a_row, a_col, high, depth, strip);
        const bool is_along = a_col == 1;
        tiles<Bfloat16Pair>(pairs, strip, is_along ? pairs : 1, is_along ? 1 : high,
                            {packed, N, pairs * N}, c + row * c_stride, c_stride, high, cols,
                            accumulate, at(ending, row, 0));
    }
}

}  // namespace GRADUS_ISA
