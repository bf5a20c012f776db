// Products in AMX's tiles, of factors rounded to bfloat16 or cut into three of them;
// simd/kernels.hpp says what each kernel does, docs/decisions/0031 why three are enough.
#pragma once

#include <cstdint>

#include "simd/product.inl.hpp"
#include "simd/vec_avx512bf16.hpp"

namespace GRADUS_ISA {

/// A tile register holds 16 x 16 sums, or 16 rows of 16 pairs: 32 numbers along the depth. Pair q
/// of them is numbers q and q + 16, on both sides of a product.
constexpr Index kSide = 16, kTileDepth = 32, kTilePairs = kSide * kSide;
/// Rows of a, or columns of b, that are multiplied at a time: two tiles.
constexpr Index kStrip = 2 * kSide;
/// What a strip of a holds at a time, so that three parts of it and of b fit the first cache.
constexpr Index kStripDepth = 4 * kTileDepth;

constexpr Index kMostStrips = 256 / kStrip;  // of b
/// Twice what a chain of other kernels adds: here sums of 32 products are its links.
constexpr Index kMostDepth = 512;

constexpr Index blocks_of(Index n, Index size) { return (n + size - 1) / size; }

/// Up to sixteen lines of up to sixteen numbers, zeros behind them.
struct Lines {
    const float* x;
    Index stride, count, length;

    bool is_whole() const { return count >= kSide && length >= kSide; }
    Vec<float> at(Index i) const {
        const Index n = i < count ? length : 0;
        return n >= kSide ? Vec<float>::load(x + i * stride)
               : n > 0    ? Vec<float>::load_first(x + i * stride, n)
                          : Vec<float>::set(0);
    }
    /// Line i of the sixteen numbers i of the lines.
    Lines turned(float* out) const {
        if (is_whole()) {
            transpose(x, stride, out, kSide);
        } else {
            float lines[kSide * kSide];
            for (Index i = 0; i < kSide; ++i) at(i).store(lines + i * kSide);
            transpose(lines, kSide, out, kSide);
        }
        return {out, kSide, kSide, kSide};
    }
};

inline __m512i upper_half() { return _mm512_set1_epi32(-0x10000); }

/// To the nearest of 8 significant bits, halfway away from 0.
inline __m512 nearest_bfloat16(__m512 x) {
    const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
    return _mm512_castsi512_ps(_mm512_and_si512(bits, upper_half()));
}

/// Sixteen pairs of numbers; part p to out + p * part.
template <int Parts>
void write_pairs(Vec<float> first, Vec<float> second, Bfloat16Pair* out, Index part) {
    if constexpr (Parts == 1) {
        paired(first, second).store(out);
    } else {
        constexpr int kOrAnd = 0xf8;  // a | (b & c)
        __m512 x = first.v, y = second.v;
        for (int p = 0; p < Parts; ++p) {
            // What two roundings leave has 8 bits, but where it is subnormal.
            const bool is_last = p + 1 == Parts;
            const __m512 high_x = is_last ? x : nearest_bfloat16(x);
            const __m512 high_y = is_last ? y : nearest_bfloat16(y);
            const __m512i low_half = _mm512_srli_epi32(_mm512_castps_si512(high_x), 16);
            _mm512_storeu_si512(out + p * part,
                                _mm512_ternarylogic_epi32(low_half, _mm512_castps_si512(high_y),
                                                          upper_half(), kOrAnd));
            x = _mm512_sub_ps(x, high_x);
            y = _mm512_sub_ps(y, high_y);
        }
    }
}

/// One factor of a product: number (side, p) at x[side * side_stride + p * depth_stride], of which
/// one stride is 1; sides are rows of a or columns of b.
struct Factor {
    const float* x;
    Index side_stride, depth_stride, sides, depth;

    Factor from(Index side, Index p) const {
        return {x + side * side_stride + p * depth_stride, side_stride, depth_stride, sides - side,
                depth - p};
    }
    /// A strip over at most `most` of the depth.
    Factor strip(Index side, Index p, Index most) const {
        Factor f = from(side, p);
        if (f.sides > kStrip) f.sides = kStrip;
        if (f.depth > most) f.depth = most;
        return f;
    }
};

/// The first tile of a factor, whose rows are sides or else depth; part p to out + p * part.
template <int Parts>
void write_tile(const Factor& f, bool are_rows_sides, Bfloat16Pair* out, Index part) {
    const bool are_lines_sides = f.depth_stride == 1;
    Lines first = are_lines_sides ? Lines{f.x, f.side_stride, f.sides, f.depth}
                                  : Lines{f.x, f.depth_stride, f.depth, f.sides};
    Lines second = are_lines_sides ? Lines{f.x + kSide, f.side_stride, f.sides, f.depth - kSide}
                                   : Lines{f.x + kSide * f.depth_stride, f.depth_stride,
                                           f.depth - kSide, f.sides};
    alignas(64) float turned[2][kSide * kSide];
    if (are_lines_sides != are_rows_sides)
        first = first.turned(turned[0]), second = second.turned(turned[1]);
    if (first.is_whole() && second.is_whole()) {
        for (Index i = 0; i < kSide; ++i) {
            write_pairs<Parts>(Vec<float>::load(first.x + i * first.stride),
                               Vec<float>::load(second.x + i * second.stride), out + i * kSide,
                               part);
        }
        return;
    }
    for (Index i = 0; i < kSide; ++i)
        write_pairs<Parts>(first.at(i), second.at(i), out + i * kSide, part);
}

/// A strip by blocks of kTileDepth of its depth: of each, part after part, two tiles, the second of
/// which is left as it is where there are sides for one.
template <int Parts>
void write_strip(const Factor& f, bool are_rows_sides, Bfloat16Pair* out) {
    constexpr Index kPart = 2 * kTilePairs;
    for (Index p = 0; p < f.depth; p += kTileDepth, out += Parts * kPart) {
        for (Index side = 0; side < f.sides; side += kSide)
            write_tile<Parts>(f.from(side, p), are_rows_sides, out + side * kSide, kPart);
    }
}

/// to = [before +] n_blocks blocks of two strips: four tiles, or those of them that there are rows
/// and columns for. `before`, unless null, has rows of kStrip numbers.
template <int Parts, bool TwoRows, bool TwoCols>
void add_blocks(Index n_blocks, const Bfloat16Pair* a, const Bfloat16Pair* b, const float* before,
                float* to, Index to_stride) {
    constexpr Index kPart = 2 * kTilePairs, kRow = kStrip * sizeof(float), kPair = 64;
    // g++ does not know that tiles are loaded from memory, and stored to it.
    __asm__ volatile("" ::: "memory");
    if (before == nullptr) {
        _tile_zero(0);
        if constexpr (TwoCols) _tile_zero(1);
        if constexpr (TwoRows) _tile_zero(2);
        if constexpr (TwoRows && TwoCols) _tile_zero(3);
    } else {
        const float* const lower = before + kSide * kStrip;
        _tile_loadd(0, before, kRow);
        if constexpr (TwoCols) _tile_loadd(1, before + kSide, kRow);
        if constexpr (TwoRows) _tile_loadd(2, lower, kRow);
        if constexpr (TwoRows && TwoCols) _tile_loadd(3, lower + kSide, kRow);
    }
    const auto load_a = [&](int part) {
        _tile_loadd(4, a + part * kPart, kPair);
        if constexpr (TwoRows) _tile_loadd(5, a + part * kPart + kTilePairs, kPair);
    };
    const auto load_b = [&](int part) {
        _tile_loadd(6, b + part * kPart, kPair);
        if constexpr (TwoCols) _tile_loadd(7, b + part * kPart + kTilePairs, kPair);
    };
    const auto multiply = [] {
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (TwoCols) _tile_dpbf16ps(1, 4, 7);
        if constexpr (TwoRows) _tile_dpbf16ps(2, 5, 6);
        if constexpr (TwoRows && TwoCols) _tile_dpbf16ps(3, 5, 7);
    };
    for (Index k = 0; k < n_blocks; ++k, a += Parts * kPart, b += Parts * kPart) {
        load_a(0);
        load_b(Parts - 1);
        multiply();
        if constexpr (Parts == 3) {  // the smaller products first, each time one factor another
            load_b(1), multiply();
            load_a(1), multiply();
            load_b(0), multiply();
            load_a(2), multiply();
            load_a(0), multiply();
        }
    }
    float* const lower = to + kSide * to_stride;
    const Index row = to_stride * static_cast<Index>(sizeof(float));
    _tile_stored(0, to, row);
    if constexpr (TwoCols) _tile_stored(1, to + kSide, row);
    if constexpr (TwoRows) _tile_stored(2, lower, row);
    if constexpr (TwoRows && TwoCols) _tile_stored(3, lower + kSide, row);
    __asm__ volatile("" ::: "memory");
}

/// c = [c +] sums.
inline void take_sums(const float* sums, float* c, Index c_stride, Index rows, Index cols,
                      bool accumulate) {
    for (Index i = 0; i < rows; ++i, sums += kStrip, c += c_stride) {
        for_each_vector<float>(cols, [&](Index j, auto load, auto store) {
            const Vec<float> x = load(sums + j);
            store(accumulate ? load(c + j) + x : x, c + j);
        });
    }
}

/// What the instruction ldtilecfg reads: eight tiles of sixteen rows of 64 bytes.
struct alignas(64) TileShapes {
    std::uint8_t palette = 1, first_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

template <int Parts>
void tile_product(Index depth, const float* a, Index a_row, Index a_col, const float* b,
                  Index b_row, Index b_col, float* c, Index c_stride, Index rows, Index cols,
                  bool accumulate, const Ending<float>& ending, Bfloat16Pair* packed) {
    static constexpr TileShapes kShapes;
    constexpr Index kBlock = Parts * 2 * kTilePairs;  // of a strip over kTileDepth
    alignas(64) Bfloat16Pair strip[kStripDepth / kTileDepth * kBlock];
    alignas(64) float sums[kMostStrips][kStrip * kStrip];
    const Factor of_a{a, a_row, a_col, rows, depth}, of_b{b, b_col, b_row, cols, depth};
    const bool has_ending = ending.bias != nullptr || ending.is_relu || ending.slope != nullptr;
    const Index of_strip = blocks_of(depth, kTileDepth) * kBlock;
    for (Index p = 0; p < depth; p += kTileDepth) {
        Bfloat16Pair* to = packed + p / kTileDepth * kBlock;
        for (Index col = 0; col < cols; col += kStrip, to += of_strip)
            write_strip<Parts>(of_b.strip(col, p, kTileDepth), false, to);
    }
    _tile_loadconfig(&kShapes);
    for (Index row = 0; row < rows; row += kStrip) {
        for (Index from = 0; from < depth; from += kStripDepth) {
            const Factor here = of_a.strip(row, from, kStripDepth);
            write_strip<Parts>(here, true, strip);
            const Index n_blocks = blocks_of(here.depth, kTileDepth);
            const Bfloat16Pair* columns = packed + from / kTileDepth * kBlock;
            for (Index col = 0; col < cols; col += kStrip, columns += of_strip) {
                const Index wide = cols - col < kStrip ? cols - col : kStrip;
                const auto add = here.sides > kSide
                                     ? (wide > kSide ? add_blocks<Parts, true, true>
                                                     : add_blocks<Parts, true, false>)
                                 : wide > kSide ? add_blocks<Parts, false, true>
                                                : add_blocks<Parts, false, false>;
                float* const own = sums[col / kStrip];
                float* const block = c + row * c_stride + col;
                const bool is_last = from + here.depth == depth;
                const bool is_direct =
                    is_last && !accumulate && here.sides == kStrip && wide == kStrip;
                add(n_blocks, strip, columns, from == 0 ? nullptr : own, is_direct ? block : own,
                    is_direct ? c_stride : kStrip);
                if (!is_last) continue;
                if (!is_direct) take_sums(own, block, c_stride, here.sides, wide, accumulate);
                if (has_ending) end_rows(block, c_stride, here.sides, wide, at(ending, row, col));
            }
        }
    }
    _tile_release();
}

}  // namespace GRADUS_ISA
