// Work on a block of rows: what each row has for itself, and sums over all of them.
#pragma once

#include <algorithm>

#include "base/thread_pool.hpp"
#include "linalg/product.hpp"

namespace gradus {

/// Calls f(row, rows) for pieces of 64 of the rows 0..n_rows-1; `work` is the floating point
/// operations of one row. Returns false if told to stop on the way.
template <class F>
bool for_each_rows(const Crew& crew, Index n_rows, Index work, F&& f) {
    constexpr Index kRows = 64;
    const double all = static_cast<double>(work) * static_cast<double>(n_rows);
    return crew.for_each((n_rows + kRows - 1) / kRows, all, [&](Index task, int) {
        f(task * kRows, std::min(kRows, n_rows - task * kRows));
    });
}

/// out[j] = [out[j] +] sum over the rows of x, in the chains in which products sum over rows.
template <class T>
void add_column_sums(const Kernels<T>& kernels, MatrixView<const T> x, bool accumulate, T* out) {
    constexpr Index kRows = ProductBlocks::kSumRows;
    for (Index row = 0; row < x.rows; row += kRows) {
        kernels.column_sums(x.row(row), x.stride, std::min(kRows, x.rows - row), x.cols, out,
                            accumulate || row > 0);
    }
}

}  // namespace gradus
