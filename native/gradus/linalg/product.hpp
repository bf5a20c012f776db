// The blocked matrix product: blocks, packing and threads here, the arithmetic in the kernels'
// tiles [GG08].
#pragma once

#include <algorithm>
#include <type_traits>

#include "base/arena.hpp"
#include "base/thread_pool.hpp"
#include "base/views.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// Block sizes. A packed block of b is kDepth x kMostCols numbers at most (256 KiB of float: it
/// stays in the second cache while rows of a pass by) and a tile's rows of a over kDepth stay in
/// the first. A block of c is one task; over one kDepth it takes some tenths of a millisecond, and
/// a stop is looked for after each. kDepth is also the most that one chain of sums adds, so it is
/// part of the bits, and so are kSumRows and kPairs; the others are not. A packed pair is as large
/// as a float: blocks of pairs are twice as deep, for c passes by half as often, and fill two
/// thirds of a second cache of 1 MiB.
struct ProductBlocks {
    static constexpr Index kDepth = 256;
    static constexpr Index kSumRows = 128;  // along the rows of a batch
    static constexpr Index kPairs = 256;    // along the depth, where factors are rounded
    static constexpr Index kRows = 384;
    static constexpr Index kMostCols = 256;
    static constexpr Index kCols = 64;  // of what is cut into narrow strips
    static constexpr Index kFewestRows = 24;
    static constexpr Index kDirectRows = 160;
};

/// The chains of a sum over `depth` products: as few as have at most kDepth, and of one length, so
/// that threads can share them.
struct Chains {
    Index depth, length, count;

    explicit Chains(Index all) noexcept : depth(all), length(all), count(1) {
        if (all <= ProductBlocks::kDepth) return;
        constexpr Index kUnit = 8;  // kDepth is a multiple of it
        const Index fewest = (all + ProductBlocks::kDepth - 1) / ProductBlocks::kDepth;
        length = ((all + fewest - 1) / fewest + kUnit - 1) / kUnit * kUnit;
        count = (all + length - 1) / length;
    }
    Index first(Index chain) const noexcept { return chain * length; }
    Index size(Index chain) const noexcept { return std::min(length, depth - first(chain)); }
};

/// The part of a product that one task makes.
struct TaskBlock {
    Index row, rows, col, cols;
};

/// How a product of rows x cols is cut into tasks for n_threads: large blocks, since each packs its
/// part of b anew, but enough of them that no thread waits long for another. Tasks follow one
/// another along the rows, and a high product is cut into rows first: then what one thread makes of
/// it lies together, and no other core's lines lie between, which prefetching would take away.
struct ProductTasks {
    Index rows;
    Index cols = ProductBlocks::kMostCols;
    Index per_row;
    Index count;

    ProductTasks(Index all_rows, Index all_cols, double work, int n_threads) noexcept
        : rows(all_rows), per_row(1), count(1) {
        // The divisions below take as long as a small product.
        if (n_threads == 1 && all_rows <= ProductBlocks::kRows && all_cols <= cols) return;
        const Index enough = n_threads == 1 ? 1 : (work < kShort ? 1 : 3) * n_threads;
        const auto parts = [](Index all, Index part) {
            return std::max<Index>(1, (all + part - 1) / part);
        };
        const Index per_col = parts(all_rows, ProductBlocks::kRows);
        while (all_rows < all_cols && per_col * parts(all_cols, cols) < enough &&
               cols > ProductBlocks::kCols) {
            cols /= 2;
        }
        per_row = parts(all_cols, cols);
        const Index more = parts(enough, per_col * per_row);
        rows = std::max(parts(all_rows, per_col * more), ProductBlocks::kFewestRows);
        count = parts(all_rows, rows) * per_row;
    }

    TaskBlock at(Index task, Index all_rows, Index all_cols) const noexcept {
        if (count == 1) return {0, all_rows, 0, all_cols};
        const Index row = task / per_row * rows, col = task % per_row * cols;
        return {row, std::min(rows, all_rows - row), col, std::min(cols, all_cols - col)};
    }

private:
    static constexpr double kShort = 1e7;  // some tens of microseconds
};

/// One packed block of b for each thread, by default of the largest size; where factors are rounded
/// to bfloat16, one of b and behind it one of a, both as pairs.
template <class T>
class PackBuffers {
public:
    static constexpr Index kLargest = ProductBlocks::kDepth * ProductBlocks::kMostCols;
    static constexpr Index kPairsOfB = ProductBlocks::kPairs * ProductBlocks::kMostCols;
    static constexpr Index kPairsOfBoth = kPairsOfB + ProductBlocks::kPairs * ProductBlocks::kRows;

    /// Numbers of the largest block of products of at most this depth and width.
    static Index block(Index depth, Index cols) noexcept {
        const Index wide = (cols + ProductBlocks::kCols - 1) / ProductBlocks::kCols;
        return std::min(ProductBlocks::kDepth, depth) *
               std::min(ProductBlocks::kMostCols, wide * ProductBlocks::kCols);
    }
    static void count(ArenaSize& size, int n_threads, Index block = kLargest) noexcept {
        size.add<T>(block * n_threads);
    }
    /// With `rounding`, products of these buffers are of factors rounded to bfloat16; each block
    /// must then hold kPairsOfBoth numbers.
    PackBuffers(Arena& arena, int n_threads, Index block = kLargest,
                const Bfloat16Kernels* rounding = nullptr) noexcept
        : data_(arena.take<T>(block * n_threads)), block_(block), rounding_(rounding) {}
    T* of(int worker) const noexcept { return data_ + worker * block_; }
    /// The buffer of one thread, for a product that this thread makes alone.
    PackBuffers only(int worker) const noexcept {
        return PackBuffers(of(worker), block_, rounding_);
    }

    /// What multiplies factors rounded to bfloat16, or null where they stay as they are.
    const Bfloat16Kernels* rounding() const noexcept { return rounding_; }
    /// The same buffers for products whose factors stay as they are unless `rounds`.
    PackBuffers rounding_if(bool rounds) const noexcept {
        return PackBuffers(data_, block_, rounds ? rounding_ : nullptr);
    }

private:
    PackBuffers(T* data, Index block, const Bfloat16Kernels* rounding) noexcept
        : data_(data), block_(block), rounding_(rounding) {}

    T* data_;
    Index block_;
    const Bfloat16Kernels* rounding_;
};

/// Rows [from, from + part) of b by panels: packed, unless few rows of c would pass by them and
/// they can be read where they are.
template <class T>
Panels<T> panels(const Kernels<T>& kernels, Operand<T> b, Index from, Index part, MatrixView<T> c,
                 T* packed) {
    const T* rows = b.data + from * b.row_stride;
    if (b.col_stride == 1 && c.rows <= ProductBlocks::kDirectRows)
        return {rows, b.row_stride, kernels.tile_cols};
    kernels.pack(rows, b.row_stride, b.col_stride, part, c.cols, packed);
    return {packed, kernels.tile_cols, part * kernels.tile_cols};
}

/// The ending of the part of a product that begins at (row, col).
template <class T>
Ending<T> part_of(const Ending<T>& ending, Index row, Index col) noexcept {
    Ending<T> part = ending;
    if (part.bias != nullptr) part.bias += col;
    if (part.slope != nullptr) part.slope += row * part.slope_stride + col;
    return part;
}

/// One task of a product: the block of c from (row, col) on, rows <= kRows and cols <= kMostCols,
/// made by thread `worker` of the crew; its sums run in chains of `chain` products, and the last of
/// them ends as `ending` says. Returns false if told to stop on the way.
template <class T>
bool product_block(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c,
                   Index depth, bool accumulate, T* packed, const Crew& crew, int worker,
                   Index chain, const Ending<T>& ending = {}) {
    for (Index from = 0; from < depth; from += chain) {
        if (from > 0 && crew.should_stop(worker)) return false;
        const Index part = std::min(chain, depth - from);
        kernels.product(part, a.data + from * a.col_stride, a.row_stride, a.col_stride,
                        panels(kernels, b, from, part, c, packed), c.data, c.stride, c.rows, c.cols,
                        accumulate || from > 0, from + part < depth ? Ending<T>{} : ending);
    }
    return true;
}

/// As product_block, of factors rounded to bfloat16.
inline bool rounded_block(const Bfloat16Kernels& kernels, Operand<float> a, Operand<float> b,
                          MatrixView<float> c, Index depth, bool accumulate, float* packed,
                          const Crew& crew, int worker, const Ending<float>& ending) {
    using B = ProductBlocks;
    auto* const pairs_of_b = reinterpret_cast<Bfloat16Pair*>(packed);
    Bfloat16Pair* const pairs_of_a = pairs_of_b + PackBuffers<float>::kPairsOfB;
    for (Index from = 0; from < depth; from += 2 * B::kPairs) {
        if (from > 0 && crew.should_stop(worker)) return false;
        const Index part = std::min(2 * B::kPairs, depth - from), pairs = (part + 1) / 2;
        kernels.pack(b.data + from * b.row_stride, b.row_stride, b.col_stride, part, c.cols,
                     pairs_of_b);
        kernels.pack_rows(a.data + from * a.col_stride, a.row_stride, a.col_stride, c.rows, part,
                          pairs_of_a);
        const bool is_along = a.col_stride == 1;
        kernels.product(pairs, pairs_of_a, is_along ? pairs : 1, is_along ? 1 : c.rows,
                        {pairs_of_b, kernels.tile_cols, pairs * kernels.tile_cols}, c.data,
                        c.stride, c.rows, c.cols, accumulate || from > 0,
                        from + part < depth ? Ending<float>{} : ending);
    }
    return true;
}

/// As product_block, of factors rounded where the buffers say so.
template <class T>
bool product_block(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c,
                   Index depth, bool accumulate, const PackBuffers<T>& buffers, const Crew& crew,
                   int worker, Index chain, const Ending<T>& ending = {}) {
    T* const packed = buffers.of(worker);
    if constexpr (std::is_same_v<T, float>) {
        if (const Bfloat16Kernels* rounding = buffers.rounding())
            return rounded_block(*rounding, a, b, c, depth, accumulate, packed, crew, worker,
                                 ending);
    }
    return product_block(kernels, a, b, c, depth, accumulate, packed, crew, worker, chain, ending);
}

/// c (rows, cols) = [c +] a (rows, depth) b (depth, cols), then finish(row, rows, col, cols) on
/// each finished block of c by the thread that made it, while it is still in its cache.
///
/// Element (i, j) is the sum over depth in rising order, in `Chains` (of kPairs pairs where the
/// buffers round): it does not depend on the number of rows, columns or threads. Returns false
/// if told to stop on the way; c is then unfinished.
template <class T, class Finish>
bool product(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c, Index depth,
             bool accumulate, const PackBuffers<T>& buffers, const Crew& crew, Finish&& finish,
             const Ending<T>& ending = {}) {
    const double work = 2.0 * static_cast<double>(c.rows) * static_cast<double>(c.cols) *
                        static_cast<double>(depth);
    const ProductTasks tasks(c.rows, c.cols, work, crew.threads_for(work));
    const Index chain = Chains(depth).length;
    return crew.for_each(tasks.count, work, [&](Index task, int worker) {
        const auto [row, rows, col, cols] = tasks.at(task, c.rows, c.cols);
        if (product_block(kernels, a.from_row(row), b.from_col(col), c.block(row, rows, col, cols),
                          depth, accumulate, buffers, crew, worker, chain,
                          part_of(ending, row, col))) {
            finish(row, rows, col, cols);
        }
    });
}

}  // namespace gradus
