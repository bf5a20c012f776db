// Class numbers index memory, so they are looked at before the lock is let go.
#pragma once

#include "base/errors.hpp"
#include "base/views.hpp"
#include "nn/network.hpp"

namespace gradus::bind {

/// Throws InvalidParameter unless every target of a cross_entropy network is one of its classes
/// 0..K-1.
template <class T>
void require_labels(const Network& network, MatrixView<const T> y) {
    if (network.loss() != Loss::cross_entropy) return;
    const auto n_classes = static_cast<T>(network.n_outputs());
    for (Index i = 0; i < y.rows; ++i) {
        const T label = *y.row(i);
        if (!(label >= 0 && label < n_classes)) {
            throw InvalidParameter("y must hold class numbers from 0 to " +
                                   std::to_string(network.n_outputs() - 1) + "; got " +
                                   std::to_string(label) + " in row " + std::to_string(i) + ".");
        }
    }
}

}  // namespace gradus::bind
