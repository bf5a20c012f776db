// Products that are known to be symmetric: only the blocks on and below the diagonal are computed.
#pragma once

#include "linalg/product.hpp"

namespace gradus {

/// The blocks that hold the lower triangle of an n x n matrix, kRows x kCols as in a product: below
/// the diagonal block of each strip of kCols columns.
class LowerBlocks {
public:
    explicit LowerBlocks(Index n) noexcept : n_(n) {
        for (Index col = 0; col < n; col += ProductBlocks::kCols) count_ += in_strip(col);
    }

    Index count() const noexcept { return count_; }

    /// Calls f(row, rows, col, cols) for block number `task`.
    template <class F>
    void at(Index task, F&& f) const {
        Index col = 0;
        for (; task >= in_strip(col); col += ProductBlocks::kCols) task -= in_strip(col);
        const Index row = col + task * ProductBlocks::kRows;
        f(row, std::min(ProductBlocks::kRows, n_ - row), col,
          std::min(ProductBlocks::kCols, n_ - col));
    }

private:
    Index in_strip(Index col) const noexcept {
        return (n_ - col + ProductBlocks::kRows - 1) / ProductBlocks::kRows;
    }

    Index n_;
    Index count_ = 0;
};

/// The lower triangle of c (n, n) = [c +] a (n, depth) b (depth, n), whose product the caller knows
/// to be symmetric. Some entries above the diagonal are written too; nobody may rely on them.
///
/// Each entry is summed as `product` sums it. Returns false if told to stop on the way.
template <class T>
bool symmetric_product(const Kernels<T>& kernels, Operand<T> a, Operand<T> b, MatrixView<T> c,
                       Index depth, bool accumulate, const PackBuffers<T>& buffers,
                       const Crew& crew) {
    const LowerBlocks blocks(c.rows);
    const double work =
        static_cast<double>(c.rows) * static_cast<double>(c.rows) * static_cast<double>(depth);
    return crew.for_each(blocks.count(), work, [&](Index task, int worker) {
        blocks.at(task, [&](Index row, Index rows, Index col, Index cols) {
            product_block(kernels, a.from_row(row), b.from_col(col), c.block(row, rows, col, cols),
                          depth, accumulate, buffers.of(worker), crew, worker);
        });
    });
}

/// Writes the lower triangle of c (n, n) above its diagonal too. Returns false if told to stop.
template <class T>
bool mirror_lower(MatrixView<T> c, const Crew& crew) {
    constexpr Index kSide = 32;  // two such blocks of double, 16 KiB, stay in the first cache
    const Index n_strips = (c.rows + kSide - 1) / kSide;
    const double work = static_cast<double>(c.rows) * static_cast<double>(c.rows);
    return crew.for_each(n_strips, work, [&](Index strip, int) {
        const Index from = strip * kSide, end = std::min(from + kSide, c.rows);
        for (Index j0 = 0; j0 < end; j0 += kSide) {
            for (Index i = from; i < end; ++i) {
                for (Index j = j0; j < std::min(j0 + kSide, i); ++j) c.row(j)[i] = c.row(i)[j];
            }
        }
    });
}

}  // namespace gradus
