// The second derivative of each loss by a row's outputs, as a product with a vector;
// src/gradus/networks/losses.py holds the same formulas.
#pragma once

#include "base/views.hpp"
#include "nn/network.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// Turns u (rows, n_outputs), in place, into w_i / weight_sum * H_i u_i with H_i the second
/// derivative of row i's loss by its `outputs` (rows, n_outputs); unless `is_hessian`, with 0 where
/// it is below 0, as Gauss-Newton needs it. Not for a foreign loss.
///
/// A row of weight 0 becomes 0, whatever its numbers are. `weights` may be null (all 1); weight_sum
/// is greater than 0. y is (rows, n_targets); `scratch` holds n_outputs numbers.
template <class T>
void curvature_product(const Network& network, MatrixView<const T> outputs, MatrixView<const T> y,
                       const T* weights, double weight_sum, bool is_hessian, MatrixView<T> u,
                       T* scratch);

}  // namespace gradus
