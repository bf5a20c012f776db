// The cross-entropies of some rows together: exponentials and logarithms one by one take several
// times as long. src/gradus/networks/losses.py holds the same formulas with their sources.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/views.hpp"
#include "nn/scalar_math.hpp"

namespace gradus {

/// Over the outputs the sum of max(z, 0) - z y + log(1 + e^-|z|); derivative (1 - y) sigmoid(z) - y
/// sigmoid(-z), which is sigmoid(z) - y without losing its digits where the two are close.
class BinaryRows {
public:
    static constexpr Index kMost = 256;  // outputs

    template <class T>
    BinaryRows(double smoothing, const T* outputs, Index count) : smoothing_(smoothing) {
        const Kernels<double>& numbers = kernels<double>();
        const Index whole = whole_vectors(count);
        for (Index i = 0; i < count; ++i) falling_[i] = -std::fabs(static_cast<double>(outputs[i]));
        std::fill(falling_ + count, falling_ + whole, 0.0);
        numbers.exponential(falling_, 0.0, falling_, whole);
        for (Index i = 0; i < count; ++i) {
            if (std::isnan(outputs[i])) falling_[i] = static_cast<double>(outputs[i]);
        }
        numbers.log1p(falling_, log_, whole);
    }

    /// Adds outputs [first, first + n) to `row`, and overwrites them by scale times the derivative.
    template <class T>
    void add(Index first, T* outputs, Index n, const T* y, double scale, RowLoss& row) const {
        for (Index j = 0; j < n; ++j) {
            const double z = static_cast<double>(outputs[j]), label = static_cast<double>(y[j]);
            const double target =
                smoothing_ == 0 ? label : (1 - smoothing_) * label + smoothing_ / 2;
            const double falling = falling_[first + j];
            const double loss = (z > 0 ? z : 0) - z * target + log_[first + j];
            const double above = (z < 0 ? falling : 1.0) / (1.0 + falling);
            const double below = (z < 0 ? 1.0 : falling) / (1.0 + falling);
            outputs[j] = static_cast<T>(((1 - target) * above - target * below) * scale);
            row.loss += std::isnan(z) ? z : loss;
            if ((z > 0) != (label > 0.5)) row.measure = 0;
        }
    }

private:
    double smoothing_;
    double falling_[kMost];  // e^-|z|
    double log_[kMost];      // of 1 + that
};

/// log(sum_j e^z_j) - z_y; derivative softmax(z)_j, and for the row's own class minus the sum of
/// the others, which is softmax(z)_y - 1 with all its digits. The largest logit is taken off first.
/// Smoothing a adds a (z_y - mean of z) to the loss, and to the derivative a ([j = y] - 1/n).
class ClassRows {
public:
    static constexpr Index kMost = 64;  // rows

    /// Of `count` rows of n outputs each, one behind the other, which become e^(z - largest z); the
    /// rows of y, one number each, likewise.
    template <class T>
    ClassRows(double smoothing, T* outputs, Index count, Index n, const T* y)
        : smoothing_(smoothing), n_(n) {
        if (count == 1) {  // a vector of numbers that were just stored one by one is waited for
            kernels<T>().exponential(outputs, -find_largest(outputs, y[0], rows_[0]), outputs, n);
        } else {
            for (Index i = 0; i < count; ++i) {
                const T top = find_largest(outputs + i * n, y[i], rows_[i]);
                for (Index j = 0; j < n; ++j) outputs[i * n + j] -= top;
            }
            kernels<T>().exponential(outputs, T(0), outputs, count * n);
        }
        for (Index i = 0; i < count; ++i) log_[i] = sum_up(outputs + i * n, rows_[i]);
        const Index whole = whole_vectors(count);
        std::fill(log_ + count, log_ + whole, 0.0);
        kernels<double>().log1p(log_, log_, whole);
    }

    /// The loss of row i; its outputs become scale times the derivative.
    template <class T>
    RowLoss end(Index i, T* outputs, double scale) const {
        const Row& row = rows_[i];
        for (Index j = 0; j < n_; ++j) {
            const double part = j == row.label ? -row.others : static_cast<double>(outputs[j]);
            const double moved =
                smoothing_ == 0 ? 0
                                : smoothing_ * ((j == row.label) - 1.0 / static_cast<double>(n_));
            outputs[j] = static_cast<T>((part / row.sum + moved) * scale);
        }
        const double right = row.largest == row.label ? 1.0 : 0.0;
        if (!std::isfinite(row.sum)) return {row.sum, right};
        if (row.is_near()) return {log_[i] + row.extra, right};
        return {(row.exponent - 1) * kLn2 + log_[i] + row.below_top + row.extra, right};
    }

private:
    static constexpr double kLn2 = 0.693147180559945309417;

    struct Row {
        Index label, largest;
        double below_top;  // largest z - z_y
        double extra;      // what smoothing adds
        double others, sum;
        int exponent;

        // Then log(sum) is log(1 + others), with all its digits.
        bool is_near() const noexcept { return largest == label && others <= 1; }
    };

    template <class T>
    T find_largest(const T* outputs, T y, Row& row) const {
        // Looked at before the call; once more here, since the caller's array may change meanwhile.
        row.label = y >= 0 && y < static_cast<T>(n_) ? static_cast<Index>(y) : 0;
        const double of_label = static_cast<double>(outputs[row.label]);
        row.largest = 0;
        for (Index j = 1; j < n_; ++j)
            row.largest = outputs[j] > outputs[row.largest] ? j : row.largest;
        const T top = outputs[row.largest];
        row.below_top = static_cast<double>(top) - of_label;
        row.extra = 0;
        if (smoothing_ != 0) {
            double sum = 0;
            for (Index j = 0; j < n_; ++j) sum += static_cast<double>(outputs[j]) - of_label;
            row.extra = -smoothing_ * sum / static_cast<double>(n_);
        }
        return top;
    }

    // Gives u where log(sum) needs log(1 + u): the exponent comes by frexp, so that no bit depends
    // on the system's library.
    template <class T>
    double sum_up(const T* exponentials, Row& row) const {
        row.others = 0;
        for (Index j = 0; j < n_; ++j)
            row.others += j == row.label ? 0.0 : static_cast<double>(exponentials[j]);
        row.sum = row.others + static_cast<double>(exponentials[row.label]);
        if (row.is_near()) return row.others;
        if (!std::isfinite(row.sum)) return 0;
        return 2 * std::frexp(row.sum, &row.exponent) - 1;
    }

    double smoothing_;
    Index n_;
    Row rows_[kMost];
    double log_[kMost];
};

}  // namespace gradus
