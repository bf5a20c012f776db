// The blocked matrix product: blocks, packing and threads here, the arithmetic in the kernels'
// tiles [GG08].
#pragma once

#include <algorithm>
#include <cassert>
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
/// part of the bits, and so is kSumRows; the others are not.
struct ProductBlocks {
    static constexpr Index kDepth = 256;
    static constexpr Index kSumRows = 128;  // along the rows of a batch
    static constexpr Index kRows = 512;
    static constexpr Index kRowUnit = 32;  // which AMX's tiles multiply as fast as one row
    static constexpr Index kMostCols = 256;
    static constexpr Index kCols = 64;  // of what is cut into narrow strips
    static constexpr Index kFewestRows = 24;
    static constexpr Index kDirectRows = 160;
};

/// The chains of a sum over `depth` products: as few as have at most kDepth, or what products in
/// bfloat16 add in one, and of one length, so that threads can share them.
struct Chains {
    Index depth, length, count;

    explicit Chains(Index all, const Bfloat16Kernels* bfloat16 = nullptr) noexcept
        : depth(all), length(all), count(1) {
        const Index most = bfloat16 == nullptr ? ProductBlocks::kDepth : bfloat16->most_depth;
        if (all <= most) return;
        constexpr Index kUnit = 8;  // kDepth is a multiple of it
        const Index fewest = (all + most - 1) / most;
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
        const Index enough = n_threads == 1 ? 1 : (work < kShort ? 1 : 2) * n_threads;
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

    /// Blocks begin at multiples of kRowUnit unless they are smaller, so that one may have as many
    /// rows over kRows as it lacks of a unit.
    TaskBlock at(Index task, Index all_rows, Index all_cols) const noexcept {
        if (count == 1) return {0, all_rows, 0, all_cols};
        const Index row = first_row(task / per_row, all_rows), col = task % per_row * cols;
        return {row, first_row(task / per_row + 1, all_rows) - row, col,
                std::min(cols, all_cols - col)};
    }

private:
    Index first_row(Index block, Index all_rows) const noexcept {
        constexpr Index kUnit = ProductBlocks::kRowUnit;
        const Index row = std::min(block * rows, all_rows);
        return row == all_rows || rows < kUnit ? row : row / kUnit * kUnit;
    }
    static constexpr double kShort = 3e7;  // some tens of microseconds
};

/// One packed block of b for each thread, by default of the largest size, and what makes the
/// products of these buffers in bfloat16, if anything.
template <class T>
class PackBuffers {
public:
    static constexpr Index kLargest = ProductBlocks::kDepth * ProductBlocks::kMostCols;

    /// Numbers of the largest block of products of at most this depth and width.
    static Index block(Index depth, Index cols,
                       const Bfloat16Kernels* bfloat16 = nullptr) noexcept {
        const Index wide = std::min(ProductBlocks::kMostCols, rounded(cols, ProductBlocks::kCols));
        const Index block = std::min(ProductBlocks::kDepth, depth) * wide;
        if (bfloat16 == nullptr) return block;
        const Index pairs = rounded(std::min(bfloat16->most_depth, depth), 32) / 2;
        return std::max(block, bfloat16->parts * pairs * wide);
    }
    static void count(ArenaSize& size, int n_threads, Index block = kLargest) noexcept {
        size.add<T>(block * n_threads);
    }
    PackBuffers(Arena& arena, int n_threads, Index block = kLargest,
                const Bfloat16Kernels* bfloat16 = nullptr) noexcept
        : data_(arena.take<T>(block * n_threads)), block_(block), bfloat16_(bfloat16) {}
    T* of(int worker) const noexcept { return data_ + worker * block_; }
    /// Numbers of each thread's block.
    Index block() const noexcept { return block_; }
    /// The buffer of one thread, for a product that this thread makes alone.
    PackBuffers only(int worker) const noexcept {
        return PackBuffers(of(worker), block_, bfloat16_);
    }

    const Bfloat16Kernels* bfloat16() const noexcept { return bfloat16_; }
    /// The same buffers for products made by another, or in float.
    PackBuffers with(const Bfloat16Kernels* bfloat16) const noexcept {
        return PackBuffers(data_, block_, bfloat16);
    }

private:
    PackBuffers(T* data, Index block, const Bfloat16Kernels* bfloat16) noexcept
        : data_(data), block_(block), bfloat16_(bfloat16) {}
    static Index rounded(Index n, Index unit) noexcept { return (n + unit - 1) / unit * unit; }

    T* data_;
    Index block_;
    const Bfloat16Kernels* bfloat16_;
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

/// One task of a product: the block of c from (row, col) on, of at most kMostCols columns,
/// made by thread `worker` of the crew, in bfloat16 where the buffers say so; its sums run in
/// chains of `chain` products, and the last of them ends as `ending` says. Returns false if told to
/// stop on the way.
template <class T>
bool product_block(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c,
                   Index depth, bool accumulate, const PackBuffers<T>& buffers, const Crew& crew,
                   int worker, Index chain, const Ending<T>& ending = {}) {
    const Bfloat16Kernels* const bfloat16 = buffers.bfloat16();
    T* const packed = buffers.of(worker);
    assert(bfloat16 == nullptr ||
           PackBuffers<T>::block(std::min(chain, depth), c.cols, bfloat16) <= buffers.block());
    for (Index from = 0; from < depth; from += chain) {
        if (from > 0 && crew.should_stop(worker)) return false;
        const Index part = std::min(chain, depth - from);
        const T* const a_part = a.data + from * a.col_stride;
        const bool adds = accumulate || from > 0;
        const Ending<T> own = from + part < depth ? Ending<T>{} : ending;
        if constexpr (std::is_same_v<T, float>) {
            if (bfloat16 != nullptr) {
                bfloat16->product(part, a_part, a.row_stride, a.col_stride,
                                  b.data + from * b.row_stride, b.row_stride, b.col_stride, c.data,
                                  c.stride, c.rows, c.cols, adds, own,
                                  reinterpret_cast<Bfloat16Pair*>(packed));
                continue;
            }
        }
        kernels.product(part, a_part, a.row_stride, a.col_stride,
                        panels(kernels, b, from, part, c, packed), c.data, c.stride, c.rows, c.cols,
                        adds, own);
    }
    return true;
}

/// c (rows, cols) = [c +] a (rows, depth) b (depth, cols), then finish(row, rows, col, cols) on
/// each finished block of c by the thread that made it, while it is still in its cache.
///
/// Element (i, j) is the sum over depth in rising order, in `Chains`: it does not depend on the
/// number of rows, columns or threads. Returns false if told to stop on the way; c is then
/// unfinished.
template <class T, class Finish>
bool product(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c, Index depth,
             bool accumulate, const PackBuffers<T>& buffers, const Crew& crew, Finish&& finish,
             const Ending<T>& ending = {}) {
    const double work = 2.0 * static_cast<double>(c.rows) * static_cast<double>(c.cols) *
                        static_cast<double>(depth);
    const ProductTasks tasks(c.rows, c.cols, work, crew.threads_for(work));
    const Index chain = Chains(depth, buffers.bfloat16()).length;
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
