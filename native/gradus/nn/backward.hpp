// The pass back through one dense layer. The formulas: src/gradus/engines/reference.py.
#pragma once

#include "nn/network.hpp"
#include "nn/rows.hpp"

namespace gradus {

/// The lowest step that the way back has to reach: below the first step with parameters nothing
/// needs a derivative, unless embeddings do.
inline std::size_t lowest_step(const Network& network) noexcept {
    if (!network.embeddings().empty()) return 0;
    std::size_t s = 0;
    while (network.steps()[s].kind == StepKind::dropout) ++s;
    return s;
}

/// d_weight = [d_weight +] a_in' delta and d_bias = [d_bias +] column sums of delta, at the layer's
/// place in `grads`, with delta = dloss/dz. Returns false if told to stop on the way.
template <class T>
bool parameter_gradient(const Kernels<T>& kernels, const DenseLayer& layer,
                        MatrixView<const T> a_in, MatrixView<const T> delta, bool accumulate,
                        T* grads, const PackBuffers<T>& buffers, const Crew& crew) {
    const MatrixView<T> d_weight{grads + layer.weight_at, layer.fan_in, layer.fan_out,
                                 layer.fan_out};
    if (!product(kernels, transposed(a_in), plain(delta), d_weight, delta.rows, accumulate, buffers,
                 crew, [](Index, Index, Index, Index) {})) {
        return false;
    }
    if (layer.has_bias) add_column_sums(kernels, delta, accumulate, grads + layer.bias_at());
    return true;
}

/// below = delta weight' for the columns [first, first + below.cols) of the layer's input, then
/// finish(row, rows, col, cols) on each block of it while it is in the cache. Returns false if told
/// to stop on the way.
template <class T, class Finish>
bool carry_down(const Kernels<T>& kernels, const DenseLayer& layer, const T* params,
                MatrixView<const T> delta, Index first, MatrixView<T> below,
                const PackBuffers<T>& buffers, const Crew& crew, Finish&& finish) {
    const MatrixView<const T> weight{params + layer.weight_at + first * layer.fan_out, below.cols,
                                     layer.fan_out, layer.fan_out};
    return product(kernels, plain(delta), transposed(weight), below, layer.fan_out, false, buffers,
                   crew, finish);
}

}  // namespace gradus
