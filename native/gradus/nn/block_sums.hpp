// The gradient of dense layers block of rows by block of rows, each summed by the thread that
// carried the block forward and back.
#pragma once

#include <algorithm>
#include <span>

#include "nn/backward.hpp"

namespace gradus {

/// Sums over each block of kRows rows, and over the blocks in order: the chains in which products
/// sum over rows, so either way gives the same bits. A block's activations and deltas then stay in
/// the cache of one core, and only its gradient goes to another.
template <class T>
class BlockSums {
public:
    static constexpr Index kRows = ProductBlocks::kSumRows;

    /// Whether the gradient of a block is fewer numbers than what it is made of.
    static bool fit(const Network& network) noexcept {
        Index widths = 0;
        for (const Step& step : network.steps()) widths += 2 * step.width;
        return !network.has_wide_layer() && network.n_params() <= kRows * widths;
    }
    static void count(ArenaSize& size, const Network& network, Index most_rows, int n_threads) {
        size.add<T>(parts_size(network, most_rows, n_threads));
    }

    BlockSums(const Network& network, Index most_rows, int n_threads, Arena& arena)
        : n_params_(network.n_params()),
          parts_(arena.take<T>(parts_size(network, most_rows, n_threads))) {
        std::fill_n(parts_, parts_size(network, most_rows, n_threads), T(0));
    }

    /// The block `rows` of `layers`: added to `grads` where blocks come one after the other, else
    /// all but the first kept for add_all. Returns false if told to stop on the way.
    bool add(const Kernels<T>& kernels, std::span<const LayerRows<T>> layers, RowRange rows,
             bool is_first, bool is_shared, T* grads, const PackBuffers<T>& buffers,
             const Crew& alone) const {
        const Index block = rows.at / kRows;
        const bool is_kept = is_shared && block > 0;
        T* const to = is_kept ? parts_ + (block - 1) * n_params_ : grads;
        const bool accumulate = !is_kept && (!is_first || block > 0);
        for (const LayerRows<T>& all : layers) {
            const DenseLayer& layer = *all.layer;
            const MatrixView<const T> delta = all.delta.part(rows);
            const MatrixView<T> weight{to + layer.weight_at, layer.fan_in, layer.fan_out,
                                       layer.fan_out};
            if (layer.has_bias) add_column_sums(kernels, delta, accumulate, to + layer.bias_at());
            if (!product(kernels, transposed(all.a_in.part(rows)), plain(delta), weight, delta.rows,
                         accumulate, sum_buffers_of(layer, buffers), alone,
                         [](Index, Index, Index, Index) {})) {
                return false;
            }
        }
        return true;
    }

    /// Adds what was kept of blocks 1 to n_blocks - 1 to `grads`, block after block. Returns false
    /// if told to stop on the way.
    bool add_all(const Kernels<T>& kernels, Index n_blocks, T* grads, const Crew& crew) const {
        constexpr Index kSome = 4096;
        const double work = 16.0 * static_cast<double>(n_params_ * (n_blocks - 1));
        return crew.for_each((n_params_ + kSome - 1) / kSome, work, [&](Index task, int) {
            const Index at = task * kSome, count = std::min(kSome, n_params_ - at);
            for (Index part = 0; part < n_blocks - 1; ++part)
                kernels.add_scaled(grads + at, parts_ + part * n_params_ + at, T(1), count);
        });
    }

private:
    static Index parts_size(const Network& network, Index most_rows, int n_threads) noexcept {
        if (n_threads == 1 || !fit(network)) return 0;
        return (most_rows - 1) / kRows * network.n_params();
    }

    Index n_params_;
    T* parts_;  // of each block but the first; 0 for parameters that are not of dense layers
};

}  // namespace gradus
