// Borrowed views of memory: the only currency between the floors. A view owns nothing and checks
// nothing.
#pragma once

#include <cstddef>

namespace gradus {

using Index = std::ptrdiff_t;

/// Rows at, ..., at + count - 1.
struct RowRange {
    Index at;
    Index count;
};

/// Row-major matrix: element (i, j) is data[i * stride + j].
template <class T>
struct MatrixView {
    T* data = nullptr;
    Index rows = 0;
    Index cols = 0;
    Index stride = 0;

    T* row(Index i) const noexcept { return data + i * stride; }
    /// No rows of no matrix where there are no data.
    MatrixView part(RowRange rows_of_it) const noexcept {
        if (data == nullptr) return {};
        return {row(rows_of_it.at), rows_of_it.count, cols, stride};
    }
    MatrixView block(Index at_row, Index n_rows, Index at_col, Index n_cols) const noexcept {
        return {row(at_row) + at_col, n_rows, n_cols, stride};
    }
    operator MatrixView<const T>() const noexcept { return {data, rows, cols, stride}; }
};

/// Any matrix that a product reads: element (i, j) is data[i * row_stride + j * col_stride].
template <class T>
struct Operand {
    const T* data;
    Index row_stride;
    Index col_stride;

    Operand from_row(Index i) const noexcept {
        return {data + i * row_stride, row_stride, col_stride};
    }
    Operand from_col(Index j) const noexcept {
        return {data + j * col_stride, row_stride, col_stride};
    }
};

template <class T>
Operand<T> plain(MatrixView<const T> m) noexcept {
    return {m.data, m.stride, 1};
}

template <class T>
Operand<T> transposed(MatrixView<const T> m) noexcept {
    return {m.data, 1, m.stride};
}

}  // namespace gradus
