// Products X' X, which are symmetric: only the blocks on and above the diagonal are computed.
#pragma once

#include "linalg/product.hpp"

namespace gradus {

/// A matrix X (depth, n) by panels of tile_cols columns, zeros past n: read as both sides of X' X,
/// whose rows then lie side by side as well.
template <class T>
class PackedColumns {
public:
    static void count(ArenaSize& size, Index depth, Index n, int tile_cols) noexcept {
        size.add<T>(depth * rounded(n, tile_cols));
    }
    PackedColumns(Arena& arena, Index depth, Index n, int tile_cols) noexcept
        : data_(arena.take<T>(depth * rounded(n, tile_cols))), depth_(depth), tile_(tile_cols) {}
    PackedColumns(T* data, Index depth, int tile_cols) noexcept
        : data_(data), depth_(depth), tile_(tile_cols) {}

    static Index rounded(Index n, Index tile) noexcept { return (n + tile - 1) / tile * tile; }

    Index depth() const noexcept { return depth_; }
    /// The same memory for fewer rows.
    PackedColumns of_depth(Index depth) const noexcept { return {data_, depth, tile_}; }
    /// The panel that begins with column `col`, a multiple of tile_cols.
    T* panel(Index col) const noexcept { return data_ + col * depth_; }

    /// x (depth, cols) becomes columns [col, col + cols); col is a multiple of tile_cols.
    void pack(const Kernels<T>& kernels, Operand<T> x, Index col, Index cols) const noexcept {
        kernels.pack(x.data, x.row_stride, x.col_stride, depth_, cols, panel(col));
    }

    /// c (rows, cols) = [c +] rows [row, row + rows) and columns [col, col + cols) of X' X; row and
    /// col are multiples of tile_cols, rows <= tile_cols. Sums run over depth in rising order, in
    /// `Chains`.
    void multiply(const Kernels<T>& kernels, Index row, Index col, MatrixView<T> c,
                  bool accumulate) const noexcept {
        const T* a = panel(row);
        const Index chain = Chains(depth_).length;
        Index from = 0;
        do {
            const Index part = std::min(chain, depth_ - from);
            kernels.product(part, a + from * tile_, 1, tile_,
                            {panel(col) + from * tile_, tile_, depth_ * tile_}, c.data, c.stride,
                            c.rows, c.cols, accumulate || from > 0, {});
            from += part;
        } while (from < depth_);
    }

private:
    T* data_;
    Index depth_;
    int tile_;
};

/// The blocks on and above the diagonal of an n x n matrix, or of one with more columns: strips of
/// kRows rows, each from its diagonal on in pieces of at most kCols columns. Large strips come
/// first, so that no thread is left waiting for the last block.
class UpperBlocks {
public:
    static constexpr Index kRows = 64;
    static constexpr Index kCols = 256;

    explicit UpperBlocks(Index n) noexcept : UpperBlocks(n, n) {}
    UpperBlocks(Index n, Index n_cols) noexcept : n_(n), n_cols_(n_cols) {
        for (Index row = 0; row < n; row += kRows) count_ += in_strip(row);
    }

    Index count() const noexcept { return count_; }

    TaskBlock at(Index task) const noexcept {
        Index row = 0;
        for (; task >= in_strip(row); row += kRows) task -= in_strip(row);
        const Index col = row + task * kCols;
        return {row, std::min(kRows, n_ - row), col, std::min(kCols, n_cols_ - col)};
    }

private:
    Index in_strip(Index row) const noexcept { return (n_cols_ - row + kCols - 1) / kCols; }

    Index n_;
    Index n_cols_;
    Index count_ = 0;
};

/// Calls f(row, rows, col, cols) for the tiles of a block that reach the upper triangle: rows of
/// one panel, and columns from the diagonal on.
template <class F>
void for_each_panel(const TaskBlock& block, Index tile, F&& f) {
    for (Index row = block.row; row < block.row + block.rows; row += tile) {
        const Index col = std::max(row, block.col), end = block.col + block.cols;
        if (col < end) f(row, std::min(tile, block.row + block.rows - row), col, end - col);
    }
}

/// The upper triangle of c (n, n) = [c +] X' X for x (depth, n), depth <= that of `packed`, which
/// is scratch. Some entries below the diagonal are written too; nobody may rely on them.
///
/// Each entry is summed as `product` sums it. Returns false if told to stop on the way.
template <class T>
bool symmetric_product(const Kernels<T>& kernels, MatrixView<const T> x, MatrixView<T> c,
                       bool accumulate, PackedColumns<T> packed, const Crew& crew) {
    const Index n = c.rows, tile = kernels.tile_cols;
    packed = packed.of_depth(x.rows);
    const double size = static_cast<double>(n) * static_cast<double>(x.rows);
    constexpr Index kStrip = UpperBlocks::kRows;
    if (!crew.for_each((n + kStrip - 1) / kStrip, size, [&](Index task, int) {
            const Index col = task * kStrip;
            packed.pack(kernels, plain(x).from_col(col), col, std::min(kStrip, n - col));
        })) {
        return false;
    }
    const UpperBlocks blocks(n);
    return crew.for_each(blocks.count(), size * static_cast<double>(n), [&](Index task, int) {
        for_each_panel(blocks.at(task), tile, [&](Index row, Index rows, Index col, Index cols) {
            packed.multiply(kernels, row, col, c.block(row, rows, col, cols), accumulate);
        });
    });
}

/// Writes the upper triangle of c (n, n) below its diagonal too. Returns false if told to stop.
template <class T>
bool mirror_upper(MatrixView<T> c, const Crew& crew) {
    constexpr Index kSide = 32;  // two such blocks of double, 16 KiB, stay in the first cache
    const Index n_strips = (c.rows + kSide - 1) / kSide;
    const double work = static_cast<double>(c.rows) * static_cast<double>(c.rows);
    return crew.for_each(n_strips, work, [&](Index strip, int) {
        const Index from = strip * kSide, end = std::min(from + kSide, c.rows);
        for (Index j0 = 0; j0 < end; j0 += kSide) {
            for (Index i = from; i < end; ++i) {
                for (Index j = j0; j < std::min(j0 + kSide, i); ++j) c.row(i)[j] = c.row(j)[i];
            }
        }
    });
}

}  // namespace gradus
