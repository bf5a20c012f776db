// The blocked matrix product: blocks, packing and threads here, the arithmetic in the kernels'
// tiles [GG08].
#pragma once

#include <algorithm>

#include "base/arena.hpp"
#include "base/thread_pool.hpp"
#include "base/views.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// Block sizes. A packed block of b is kDepth x kMostCols numbers at most (256 KiB of float: it
/// stays in the second cache while rows of a pass by) and a tile's rows of a over kDepth stay in
/// the first. A block of c is one task; over one kDepth it takes some tenths of a millisecond, and
/// a stop is looked for after each. kDepth is also the length of one chain of sums, so it is part
/// of the bits; the others are not.
struct ProductBlocks {
    static constexpr Index kDepth = 256;
    static constexpr Index kRows = 384;
    static constexpr Index kMostCols = 256;
    static constexpr Index kCols = 64;  // of what is cut into narrow strips
    static constexpr Index kFewestRows = 24;
    static constexpr Index kDirectRows = 64;
};

/// The part of a product that one task makes.
struct TaskBlock {
    Index row, rows, col, cols;
};

/// How a product of rows x cols is cut into tasks for n_threads: large blocks, since each packs its
/// part of b anew, but enough of them that no thread waits long for another.
struct ProductTasks {
    Index rows;
    Index cols = ProductBlocks::kMostCols;
    Index per_col;
    Index count;

    ProductTasks(Index all_rows, Index all_cols, double work, int n_threads) noexcept {
        const Index enough = n_threads == 1 ? 1 : (work < kShort ? 1 : 3) * n_threads;
        const auto parts = [](Index all, Index part) {
            return std::max<Index>(1, (all + part - 1) / part);
        };
        per_col = parts(all_rows, ProductBlocks::kRows);
        while (per_col * parts(all_cols, cols) < enough && cols > ProductBlocks::kCols) cols /= 2;
        const Index more = parts(enough, per_col * parts(all_cols, cols));
        rows = std::max(parts(all_rows, per_col * more), ProductBlocks::kFewestRows);
        per_col = parts(all_rows, rows);
        count = per_col * parts(all_cols, cols);
    }

    TaskBlock at(Index task, Index all_rows, Index all_cols) const noexcept {
        const Index row = task % per_col * rows, col = task / per_col * cols;
        return {row, std::min(rows, all_rows - row), col, std::min(cols, all_cols - col)};
    }

private:
    static constexpr double kShort = 1e7;  // some tens of microseconds
};

/// One packed block of b for each thread, by default of the largest size.
template <class T>
class PackBuffers {
public:
    static constexpr Index kLargest = ProductBlocks::kDepth * ProductBlocks::kMostCols;

    /// Numbers of the largest block of products of at most this depth and width.
    static Index block(Index depth, Index cols) noexcept {
        const Index wide = (cols + ProductBlocks::kCols - 1) / ProductBlocks::kCols;
        return std::min(ProductBlocks::kDepth, depth) *
               std::min(ProductBlocks::kMostCols, wide * ProductBlocks::kCols);
    }
    static void count(ArenaSize& size, int n_threads, Index block = kLargest) noexcept {
        size.add<T>(block * n_threads);
    }
    PackBuffers(Arena& arena, int n_threads, Index block = kLargest) noexcept
        : data_(arena.take<T>(block * n_threads)), block_(block) {}
    T* of(int worker) const noexcept { return data_ + worker * block_; }
    /// The buffer of one thread, for a product that this thread makes alone.
    PackBuffers only(int worker) const noexcept { return PackBuffers(of(worker), block_); }

private:
    PackBuffers(T* data, Index block) noexcept : data_(data), block_(block) {}

    T* data_;
    Index block_;
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

/// One task of a product: the block of c from (row, col) on, cols <= kMostCols, made by thread
/// `worker` of the crew. Returns false if told to stop on the way.
template <class T>
bool product_block(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c,
                   Index depth, bool accumulate, T* packed, const Crew& crew, int worker) {
    using B = ProductBlocks;
    for (Index from = 0; from < depth; from += B::kDepth) {
        if (from > 0 && crew.should_stop(worker)) return false;
        const Index part = std::min(B::kDepth, depth - from);
        kernels.product(part, a.data + from * a.col_stride, a.row_stride, a.col_stride,
                        panels(kernels, b, from, part, c, packed), c.data, c.stride, c.rows, c.cols,
                        accumulate || from > 0);
    }
    return true;
}

/// c (rows, cols) = [c +] a (rows, depth) b (depth, cols), then finish(row, rows, col, cols) on
/// each finished block of c by the thread that made it, while it is still in its cache.
///
/// Element (i, j) is the sum over depth in rising order, in chains of kDepth: it does not depend on
/// the number of rows, columns or threads. Returns false if told to stop on the way; c is then
/// unfinished.
template <class T, class Finish>
bool product(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c, Index depth,
             bool accumulate, const PackBuffers<T>& buffers, const Crew& crew, Finish&& finish) {
    const double work = 2.0 * static_cast<double>(c.rows) * static_cast<double>(c.cols) *
                        static_cast<double>(depth);
    const ProductTasks tasks(c.rows, c.cols, work, crew.n_threads());
    return crew.for_each(tasks.count, work, [&](Index task, int worker) {
        const auto [row, rows, col, cols] = tasks.at(task, c.rows, c.cols);
        if (product_block(kernels, a.from_row(row), b.from_col(col), c.block(row, rows, col, cols),
                          depth, accumulate, buffers.of(worker), crew, worker)) {
            finish(row, rows, col, cols);
        }
    });
}

}  // namespace gradus
