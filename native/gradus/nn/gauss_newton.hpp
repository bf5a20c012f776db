// The Gauss-Newton matrix G = J' H J of the objective, summed over blocks of rows of the scaled
// Jacobian [Sch02]. The formulas: src/gradus/engines/gauss_newton.py.
#pragma once

#include "linalg/symmetric.hpp"
#include "nn/output_pass.hpp"

namespace gradus {

/// Sums G over chunks of kChunk rows. Scratch: twice kChunk x n_params numbers for the Jacobian of
/// one output, and kChunk rows of every layer; nothing grows with the number of rows or outputs.
template <class T>
class GaussNewton {
public:
    /// One chain of sums of a product, so that chunks change no bit.
    static constexpr Index kChunk = ProductBlocks::kDepth;

    GaussNewton(const Network& network, Index n_rows, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          pass_(network, std::min(kChunk, n_rows), n_threads),
          arena_(size(network, std::min(kChunk, n_rows), kernels_.tile_cols)),
          jacobian_(arena_.take<T>(std::min(kChunk, n_rows) * network.n_params())),
          packed_(arena_, std::min(kChunk, n_rows), network.n_params(), kernels_.tile_cols) {}

    /// Writes G (n_params, n_params), both triangles, with l2 on the weights' diagonal. Returns
    /// false if told to stop on the way.
    bool matrix(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                double weight_sum, MatrixView<T> g, const Crew& crew) {
        if (weight_sum == 0 && !zeros(g, crew)) return false;
        for (Index from = 0; weight_sum > 0 && from < x.rows; from += kChunk) {
            const Index rows = std::min(kChunk, x.rows - from);
            if (!pass_.forward(params, {x.row(from), rows, x.cols, x.stride},
                               {y.row(from), rows, y.cols, y.stride},
                               weights == nullptr ? nullptr : weights + from, weight_sum, crew)) {
                return false;
            }
            for (Index o = 0; o < network_.n_outputs(); ++o) {
                const MatrixView<T> jacobian{jacobian_, rows, g.cols, g.cols};
                if (!pass_.backward(params, o, Rows{network_, kernels_, jacobian, crew}, crew) ||
                    !symmetric_product<T>(kernels_, jacobian, g, from > 0 || o > 0, packed_,
                                          crew)) {
                    return false;
                }
            }
        }
        add_penalty(g);
        return mirror_upper(g, crew);
    }

private:
    static ArenaSize size(const Network& network, Index rows, int tile_cols) {
        ArenaSize size;
        size.add<T>(rows * network.n_params());
        PackedColumns<T>::count(size, rows, network.n_params(), tile_cols);
        return size;
    }

    // The rows of the scaled Jacobian of one output.
    struct Rows {
        const Network& network;
        const Kernels<T>& kernels;
        MatrixView<T> jacobian;
        const Crew& crew;

        bool dense(const DenseLayer& layer, MatrixView<const T> a_in,
                   MatrixView<const T> delta) const {
            return for_each_rows(crew, delta.rows, layer.weight_count(), [&](Index row, Index n) {
                kernels.outer(a_in.row(row), a_in.stride, layer.fan_in, delta.row(row),
                              delta.stride, layer.fan_out, jacobian.row(row) + layer.weight_at,
                              jacobian.stride, n);
                for (Index i = row; layer.has_bias && i < row + n; ++i)
                    std::copy_n(delta.row(i), layer.fan_out, jacobian.row(i) + layer.bias_at());
            });
        }
        void norm(const NormLayer& norm, const Normalized<T>& normalized,
                  MatrixView<const T> delta) const {
            for (Index i = 0; i < delta.rows; ++i) {
                T* scale = jacobian.row(i) + norm.scale_at;
                for (Index q = 0; q < norm.width; ++q)
                    scale[q] = normalized.numbers.row(i)[q] * delta.row(i)[q];
                std::copy_n(delta.row(i), norm.width, jacobian.row(i) + norm.shift_at());
            }
        }
        void embedded(MatrixView<const T> x, MatrixView<const T> delta) const {
            const Index left_out = network.input_width() - delta.cols;
            for (const EmbeddingTable& table : network.embeddings()) {
                for (Index i = 0; i < x.rows; ++i) {
                    T* out = jacobian.row(i) + table.weight_at;
                    std::fill_n(out, table.weight_count(), T(0));
                    const auto level = static_cast<Index>(x.row(i)[table.column]);
                    std::copy_n(delta.row(i) + (table.input - left_out), table.width,
                                out + level * table.width);
                }
            }
        }
    };

    static bool zeros(MatrixView<T> g, const Crew& crew) {
        return crew.for_each(g.rows, static_cast<double>(g.rows * g.cols),
                             [&](Index i, int) { std::fill_n(g.row(i), g.cols, T(0)); });
    }

    void add_penalty(MatrixView<T> g) const noexcept {
        const auto add = [&](Index from, Index count) {
            for (Index i = from; i < from + count; ++i)
                g.row(i)[i] += static_cast<T>(network_.l2());
        };
        for (const EmbeddingTable& table : network_.embeddings())
            add(table.weight_at, table.weight_count());
        for (const DenseLayer& layer : network_.layers())
            add(layer.weight_at, layer.weight_count());
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    OutputPass<T> pass_;
    Arena arena_;
    T* jacobian_;  // (chunk, n_params)
    PackedColumns<T> packed_;
};

/// The weights' sum, in double and in the order of the rows.
template <class T>
double sum_of_weights(const T* weights, Index n) noexcept {
    if (weights == nullptr) return static_cast<double>(n);
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += static_cast<double>(weights[i]);
    return sum;
}

/// How far the model g's + s'Gs / 2 falls along the step s that solves (G + damping) s = -g:
/// (damping s - g)'s / 2, in double and in order.
template <class T>
double fall_of_model(const T* step, const T* grads, Index n, double damping) noexcept {
    double sum = 0;
    for (Index i = 0; i < n; ++i) {
        const auto s = static_cast<double>(step[i]);
        sum += (damping * s - static_cast<double>(grads[i])) * s;
    }
    return sum / 2;
}

}  // namespace gradus
