// Numbers and networks for tests; the numbers are from -1 to 1, the same on every run and system.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/views.hpp"
#include "nn/network.hpp"

namespace gradus {

/// n numbers; another key gives others.
template <class T>
std::vector<T> numbers(Index n, std::uint64_t key) {
    std::vector<T> x(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<T>(static_cast<double>(mix64(key + i * 77) >> 11) * 0x1p-52 - 1);
    }
    return x;
}

/// A network of dense layers only: widths = columns of X, then one per layer.
inline Network dense_network(
    const std::vector<std::int64_t>& widths, const std::vector<int>& activations,
    const std::vector<int>& has_bias, int loss, double l2,
    const std::vector<std::pair<std::int64_t, std::int64_t>>& tables = {}) {
    Network network(widths[0], loss, 0, l2, tables);
    for (std::size_t l = 0; l < activations.size(); ++l) {
        network.add_dense(widths[l + 1], activations[l], has_bias[l] != 0,
                          std::numeric_limits<double>::infinity());
    }
    return network;
}

/// n rows for a network: numbers, and levels where it has embeddings.
template <class T>
std::vector<T> rows_for(const Network& network, Index n, std::uint64_t key) {
    std::vector<T> x = numbers<T>(n * network.n_inputs(), key);
    for (Index i = 0; i < n; ++i) {
        for (const EmbeddingTable& table : network.embeddings()) {
            T& level = x[static_cast<std::size_t>(i * network.n_inputs() + table.column)];
            level = static_cast<T>(
                static_cast<Index>((level + 1) / 2 * static_cast<T>(table.n_levels)));
        }
    }
    return x;
}

}  // namespace gradus
