// The pass back from one output at a time: what the rows of a Jacobian are made of. The formulas:
// src/gradus/engines/gauss_newton.py.
#pragma once

#include <vector>

#include "nn/backward.hpp"
#include "nn/curvature.hpp"
#include "nn/forward.hpp"

namespace gradus {

/// Forward once for a block of rows, then for each output o the way back of column o of the root S
/// of the loss's curvature: with delta_l, the derivative of (S' outputs)_o by z_l, row i of the
/// scaled Jacobian has a_(l-1)(i, p) delta_l(i, q) for weight (p, q) of layer l and delta_l(i, q)
/// for its bias.
template <class T>
class OutputPass {
public:
    OutputPass(const Network& network, Index most_rows, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          arena_(size(network, most_rows, n_threads)),
          buffers_(arena_, n_threads),
          input_(arena_.take<T>(most_rows * input_width(network))),
          curvature_(arena_.take<T>(most_rows * network.n_outputs())),
          delta_(arena_.take<T>(most_rows * network.widest())),
          delta_below_(arena_.take<T>(most_rows * network.widest())) {
        for (const DenseLayer& layer : network.layers()) {
            a_.push_back(arena_.take<T>(most_rows * layer.fan_out));
            slope_.push_back(arena_.take<T>(most_rows * layer.fan_out));
        }
    }

    const PackBuffers<T>& buffers() const noexcept { return buffers_; }

    /// Keeps what the ways back need. Returns false if told to stop on the way.
    bool forward(const T* params, MatrixView<const T> x, const T* weights, double weight_sum,
                 const Crew& crew) {
        x_ = x, weights_ = weights, weight_sum_ = weight_sum, fed_ = x;
        if (!network_.embeddings().empty()) {
            const Index width = input_width(network_);
            const MatrixView<T> embedded{input_, x.rows, width, width};
            embed(network_, params, x, embedded);
            fed_ = embedded;
        }
        for (std::size_t l = 0; l < a_.size(); ++l) {
            if (!dense_forward(kernels_, network_.layers()[l], params, fed(l), matrix(a_, l),
                               matrix(slope_, l), buffers_, crew)) {
                return false;
            }
        }
        const Index width = network_.n_outputs();
        const MatrixView<T> outputs = matrix(a_, a_.size() - 1);
        for (Index i = 0; i < x.rows; ++i)
            std::copy_n(outputs.row(i), width, curvature_ + i * width);
        output_curvature(network_, MatrixView<T>{curvature_, x.rows, width, width});
        return true;
    }

    /// What layer l + 1 is fed, (rows, fan_in).
    MatrixView<const T> fed(std::size_t l) const noexcept {
        return l == 0 ? fed_ : MatrixView<const T>(matrix(a_, l - 1));
    }

    /// From the last layer to the first calls at_layer(l, delta), delta (rows, fan_out), and with
    /// embeddings at_embedded(delta) at last, delta (rows, the columns that they filled). Returns
    /// false if told to stop on the way.
    template <class AtLayer, class AtEmbedded>
    bool backward(const T* params, Index o, const Crew& crew, AtLayer&& at_layer,
                  AtEmbedded&& at_embedded) {
        const Index width = network_.n_outputs();
        MatrixView<T> delta{delta_, x_.rows, width, width};
        curvature_root<T>(network_, {curvature_, x_.rows, width, width}, weights_, weight_sum_, o,
                          delta);
        multiply(delta, a_.size() - 1, 0, x_.rows, 0, width);
        for (std::size_t l = a_.size(); l-- > 0;) {
            at_layer(l, MatrixView<const T>(delta));
            const Index from = l == 0 ? network_.n_plain() : 0;
            const Index cols = network_.layers()[l].fan_in - from;
            if (l == 0 && network_.embeddings().empty()) break;
            const MatrixView<T> below{delta_below_, x_.rows, cols, cols};
            if (!carry_down(kernels_, network_.layers()[l], params, MatrixView<const T>(delta),
                            from, below, buffers_, crew,
                            [&](Index row, Index rows, Index col, Index n) {
                                if (l > 0) multiply(below, l - 1, row, rows, col, n);
                            })) {
                return false;
            }
            if (l == 0) at_embedded(MatrixView<const T>(below));
            delta = below;
            std::swap(delta_, delta_below_);
        }
        return true;
    }

private:
    static Index input_width(const Network& network) noexcept {
        return network.embeddings().empty() ? 0 : network.layers()[0].fan_in;
    }
    static ArenaSize size(const Network& network, Index rows, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        size.add<T>(rows * input_width(network));
        size.add<T>(rows * network.n_outputs());
        size.add<T>(rows * network.widest());
        size.add<T>(rows * network.widest());
        for (const DenseLayer& layer : network.layers()) {
            size.add<T>(rows * layer.fan_out);
            size.add<T>(rows * layer.fan_out);
        }
        return size;
    }

    MatrixView<T> matrix(const std::vector<T*>& of_layers, std::size_t l) const noexcept {
        const Index width = network_.layers()[l].fan_out;
        return {of_layers[l], x_.rows, width, width};
    }

    // A block of delta times the same block of layer l's slopes.
    void multiply(MatrixView<T> delta, std::size_t l, Index row, Index rows, Index col,
                  Index cols) const noexcept {
        const MatrixView<T> slope = matrix(slope_, l);
        kernels_.multiply(delta.row(row) + col, delta.stride, slope.row(row) + col, slope.stride,
                          rows, cols);
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* input_;  // (rows, fan_in of layer 1), with embeddings only
    T* curvature_;
    T* delta_;
    T* delta_below_;
    std::vector<T*> a_, slope_;  // of each layer, (rows, fan_out)
    MatrixView<const T> x_{}, fed_{};
    const T* weights_ = nullptr;
    double weight_sum_ = 0;
};

}  // namespace gradus
