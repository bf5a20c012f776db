// Class and level numbers index memory, so they are looked at before the lock is let go.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

#include "base/errors.hpp"
#include "base/views.hpp"
#include "nn/network.hpp"

namespace gradus::bind {

/// Throws InvalidParameter unless every target of a cross_entropy network is one of its classes
/// 0..K-1, and a quantile network has one output for each level.
template <class T>
void require_labels(const Network& network, MatrixView<const T> y) {
    const std::size_t n_levels = network.loss_form().numbers.size();
    if (network.loss() == Loss::quantile && network.n_outputs() != static_cast<Index>(n_levels)) {
        throw InvalidParameter("the last layer must have one neuron for each of " +
                               std::to_string(n_levels) + " levels; got " +
                               std::to_string(network.n_outputs()) + ".");
    }
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

/// Throws DataError, in the words of src/gradus/networks/levels.py, unless every level number is
/// whole and has a row in its table.
template <class T>
void require_levels(const Network& network, MatrixView<const T> x) {
    for (std::size_t e = 0; e < network.embeddings().size(); ++e) {
        const EmbeddingTable& table = network.embeddings()[e];
        const auto n_levels = static_cast<T>(table.n_levels);
        for (Index i = 0; i < x.rows; ++i) {
            const T level = x.row(i)[table.column];
            if (level >= 0 && level < n_levels && level == std::floor(level)) continue;
            char came[32];
            std::snprintf(came, sizeof came, "%g", static_cast<double>(level));
            throw DataError(
                "X must hold whole numbers from 0 to " + std::to_string(table.n_levels - 1) +
                " in column " + std::to_string(table.column) + ", the levels of embedding " +
                std::to_string(e + 1) + "; got " + came + " in row " + std::to_string(i) + ".");
        }
    }
}

}  // namespace gradus::bind
