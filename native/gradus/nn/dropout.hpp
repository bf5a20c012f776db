// Dropout [SHKSS14]: which numbers a layer leaves out while it learns. The formulas:
// src/gradus/engines/dropout.py.
#pragma once

#include "base/random.hpp"
#include "nn/network.hpp"
#include "nn/rows.hpp"

namespace gradus {

/// Says which numbers of a block of rows are dropped: a function of the key, the epoch, the number
/// of the row, of the dropout and of the column, and of nothing else.
struct Dropping {
    std::uint64_t epoch_key;   // part_key(dropout_key, epoch)
    const std::int64_t* rows;  // the block's row numbers
};

/// mask (rows, width) gets 0 where a number is dropped and 1 / (1 - rate) elsewhere, and a_out =
/// a_in * mask. Returns false if told to stop on the way.
template <class T>
bool dropout_forward(const Kernels<T>& kernels, const Step& step, const Dropping& dropping,
                     MatrixView<const T> a_in, MatrixView<T> mask, MatrixView<T> a_out,
                     const Crew& crew) {
    constexpr Index kWork = 16;  // of one draw
    const std::uint64_t key = part_key(dropping.epoch_key, static_cast<Index>(step.index));
    return for_each_rows(crew, a_in.rows, kWork * a_in.cols, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            kernels.drop(part_key(key, dropping.rows[i]), step.rate, a_in.cols, a_in.row(i),
                         mask.row(i), a_out.row(i));
        }
    });
}

}  // namespace gradus
