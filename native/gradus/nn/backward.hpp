// The pass back through one dense layer. The formulas: src/gradus/engines/reference.py.
#pragma once

#include <span>

#include "nn/network.hpp"
#include "nn/rows.hpp"
#include "simd/prefetch.hpp"

namespace gradus {

/// The lowest step that the way back has to reach: below the first step with parameters nothing
/// needs a derivative, unless embeddings do.
inline std::size_t lowest_step(const Network& network) noexcept {
    if (!network.embeddings().empty()) return 0;
    std::size_t s = 0;
    while (network.steps()[s].kind == StepKind::dropout) ++s;
    return s;
}

/// What a dense layer's gradient is made of: what fed it and delta = dloss/dz, row by row.
template <class T>
struct LayerRows {
    const DenseLayer* layer;
    MatrixView<const T> a_in;
    MatrixView<const T> delta;

    double work() const noexcept {
        return 2.0 * static_cast<double>(layer->weight_count()) * static_cast<double>(delta.rows);
    }
    /// Rows whose sum is one chain. No block of rows sums a wide layer's (nn/block_sums.hpp), and
    /// each chain passes by all of it.
    Index chain() const noexcept {
        return layer->is_wide() ? ProductBlocks::kDepth : ProductBlocks::kSumRows;
    }
    ProductTasks tasks(int n_threads) const noexcept {
        return {layer->fan_in, layer->fan_out, work(), n_threads};
    }
};

/// Where a block of a layer's gradient goes: its part of the weights', and, for a block that begins
/// at row 0 of a layer with a bias, of the bias's.
template <class T>
struct GradientBlock {
    MatrixView<T> weight;
    T* bias;
};

/// Asks for a matrix that another core wrote, unless it is too large for the second cache: asked
/// for at once its lines come side by side, and one after the other where a product reads them.
template <class T>
void prefetch(MatrixView<const T> x) noexcept {
    if (x.rows * x.cols > PackBuffers<T>::kLargest) return;
    constexpr Index kLine = 64 / sizeof(T);
    for (Index i = 0; i < x.rows; ++i) {
        for (Index j = 0; j < x.cols; j += kLine) prefetch_to_read(x.row(i) + j);
        prefetch_to_read(x.row(i) + x.cols - 1);
    }
}

/// For each layer d_weight = [d_weight +] a_in' delta and d_bias = [d_bias +] column sums of delta,
/// in blocks cut as for `n_cut` threads; those of all layers are one list of tasks. place(layer,
/// at, worker) gives where a block goes, and finish(task, layer, at, block) is called by the thread
/// that made it. Returns false if told to stop on the way.
template <class T, class Place, class Finish>
bool gradient_blocks(const Kernels<T>& kernels, std::span<const LayerRows<T>> layers, int n_cut,
                     bool accumulate, const PackBuffers<T>& buffers, const Crew& crew,
                     Place&& place, Finish&& finish) {
    double work = 0;
    Index count = 0;
    for (const LayerRows<T>& rows : layers) {
        work += rows.work();
        count += rows.tasks(n_cut).count;
    }
    const auto make = [&](Index task, const LayerRows<T>& rows, const TaskBlock& at, int worker) {
        const DenseLayer& layer = *rows.layer;
        const GradientBlock<T> block = place(layer, at, worker);
        if (crew.threads_for(work) > 1) {
            prefetch(rows.a_in.block(0, rows.a_in.rows, at.row, at.rows));
            prefetch(rows.delta.block(0, rows.delta.rows, at.col, at.cols));
        }
        if (layer.has_bias && at.row == 0) {
            const MatrixView<const T> delta = rows.delta.block(0, rows.delta.rows, at.col, at.cols);
            add_column_sums(kernels, delta, accumulate, block.bias);
        }
        if (product_block(kernels, transposed(rows.a_in).from_row(at.row),
                          plain(rows.delta).from_col(at.col), block.weight, rows.delta.rows,
                          accumulate, sum_buffers_of(layer, buffers), crew, worker, rows.chain())) {
            finish(task, layer, at, block);
        }
    };
    return crew.for_each(count, work, [&](Index task, int worker) {
        Index within = task;
        for (const LayerRows<T>& rows : layers) {
            const ProductTasks tasks = rows.tasks(n_cut);
            if (within < tasks.count) {
                return make(task, rows, tasks.at(within, rows.layer->fan_in, rows.layer->fan_out),
                            worker);
            }
            within -= tasks.count;
        }
    });
}

/// As gradient_blocks, all at their places in `grads`.
template <class T>
bool parameter_gradients(const Kernels<T>& kernels, std::span<const LayerRows<T>> layers,
                         bool accumulate, T* grads, const PackBuffers<T>& buffers,
                         const Crew& crew) {
    double work = 0;
    for (const LayerRows<T>& rows : layers) work += rows.work();
    const auto place = [&](const DenseLayer& layer, const TaskBlock& at, int) -> GradientBlock<T> {
        const MatrixView<T> weight{grads + layer.weight_at, layer.fan_in, layer.fan_out,
                                   layer.fan_out};
        return {weight.block(at.row, at.rows, at.col, at.cols), grads + layer.bias_at() + at.col};
    };
    return gradient_blocks(
        kernels, layers, crew.threads_for(work), accumulate, buffers, crew, place,
        [](Index, const DenseLayer&, const TaskBlock&, const GradientBlock<T>&) {});
}

/// below = delta weight' for the columns [first, first + below.cols) of the layer's input, then
/// finish(row, rows, col, cols) on each block of it while it is in the cache. Returns false if told
/// to stop on the way.
template <class T, class Finish>
bool carry_down(const Kernels<T>& kernels, const DenseLayer& layer, const T* params,
                MatrixView<const T> delta, Index first, MatrixView<T> below,
                const PackBuffers<T>& buffers, const Crew& crew, Finish&& finish,
                const Ending<T>& ending = {}) {
    const MatrixView<const T> weight{params + layer.weight_at + first * layer.fan_out, below.cols,
                                     layer.fan_out, layer.fan_out};
    return product(kernels, plain(delta), transposed(weight), below, layer.fan_out, false,
                   buffers_of(layer, buffers), crew, finish, ending);
}

}  // namespace gradus
