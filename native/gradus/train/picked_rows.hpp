// The rows of a batch, brought together.
#pragma once

#include <algorithm>
#include <numeric>

#include "base/arena.hpp"
#include "nn/rows.hpp"
#include "simd/kernels.hpp"
#include "train/batches.hpp"

namespace gradus {

/// Room for some rows of X, y and weights in the order in which training wants them. Different rows
/// may be picked and gathered at the same time.
template <class T>
class PickedRows {
public:
    static void count(ArenaSize& size, const Batches<T>& batches, Index most_rows) {
        size.add<T>(most_rows * batches.x.cols);
        size.add<T>(most_rows * batches.y.cols);
        size.add<T>(most_rows);
        size.add<std::int64_t>(most_rows);
    }
    PickedRows(const Batches<T>& batches, Index most_rows, Arena& arena)
        : batches_(batches),
          kernels_(kernels<T>()),
          x_(arena.take<T>(most_rows * batches.x.cols)),
          y_(arena.take<T>(most_rows * batches.y.cols)),
          weights_(arena.take<T>(most_rows)),
          numbers_(arena.take<std::int64_t>(most_rows)) {}

    /// The numbers of the rows at some positions from `from` on of an epoch in this order. A full
    /// batch needs no shuffle: its gradient is the same in any order.
    void pick(const RowOrder& order, Index from, RowRange rows) noexcept {
        std::int64_t* numbers = numbers_ + rows.at;
        if (batches_.batch_size < batches_.n_rows) {
            kernels_.shuffled_rows(order, from + rows.at, rows.count, numbers);
        } else {
            std::iota(numbers, numbers + rows.count, from + rows.at);
        }
        for (Index i = 0; batches_.rows != nullptr && i < rows.count; ++i)
            numbers[i] = batches_.rows[numbers[i]];
    }

    /// Columns [col, col + cols) of X in the rows of these numbers.
    void gather_x(RowRange rows, Index col, Index cols) noexcept {
        const Index width = batches_.x.cols;
        kernels_.copy_rows(batches_.x.data + col, batches_.x.stride, numbers_ + rows.at, rows.count,
                           cols, x_ + rows.at * width + col, width);
        for (Index i = rows.at; batches_.weights != nullptr && i < rows.at + rows.count; ++i) {
            // Its numbers may be anything, and must not enter a product.
            if (batches_.weights[numbers_[i]] == 0) std::fill_n(x_ + i * width + col, cols, T(0));
        }
    }
    /// y and weights of the rows of these numbers.
    void gather_y(RowRange rows) noexcept {
        const Index cols = batches_.y.cols;
        kernels_.copy_rows(batches_.y.data, batches_.y.stride, numbers_ + rows.at, rows.count, cols,
                           y_ + rows.at * cols, cols);
        for (Index i = rows.at; batches_.weights != nullptr && i < rows.at + rows.count; ++i)
            weights_[i] = batches_.weights[numbers_[i]];
    }

    /// The rows from position `from` on, for GradientPass::add_chunk.
    struct Chunk {
        PickedRows& rows;
        const RowOrder& order;
        Index from;

        void pick(RowRange some) noexcept { rows.pick(order, from, some); }
        void gather_x(RowRange some, Index col, Index cols) noexcept {
            rows.gather_x(some, col, cols);
        }
        void gather_y(RowRange some) noexcept { rows.gather_y(some); }
    };

    MatrixView<const T> x(Index rows) const noexcept {
        return {x_, rows, batches_.x.cols, batches_.x.cols};
    }
    MatrixView<const T> y(Index rows) const noexcept {
        return {y_, rows, batches_.y.cols, batches_.y.cols};
    }
    const T* weights() const noexcept { return batches_.weights == nullptr ? nullptr : weights_; }
    const std::int64_t* numbers() const noexcept { return numbers_; }

private:
    const Batches<T>& batches_;
    const Kernels<T>& kernels_;
    T* x_;
    T* y_;
    T* weights_;
    std::int64_t* numbers_;
};

}  // namespace gradus
