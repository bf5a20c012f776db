// The gradient of a batch that stands in memory, chunk after chunk.
#pragma once

#include "nn/gradient.hpp"

namespace gradus {

/// Loss totals of all rows of x, and in `grads` the gradient of their weighted mean loss plus the
/// penalty; nothing is dropped. A batch whose weights sum to 0, or without rows, has the penalty's
/// gradient alone. Returns false if told to stop on the way.
template <class T>
bool batch_gradient(const Network& network, const T* params, MatrixView<const T> x,
                    MatrixView<const T> y, const T* weights, T* grads, const Crew& crew,
                    Totals& totals) {
    GradientPass<T> pass(network, x.rows, crew.n_threads());
    double weight = weights == nullptr ? static_cast<double>(x.rows) : 0.0;
    for (Index i = 0; weights != nullptr && i < x.rows; ++i)
        weight += static_cast<double>(weights[i]);
    if (weight == 0) {
        std::fill_n(grads, network.n_params(), T(0));
    } else {
        for (Index from = 0; from < x.rows; from += pass.chunk_rows()) {
            const Index rows = std::min(pass.chunk_rows(), x.rows - from);
            if (!pass.add_chunk(params, {x.row(from), rows, x.cols, x.stride},
                                {y.row(from), rows, y.cols, y.stride},
                                weights == nullptr ? nullptr : weights + from, weight, from == 0,
                                nullptr, grads, totals, pass.crew_for(rows, crew),
                                StandingRows{})) {
                return false;
            }
        }
    }
    pass.add_penalty(params, grads);
    return true;
}

}  // namespace gradus
