// The losses, each with its derivative, row by row; src/gradus/networks/losses.py holds the same
// formulas with their sources.
#pragma once

#include "base/views.hpp"
#include "nn/network.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// Sums over rows of w * loss, w * measure (as in src/gradus/networks/losses.py: cross-entropies 1
/// where the answer is right, most others the loss again) and w, in double and in the order of the
/// rows.
struct Totals {
    double loss = 0;
    double measure = 0;
    double weight = 0;

    Totals& operator+=(const Totals& more) noexcept {
        loss += more.loss;
        measure += more.measure;
        weight += more.weight;
        return *this;
    }
    /// 0 where no row has a weight.
    double mean_loss() const noexcept { return weight == 0 ? 0.0 : loss / weight; }
    double mean_measure() const noexcept { return weight == 0 ? 0.0 : measure / weight; }
};

/// The loss of one row; its `outputs` (n,) become scale times the derivative. Not for a foreign
/// loss.
template <class T>
RowLoss row_loss(const LossForm& form, T* outputs, Index n, const T* y, double scale);

/// Adds the rows of one block to `totals` and turns `outputs` (rows, n_outputs), in place, into
/// w_i / weight_sum * dloss_i / doutputs, or 0 where weight_sum is 0.
///
/// With the batch's sum of weights that is the gradient of its weighted mean. A row of weight 0
/// adds nothing, whatever its numbers are. `weights` may be null (all 1). y is (rows, n_targets):
/// values, or for cross_entropy class numbers 0..K-1. Returns false only for a foreign loss that
/// failed; only that one allocates.
template <class T>
bool loss_and_delta(const Network& network, MatrixView<T> outputs, MatrixView<const T> y,
                    const T* weights, double weight_sum, Totals& totals);

}  // namespace gradus
