// Numbers for tests: from -1 to 1, the same on every run and system.
#pragma once

#include <cstdint>
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
