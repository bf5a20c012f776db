// The pass forward and back: loss and gradient of a batch [RHW86]. The formulas:
// src/gradus/engines/reference.py.
#pragma once

#include <vector>

#include "nn/forward.hpp"
#include "nn/loss.hpp"

namespace gradus {

/// Scratch and code of one gradient, sized from the network and the batch before the first step.
///
/// A batch is worked through in chunks of kChunk rows, so that memory does not grow with it. kChunk
/// is a multiple of the product's kDepth: sums over rows run in the same chains whether the batch
/// is cut into chunks or not.
template <class T>
class GradientPass {
public:
    static constexpr Index kChunk = 8 * ProductBlocks::kDepth;

    GradientPass(const Network& network, Index batch_rows, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          chunk_(std::min(kChunk, batch_rows)),
          arena_(size(network, chunk_, n_threads)),
          buffers_(arena_, n_threads),
          level_sums_(network, arena_),
          layers_(network.layers().size()),
          input_(arena_.take<T>(chunk_ * input_width(network))),
          delta_(arena_.take<T>(chunk_ * network.widest())),
          delta_below_(arena_.take<T>(chunk_ * network.widest())) {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const DenseLayer& layer = network.layers()[l];
            layers_[l].a = arena_.take<T>(chunk_ * layer.fan_out);
            layers_[l].slope =
                keeps_slope(layer) ? arena_.take<T>(chunk_ * layer.fan_out) : nullptr;
        }
    }

    Index chunk_rows() const noexcept { return chunk_; }

    /// Adds one chunk of at most chunk_rows() rows: its loss to `totals`, its gradient to `grads`
    /// (n_params,), which the batch's first chunk overwrites. Weights are divided by the batch's
    /// sum through `weight_sum`; no penalty. Returns false if told to stop on the way.
    bool add_chunk(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                   double weight_sum, bool is_first, T* grads, Totals& totals, const Crew& crew) {
        MatrixView<const T> input = x;
        if (!network_.embeddings().empty()) {
            const Index width = input_width(network_);
            const MatrixView<T> embedded{input_, x.rows, width, width};
            embed(network_, params, x, embedded);
            input = embedded;
        }
        if (!forward(params, input, crew)) return false;
        loss_and_delta(network_, activations(layers_.size() - 1, x.rows), y, weights, weight_sum,
                       totals);
        return backward(params, x, input, is_first, grads, crew);
    }

    /// grads += l2 * weight on the weights, none on the biases: the gradient of l2/2 sum weight^2.
    void add_penalty(const T* params, T* grads) const noexcept {
        if (network_.l2() == 0) return;
        for (const EmbeddingTable& table : network_.embeddings()) {
            kernels_.add_scaled(grads + table.weight_at, params + table.weight_at,
                                static_cast<T>(network_.l2()), table.weight_count());
        }
        for (const DenseLayer& layer : network_.layers()) {
            kernels_.add_scaled(grads + layer.weight_at, params + layer.weight_at,
                                static_cast<T>(network_.l2()), layer.weight_count());
        }
    }

private:
    struct LayerScratch {
        T* a = nullptr;      // (chunk, fan_out)
        T* slope = nullptr;  // (chunk, fan_out), null where the activation is the identity
    };

    static bool keeps_slope(const DenseLayer& layer) noexcept {
        return layer.activation != Activation::identity;
    }

    // With embeddings layer 1 is fed from scratch, else from the rows themselves.
    static Index input_width(const Network& network) noexcept {
        return network.embeddings().empty() ? 0 : network.layers()[0].fan_in;
    }

    static ArenaSize size(const Network& network, Index chunk, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        LevelSums<T>::count(size, network);
        size.add<T>(chunk * input_width(network));
        size.add<T>(chunk * network.widest());
        size.add<T>(chunk * network.widest());
        for (const DenseLayer& layer : network.layers()) {
            size.add<T>(chunk * layer.fan_out);
            if (keeps_slope(layer)) size.add<T>(chunk * layer.fan_out);
        }
        return size;
    }

    MatrixView<T> activations(std::size_t l, Index rows) const noexcept {
        const Index width = network_.layers()[l].fan_out;
        return {layers_[l].a, rows, width, width};
    }
    MatrixView<T> slopes(std::size_t l, Index rows) const noexcept {
        const Index width = network_.layers()[l].fan_out;
        return {layers_[l].slope, rows, width, width};
    }

    bool forward(const T* params, MatrixView<const T> a_in, const Crew& crew) {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const MatrixView<T> a_out = activations(l, a_in.rows);
            if (!dense_forward(kernels_, network_.layers()[l], params, a_in, a_out,
                               slopes(l, a_in.rows), buffers_, crew)) {
                return false;
            }
            a_in = a_out;
        }
        return true;
    }

    // From the last layer down: delta = dloss/dz, d_weight = a_in' delta, d_bias = column sums of
    // delta, and for the layer below delta' = (delta weight') * f'(z'). The loss left dloss/da of
    // the last layer in its activations. Layer 1 was fed `input`, for the rows x.
    bool backward(const T* params, MatrixView<const T> x, MatrixView<const T> input, bool is_first,
                  T* grads, const Crew& crew) {
        MatrixView<T> delta = activations(layers_.size() - 1, x.rows);
        if (const MatrixView<T> slope = slopes(layers_.size() - 1, x.rows); slope.data != nullptr) {
            kernels_.multiply(delta.data, delta.stride, slope.data, slope.stride, delta.rows,
                              delta.cols);
        }
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const MatrixView<const T> a_in =
                l == 0 ? input : MatrixView<const T>(activations(l - 1, x.rows));
            if (!parameter_gradient(network_.layers()[l], a_in, delta, is_first, grads, crew))
                return false;
            if (l == 0) break;
            const Index width = network_.layers()[l].fan_in;
            const MatrixView<T> below{delta_below_, x.rows, width, width};
            if (!carry_down(network_.layers()[l], params, delta, slopes(l - 1, x.rows), below,
                            crew))
                return false;
            delta = below;
            std::swap(delta_, delta_below_);
        }
        return embedding_gradient(params, x, delta, is_first, grads, crew);
    }

    // Of layer 1's d_input = delta weight' the columns that embeddings filled, summed by level.
    bool embedding_gradient(const T* params, MatrixView<const T> x, MatrixView<const T> delta,
                            bool is_first, T* grads, const Crew& crew) {
        if (network_.embeddings().empty()) return true;
        const DenseLayer& layer = network_.layers()[0];
        const Index width = network_.n_embedded();
        const MatrixView<const T> weight{
            params + layer.weight_at + network_.n_plain() * layer.fan_out, width, layer.fan_out,
            layer.fan_out};
        const MatrixView<T> d_embedded{delta_below_, x.rows, width, width};
        if (!product(kernels_, plain(delta), transposed(weight), d_embedded, layer.fan_out, false,
                     buffers_, crew, [](Index, Index, Index, Index) {})) {
            return false;
        }
        for (const EmbeddingTable& table : network_.embeddings()) {
            T* d_table = grads + table.weight_at;
            if (is_first) std::fill_n(d_table, table.weight_count(), T(0));
            const MatrixView<const T> d_rows{d_embedded.data + (table.input - network_.n_plain()),
                                             x.rows, table.width, width};
            level_sums_.add(table, x, d_rows, d_table);
        }
        return true;
    }

    bool parameter_gradient(const DenseLayer& layer, MatrixView<const T> a_in,
                            MatrixView<const T> delta, bool is_first, T* grads, const Crew& crew) {
        const MatrixView<T> d_weight{grads + layer.weight_at, layer.fan_in, layer.fan_out,
                                     layer.fan_out};
        if (!product(kernels_, transposed(a_in), plain(delta), d_weight, delta.rows, !is_first,
                     buffers_, crew, [](Index, Index, Index, Index) {})) {
            return false;
        }
        if (!layer.has_bias) return true;
        constexpr Index kRows = ProductBlocks::kDepth;
        for (Index row = 0; row < delta.rows; row += kRows) {
            kernels_.column_sums(delta.row(row), delta.stride, std::min(kRows, delta.rows - row),
                                 layer.fan_out, grads + layer.bias_at(), !is_first || row > 0);
        }
        return true;
    }

    bool carry_down(const DenseLayer& layer, const T* params, MatrixView<const T> delta,
                    MatrixView<const T> slope, MatrixView<T> below, const Crew& crew) {
        const MatrixView<const T> weight{params + layer.weight_at, layer.fan_in, layer.fan_out,
                                         layer.fan_out};
        return product(kernels_, plain(delta), transposed(weight), below, layer.fan_out, false,
                       buffers_, crew, [&](Index row, Index rows, Index col, Index cols) {
                           if (slope.data == nullptr) return;
                           kernels_.multiply(below.row(row) + col, below.stride,
                                             slope.row(row) + col, slope.stride, rows, cols);
                       });
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Index chunk_;
    Arena arena_;
    PackBuffers<T> buffers_;
    LevelSums<T> level_sums_;
    std::vector<LayerScratch> layers_;
    T* input_;  // (chunk, fan_in of layer 1), with embeddings only
    T* delta_;
    T* delta_below_;
};

/// Loss totals of all rows of x, and in `grads` the gradient of their weighted mean loss plus the
/// penalty. A batch whose weights sum to 0, or without rows, has the penalty's gradient alone.
/// Returns false if told to stop on the way.
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
                                grads, totals, crew)) {
                return false;
            }
        }
    }
    pass.add_penalty(params, grads);
    return true;
}

}  // namespace gradus
