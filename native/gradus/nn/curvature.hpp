// The second derivative of each row's loss by its outputs, as a root S with S S' = w_i / sum(w) H.
// src/gradus/engines/gauss_newton.py holds the same formulas.
#pragma once

#include "base/views.hpp"
#include "nn/network.hpp"

namespace gradus {

/// Writes what `curvature_root` reads to `curvature` (rows, n_outputs): the diagonal of H, 0 where
/// it is below, or for cross_entropy the probabilities p. `outputs` is (rows, n_outputs), y (rows,
/// n_targets). Not for a foreign loss.
template <class T>
void output_curvature(const Network& network, MatrixView<const T> outputs, MatrixView<const T> y,
                      MatrixView<T> curvature);

/// Column o of S for each row: root(i, k) = S(k, o), shape (rows, n_outputs).
///
/// Losses whose outputs do not meet have a diagonal H and S = sqrt(H); cross_entropy has
/// H = diag(p) - p p' and S = diag(sqrt p) - p sqrt(p)'. A row of weight 0 gets zeros. `weights`
/// may be null (all 1).
template <class T>
void curvature_root(const Network& network, MatrixView<const T> curvature, const T* weights,
                    double weight_sum, Index o, MatrixView<T> root);

}  // namespace gradus
