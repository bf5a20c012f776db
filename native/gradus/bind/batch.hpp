// What every call that is handed a network and rows looks at first.
#pragma once

#include "bind/arrays.hpp"
#include "bind/labels.hpp"

namespace gradus::bind {

/// Throws unless parameters, rows, targets and weights fit the network and each other.
template <class T>
void check_batch(const Network& network, const Vector<const T>& params, const Matrix<const T>& x,
                 const Matrix<const T>& y, const OptionalVector<const T>& weights) {
    require_length("params", params.shape(0), network.n_params());
    require_length("a row of X", x.shape(1), network.n_inputs());
    require_length("a row of y", y.shape(1), network.n_targets());
    require_length("y", y.shape(0), static_cast<Index>(x.shape(0)));
    if (weights) require_length("weights", weights->shape(0), static_cast<Index>(x.shape(0)));
    require_levels(network, view(x));
    require_labels(network, view(y));
}

/// Several threads work on these calls, and functions of Python are for the caller's alone.
inline void refuse_foreign_loss(const Network& network) {
    if (network.loss_form().foreign == nullptr) return;
    throw InvalidParameter("a loss of functions is evaluated in Python, from the outputs.");
}

}  // namespace gradus::bind
