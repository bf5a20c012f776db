// A bound on the incoming weights of each neuron [SHKSS14]. The formula:
// src/gradus/networks/max_norm.py.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/thread_pool.hpp"
#include "nn/network.hpp"

namespace gradus {

/// Scales down every column of a weight that is longer than its layer's max_norm. Squares are
/// summed in double, row by row.
template <class T>
void limit_norms(const Network& network, T* params, const Crew& crew) {
    constexpr Index kCols = 64;
    for (const DenseLayer& layer : network.layers()) {
        if (std::isinf(layer.max_norm)) continue;
        T* weight = params + layer.weight_at;
        const double work = 4.0 * static_cast<double>(layer.weight_count());
        crew.for_each((layer.fan_out + kCols - 1) / kCols, work, [&](Index task, int) {
            const Index col = task * kCols, cols = std::min(kCols, layer.fan_out - col);
            double squares[kCols] = {};
            T factors[kCols];
            for (Index i = 0; i < layer.fan_in; ++i) {
                const T* row = weight + i * layer.fan_out + col;
                for (Index j = 0; j < cols; ++j)
                    squares[j] += static_cast<double>(row[j]) * static_cast<double>(row[j]);
            }
            for (Index j = 0; j < cols; ++j) {
                const double longest = std::max(std::sqrt(squares[j]), layer.max_norm);
                factors[j] = static_cast<T>(layer.max_norm / longest);
            }
            for (Index i = 0; i < layer.fan_in; ++i) {
                T* row = weight + i * layer.fan_out + col;
                for (Index j = 0; j < cols; ++j) row[j] *= factors[j];
            }
        });
    }
}

}  // namespace gradus
