// The inner products of the scaled Jacobian's rows, J J', summed without J. The formulas:
// src/gradus/engines/gauss_newton.py.
#pragma once

#include "linalg/symmetric.hpp"
#include "nn/output_pass.hpp"

namespace gradus {

/// What the rows of the scaled Jacobian are made of, and their inner products; memory of the
/// caller. Row o * n_rows + i belongs to output o of row i; m = n_rows * n_outputs.
template <class T>
struct RowProducts {
    Index m;
    T* fed;    // one (m, fan_in) after the other: what feeds each layer
    T* delta;  // one (m, fan_out) after the other
    /// (m, m), upper triangle: sum over layers of (A A') o (D D'); with no penalty that of
    /// `of_biases` is in it as well.
    MatrixView<T> of_weights;
    /// (m, m), upper triangle: sum over layers with bias of D D'. No rows where there is no
    /// penalty, since weights and biases are then damped alike.
    MatrixView<T> of_biases;

    MatrixView<T> fed_of(const Network& network, std::size_t l) const noexcept {
        return part(network, fed, l, &DenseLayer::fan_in);
    }
    MatrixView<T> delta_of(const Network& network, std::size_t l) const noexcept {
        return part(network, delta, l, &DenseLayer::fan_out);
    }

    /// Of J J', which is that of J' J.
    double trace() const noexcept {
        double sum = 0;
        for (const MatrixView<T> of : {of_weights, of_biases})
            for (Index i = 0; i < of.rows; ++i) sum += static_cast<double>(of.row(i)[i]);
        return sum;
    }

private:
    MatrixView<T> part(const Network& network, T* data, std::size_t l,
                       Index DenseLayer::* width) const noexcept {
        for (std::size_t k = 0; k < l; ++k) data += m * network.layers()[k].*width;
        const Index cols = network.layers()[l].*width;
        return {data, m, cols, cols};
    }
};

/// A A' of layer 1, (m, m), upper triangle, which other parameters do not change; memory of the
/// caller. No rows where it is not kept.
template <class T>
struct InputProducts {
    MatrixView<T> a;
    bool is_known;  // filled before, from the same rows
};

/// Sums the row products. No embeddings and no norms. Scratch: one chunk of rows of every layer,
/// the rows of one layer by panels, and two blocks per thread.
template <class T>
class RowSums {
public:
    // Rows that go forward and back together: enough of them for several threads. Chains of sums
    // over rows begin with it, so that chunks change no bit of the gradient.
    static constexpr Index kChunk = 4 * ProductBlocks::kDepth;

    RowSums(const Network& network, Index n_rows, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          m_(n_rows * network.n_outputs()),
          pass_(network, std::min(kChunk, n_rows), n_threads),
          arena_(size(network, m_, n_threads, kernels_.tile_cols)),
          blocks_(arena_.take<T>(n_threads * 2 * kBlock)),
          scaled_(arena_.take<T>(n_threads * scaled_block(network))) {
        for (const DenseLayer& layer : network.layers()) {
            fed_.emplace_back(arena_, fed_depth(network, layer), m_, kernels_.tile_cols);
            delta_.emplace_back(arena_, layer.fan_out, m_, kernels_.tile_cols);
        }
    }

    /// Fills `products` for the rows of x, `inputs` unless it is known, and `grads` (n_params,) as
    /// batch_gradient does. Returns false if told to stop on the way.
    bool sum(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
             double weight_sum, const InputProducts<T>& inputs, const RowProducts<T>& products,
             T* grads, const Crew& crew) {
        for (Index from = 0; from < x.rows; from += kChunk) {
            const Index rows = std::min(kChunk, x.rows - from);
            if (!pass_.forward(params, {x.row(from), rows, x.cols, x.stride},
                               {y.row(from), rows, y.cols, y.stride},
                               weights == nullptr ? nullptr : weights + from, weight_sum, from == 0,
                               grads, crew)) {
                return false;
            }
            if (!rows_back(params, products, x.rows, from, rows, crew)) return false;
        }
        pass_.add_penalty(params, grads);
        return pack(inputs, products, crew) && inner_products(inputs, products, crew);
    }

private:
    // Columns of a tile's rows that are made at a time: two blocks of them and one of the result
    // stay in the first cache.
    static constexpr Index kCols = 64;
    static constexpr Index kMostTile = UpperBlocks::kRows;
    static constexpr Index kBlock = kMostTile * kCols;

    static ArenaSize size(const Network& network, Index m, int n_threads, int tile) {
        ArenaSize size;
        size.add<T>(n_threads * 2 * kBlock);
        size.add<T>(n_threads * scaled_block(network));
        for (const DenseLayer& layer : network.layers()) {
            PackedColumns<T>::count(size, fed_depth(network, layer), m, tile);
            PackedColumns<T>::count(size, layer.fan_out, m, tile);
        }
        return size;
    }

    // One neuron has (A A') o (d d') = (d o A) (d o A)': its rows are scaled before they meet, and
    // its bias is one more column where it is damped like the weights.
    static Index fed_depth(const Network& network, const DenseLayer& layer) noexcept {
        const bool has_more = layer.fan_out == 1 && layer.has_bias && network.l2() == 0;
        return layer.fan_in + (has_more ? 1 : 0);
    }
    static Index scaled_block(const Network& network) noexcept {
        Index deepest = 0;
        for (const DenseLayer& layer : network.layers())
            if (layer.fan_out == 1) deepest = std::max(deepest, fed_depth(network, layer));
        return deepest * UpperBlocks::kRows;
    }

    // Copies what comes back to the rows from `at` on.
    struct Rows {
        const Network& network;
        const RowProducts<T>& products;
        Index at;

        bool dense(const DenseLayer& layer, MatrixView<const T> a_in,
                   MatrixView<const T> delta) const {
            const auto l = static_cast<std::size_t>(&layer - network.layers().data());
            copy(a_in, products.fed_of(network, l));
            copy(delta, products.delta_of(network, l));
            return true;
        }
        void norm(const NormLayer&, const Normalized<T>&, MatrixView<const T>) const {}
        void embedded(MatrixView<const T>, MatrixView<const T>) const {}

        void copy(MatrixView<const T> from, MatrixView<T> to) const noexcept {
            if (from.stride == from.cols) {
                std::copy_n(from.data, from.rows * from.cols, to.row(at));
                return;
            }
            for (Index i = 0; i < from.rows; ++i)
                std::copy_n(from.row(i), from.cols, to.row(at + i));
        }
    };

    // The ways back of `rows` rows from row `from` of n_rows on, by blocks of them.
    bool rows_back(const T* params, const RowProducts<T>& products, Index n_rows, Index from,
                   Index rows, const Crew& crew) {
        constexpr Index kRows = UpperBlocks::kRows;
        const double work =
            2 * network_.work_per_row() * static_cast<double>(rows * network_.n_outputs());
        return crew.for_each((rows + kRows - 1) / kRows, work, [&](Index task, int worker) {
            const RowRange block{task * kRows, std::min(kRows, rows - task * kRows)};
            for (Index o = 0; o < network_.n_outputs(); ++o) {
                const Rows sink{network_, products, o * n_rows + from + block.at};
                if (!pass_.backward(params, o, block, sink, pass_.buffers().only(worker),
                                    crew.alone(worker))) {
                    return;
                }
            }
        });
    }

    double work() const noexcept {
        double width = 0;
        for (const DenseLayer& layer : network_.layers())
            width += static_cast<double>(layer.fan_in + layer.fan_out);
        return width * static_cast<double>(m_);
    }

    // Whether the layer's A A' stands there.
    bool is_known(const InputProducts<T>& inputs, std::size_t l) const noexcept {
        return l == 0 && network_.layers()[l].fan_out > 1 && inputs.a.rows > 0 && inputs.is_known;
    }

    bool pack(const InputProducts<T>& inputs, const RowProducts<T>& products,
              const Crew& crew) const {
        constexpr Index kRows = UpperBlocks::kRows;
        constexpr double kPerNumber = 16;  // operations done while one is turned over
        const double all = kPerNumber * work();
        return crew.for_each((m_ + kRows - 1) / kRows, all, [&](Index task, int worker) {
            const Index row = task * kRows, rows = std::min(kRows, m_ - row);
            for (std::size_t l = 0; l < network_.layers().size(); ++l) {
                const MatrixView<T> a = products.fed_of(network_, l).part({row, rows});
                const MatrixView<T> d = products.delta_of(network_, l).part({row, rows});
                const bool is_one = network_.layers()[l].fan_out == 1;
                if (!is_known(inputs, l)) {
                    fed_[l].pack(kernels_, transposed<T>(is_one ? scaled(l, a, d, worker) : a), row,
                                 rows);
                }
                delta_[l].pack(kernels_, transposed<T>(d), row, rows);
            }
        });
    }

    // The rows of [A 1] times those of d.
    MatrixView<T> scaled(std::size_t l, MatrixView<const T> a, MatrixView<const T> d,
                         int worker) const noexcept {
        const Index depth = fed_[l].depth();
        const MatrixView<T> out{scaled_ + worker * scaled_block(network_), a.rows, depth, depth};
        kernels_.outer(a.data, a.stride, a.cols, d.data, d.stride, 1, out.data, out.stride, a.rows);
        for (Index i = 0; depth > a.cols && i < a.rows; ++i) out.row(i)[a.cols] = d.row(i)[0];
        return out;
    }

    // Block by block of the upper triangle, layer after layer.
    bool inner_products(const InputProducts<T>& inputs, const RowProducts<T>& products,
                        const Crew& crew) const {
        const UpperBlocks blocks(m_);
        const double all = work() * static_cast<double>(m_);
        return crew.for_each(blocks.count(), all, [&](Index task, int worker) {
            const TaskBlock block = blocks.at(task);
            for (Index col = block.col; col < block.col + block.cols; col += kCols) {
                const TaskBlock part{block.row, block.rows, col,
                                     std::min(kCols, block.col + block.cols - col)};
                if (crew.should_stop(worker)) return;
                for_each_panel(
                    part, kernels_.tile_cols, [&](Index row, Index rows, Index first, Index cols) {
                        for (std::size_t l = 0; l < network_.layers().size(); ++l)
                            add_layer(inputs, products, l, {row, rows, first, cols}, worker);
                    });
            }
        });
    }

    void add_layer(const InputProducts<T>& inputs, const RowProducts<T>& products, std::size_t l,
                   const TaskBlock& at, int worker) const {
        const auto [row, rows, col, cols] = at;
        const DenseLayer& layer = network_.layers()[l];
        const bool is_alike = products.of_biases.rows == 0;
        const MatrixView<T> sum = products.of_weights.block(row, rows, col, cols);
        T* own = blocks_ + worker * 2 * kBlock;
        const MatrixView<T> d{own, rows, cols, kCols};
        if (layer.fan_out == 1) {
            fed_[l].multiply(kernels_, row, col, sum, l > 0);
        } else {
            MatrixView<T> a{own + kBlock, rows, cols, kCols};
            if (l == 0 && inputs.a.rows > 0) a = inputs.a.block(row, rows, col, cols);
            if (!is_known(inputs, l)) fed_[l].multiply(kernels_, row, col, a, false);
            delta_[l].multiply(kernels_, row, col, d, false);
            kernels_.multiply_add(sum.data, sum.stride, d.data, d.stride, a.data, a.stride,
                                  layer.has_bias && is_alike ? T(1) : T(0), rows, cols, l > 0);
        }
        if (is_alike) return;
        const MatrixView<T> biases = products.of_biases.block(row, rows, col, cols);
        if (layer.has_bias && layer.fan_out == 1) delta_[l].multiply(kernels_, row, col, d, false);
        for (Index i = 0; i < rows; ++i) {
            if (l == 0) std::fill_n(biases.row(i), cols, T(0));
            if (layer.has_bias) kernels_.add_scaled(biases.row(i), d.row(i), T(1), cols);
        }
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Index m_;
    OutputPass<T> pass_;
    Arena arena_;
    T* blocks_;  // two blocks for each thread
    T* scaled_;  // some rows of one neuron's layer for each thread
    std::vector<PackedColumns<T>> fed_;
    std::vector<PackedColumns<T>> delta_;
};

}  // namespace gradus
