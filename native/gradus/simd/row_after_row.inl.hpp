// Rows that lie one behind the other, gone through as if they were one. A vector of a narrow row
// reaches into the next one: a load there waits for its store, and so would row after row.
#pragma once

#include "simd/loops.inl.hpp"

namespace GRADUS_ISA {

/// What is added to each column, vector after vector of such rows.
template <class T>
class RepeatedBias {
public:
    static constexpr Index kMostCols = 256;

    /// Without a bias -0 is added, which changes no number.
    RepeatedBias(const T* bias, Index cols) : cols_(cols), step_(Vec<T>::size % cols) {
        for (Index i = 0; i < cols; ++i) numbers_[i] = bias == nullptr ? T(-0.0) : bias[i];
        for (Index i = cols; i < cols + Vec<T>::size; ++i) numbers_[i] = numbers_[i - cols];
    }
    /// Of the next vector of columns.
    Vec<T> next() {
        const Index from = at_;
        at_ += step_;
        if (at_ >= cols_) at_ -= cols_;
        return Vec<T>::load(numbers_ + from);
    }

private:
    Index cols_, step_, at_ = 0;
    T numbers_[kMostCols + Vec<T>::size]{};  // those of the columns, and again from the first on
};

/// Whether they lie so and end within a vector.
template <class T>
bool are_one_row(Index rows, Index cols, Index stride) {
    return rows > 1 && stride == cols && cols % Vec<T>::size != 0;
}

}  // namespace GRADUS_ISA
