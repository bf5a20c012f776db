// Second-order products: the Hessian [Pea94] or the Gauss-Newton matrix [Sch02] of a batch's
// objective, each times a vector, without the matrix. The formulas:
// src/gradus/engines/second_order.py.
#pragma once

#include <vector>

#include "nn/forward.hpp"
#include "nn/gradient.hpp"
#include "nn/loss.hpp"
#include "nn/loss_curvature.hpp"

namespace gradus {

/// The Gauss-Newton matrix is the Hessian without the network's own curvature: the way back then
/// carries no gradient, only the derivative of one.
enum class SecondOrder { hessian, gauss_newton };

/// Scratch and code of one product, sized from the network and the batch before the first chunk.
///
/// R stands for the derivative along the direction v. Chunks are those of GradientPass, and so are
/// the chains in which rows are summed.
template <class T>
class SecondOrderPass {
public:
    SecondOrderPass(const Network& network, SecondOrder matrix, Index batch_rows, int n_threads)
        : network_(network),
          is_hessian_(matrix == SecondOrder::hessian),
          kernels_(kernels<T>()),
          chunk_(std::min(GradientPass<T>::kChunk, batch_rows)),
          arena_(size(network, is_hessian_, chunk_, n_threads)),
          buffers_(arena_, n_threads),
          level_sums_(network, arena_),
          layers_(network.layers().size()),
          row_(arena_.take<T>(network.n_outputs())),
          input_(arena_.take<T>(chunk_ * input_width(network))),
          r_input_(arena_.take<T>(chunk_ * input_width(network))) {
        for (T** buffer : {&r_delta_, &r_delta_below_, &delta_, &delta_below_}) {
            const bool is_used = is_hessian_ || buffer == &r_delta_ || buffer == &r_delta_below_;
            if (is_used) *buffer = arena_.take<T>(chunk_ * network.widest());
        }
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const DenseLayer& layer = network.layers()[l];
            const Index count = chunk_ * layer.fan_out;
            layers_[l].a = arena_.take<T>(count);
            layers_[l].r_a = arena_.take<T>(count);
            if (layer.activation == Activation::identity) continue;
            layers_[l].slope = arena_.take<T>(count);
            if (is_hessian_) layers_[l].bend = arena_.take<T>(count);
        }
    }

    Index chunk_rows() const noexcept { return chunk_; }

    /// Adds one chunk of at most chunk_rows() rows to `out` (n_params,), which the batch's first
    /// chunk overwrites. Weights are divided by the batch's sum through `weight_sum`; no penalty.
    /// Returns false if told to stop on the way.
    bool add_chunk(const T* params, const T* v, MatrixView<const T> x, MatrixView<const T> y,
                   const T* weights, double weight_sum, bool is_first, T* out, const Crew& crew) {
        const Dual<const T> input = embedded(params, v, x);
        if (!forward(params, v, input, crew)) return false;
        const std::size_t last = layers_.size() - 1;
        Dual<T> delta = activations(last, x.rows);
        curvature_product<T>(network_, delta.value, y, weights, weight_sum, delta.r, row_);
        if (is_hessian_) {
            Totals unused;
            loss_and_delta(network_, delta.value, y, weights, weight_sum, unused);
        } else {
            delta.value = {};
        }
        through_activation(last, delta, 0, x.rows, 0, network_.n_outputs());
        return backward(params, v, x, input, delta, is_first, out, crew);
    }

private:
    /// A matrix and its derivative along v. A null value stands for one that is not needed, a null
    /// derivative for 0.
    template <class U>
    struct Dual {
        MatrixView<U> value;
        MatrixView<U> r;
        operator Dual<const U>() const noexcept { return {value, r}; }
    };
    struct LayerScratch {
        T* a = nullptr;      // (chunk, fan_out)
        T* r_a = nullptr;    // (chunk, fan_out)
        T* slope = nullptr;  // (chunk, fan_out): f'(z); null where the activation is the identity
        T* bend = nullptr;   // (chunk, fan_out): f''(z) R z, the Hessian's only
    };

    // With embeddings layer 1 is fed from scratch, else from the rows themselves.
    static Index input_width(const Network& network) noexcept {
        return network.embeddings().empty() ? 0 : network.input_width();
    }

    static ArenaSize size(const Network& network, bool is_hessian, Index chunk, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        LevelSums<T>::count(size, network);
        size.add<T>(network.n_outputs());
        for (int i = 0; i < 2; ++i) size.add<T>(chunk * input_width(network));
        for (int i = 0; i < (is_hessian ? 4 : 2); ++i) size.add<T>(chunk * network.widest());
        for (const DenseLayer& layer : network.layers()) {
            for (int i = 0; i < 4; ++i) size.add<T>(chunk * layer.fan_out);
        }
        return size;
    }

    MatrixView<T> of_layer(T* data, std::size_t l, Index rows) const noexcept {
        const Index width = network_.layers()[l].fan_out;
        return {data, rows, width, width};
    }
    Dual<T> activations(std::size_t l, Index rows) const noexcept {
        return {of_layer(layers_[l].a, l, rows), of_layer(layers_[l].r_a, l, rows)};
    }

    // What feeds layer 1: the rows themselves, which no parameter moves, or what embeddings fill.
    Dual<const T> embedded(const T* params, const T* v, MatrixView<const T> x) const noexcept {
        if (network_.embeddings().empty()) return {x, {}};
        const Index width = input_width(network_);
        const Dual<T> input{{input_, x.rows, width, width}, {r_input_, x.rows, width, width}};
        embed(network_, params, x, input.value);
        embed(network_, v, x, input.r);
        for (Index i = 0; i < x.rows; ++i) std::fill_n(input.r.row(i), network_.n_plain(), T(0));
        return input;
    }

    // z = a_in weight + bias and R z = R a_in weight + a_in V + c, V and c being v's; a = f(z),
    // R a = f'(z) R z.
    bool forward(const T* params, const T* v, Dual<const T> a_in, const Crew& crew) {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const DenseLayer& layer = network_.layers()[l];
            const Index rows = a_in.value.rows;
            const Dual<T> a_out = activations(l, rows);
            const MatrixView<T> slope = of_layer(layers_[l].slope, l, rows);
            const MatrixView<T> bend = of_layer(layers_[l].bend, l, rows);
            if (!dense_forward<T>(kernels_, layer, params, a_in.value, a_out.value, slope, buffers_,
                                  crew, bend)) {
                return false;
            }
            if (a_in.r.data != nullptr && !multiply(plain<T>(a_in.r), plain(weight(layer, params)),
                                                    a_out.r, layer.fan_in, false, crew)) {
                return false;
            }
            const bool done = multiply(
                plain<T>(a_in.value), plain(weight(layer, v)), a_out.r, layer.fan_in,
                a_in.r.data != nullptr, crew,
                [&](Index row, Index n_rows, Index col, Index n_cols) {
                    T* r_z = a_out.r.row(row) + col;
                    const Index stride = a_out.r.stride;
                    if (layer.has_bias)
                        add_bias(r_z, stride, v + layer.bias_at() + col, n_rows, n_cols);
                    if (bend.data != nullptr)
                        kernels_.multiply(bend.row(row) + col, stride, r_z, stride, n_rows, n_cols);
                    if (slope.data != nullptr)
                        kernels_.multiply(r_z, stride, slope.row(row) + col, stride, n_rows,
                                          n_cols);
                });
            if (!done) return false;
            a_in = a_out;
        }
        return true;
    }

    // From the last layer down: R d_weight = R a_in' delta + a_in' R delta, R d_bias = column sums
    // of R delta, and for the layer below R d_a = R delta weight' + delta V'.
    bool backward(const T* params, const T* v, MatrixView<const T> x, const Dual<const T>& input,
                  Dual<T> delta, bool is_first, T* out, const Crew& crew) {
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const DenseLayer& layer = network_.layers()[l];
            const Dual<const T> a_in = l == 0 ? input : Dual<const T>(activations(l - 1, x.rows));
            if (!parameter_product(layer, a_in, delta, is_first, out, crew)) return false;
            if (l == 0 && network_.embeddings().empty()) return true;
            const Dual<T> below{
                {is_hessian_ ? delta_below_ : nullptr, x.rows, layer.fan_in, layer.fan_in},
                {r_delta_below_, x.rows, layer.fan_in, layer.fan_in}};
            if (!carry_down(l, params, v, delta, below, crew)) return false;
            delta = below;
            std::swap(delta_, delta_below_);
            std::swap(r_delta_, r_delta_below_);
        }
        for (const EmbeddingTable& table : network_.embeddings()) {
            T* of_table = out + table.weight_at;
            if (is_first) std::fill_n(of_table, table.weight_count(), T(0));
            level_sums_.add(table, x,
                            {delta.r.data + table.input, x.rows, table.width, delta.r.stride},
                            of_table);
        }
        return true;
    }

    bool parameter_product(const DenseLayer& layer, const Dual<const T>& a_in, const Dual<T>& delta,
                           bool is_first, T* out, const Crew& crew) {
        const MatrixView<T> of_weight{out + layer.weight_at, layer.fan_in, layer.fan_out,
                                      layer.fan_out};
        const Index rows = delta.r.rows;
        if (!multiply(transposed<T>(a_in.value), plain<T>(delta.r), of_weight, rows, !is_first,
                      crew)) {
            return false;
        }
        if (is_hessian_ && a_in.r.data != nullptr &&
            !multiply(transposed<T>(a_in.r), plain<T>(delta.value), of_weight, rows, true, crew)) {
            return false;
        }
        if (!layer.has_bias) return true;
        constexpr Index kRows = ProductBlocks::kDepth;
        for (Index row = 0; row < rows; row += kRows) {
            kernels_.column_sums(delta.r.row(row), delta.r.stride, std::min(kRows, rows - row),
                                 layer.fan_out, out + layer.bias_at(), !is_first || row > 0);
        }
        return true;
    }

    // d_a of layer l's input, and R of it; below another layer, through that layer's activation.
    bool carry_down(std::size_t l, const T* params, const T* v, const Dual<T>& delta,
                    const Dual<T>& below, const Crew& crew) {
        const DenseLayer& layer = network_.layers()[l];
        if (is_hessian_) {
            if (l > 0 && !multiply(plain<T>(delta.value), transposed(weight(layer, params)),
                                   below.value, layer.fan_out, false, crew)) {
                return false;
            }
            if (!multiply(plain<T>(delta.value), transposed(weight(layer, v)), below.r,
                          layer.fan_out, false, crew)) {
                return false;
            }
        }
        return multiply(plain<T>(delta.r), transposed(weight(layer, params)), below.r,
                        layer.fan_out, is_hessian_, crew,
                        [&](Index row, Index rows, Index col, Index cols) {
                            if (l > 0) through_activation(l - 1, below, row, rows, col, cols);
                        });
    }

    // On one block, with d the gradient by layer l's activation: R delta = R d f'(z) + d f''(z) R z
    // and delta = d f'(z). The layer's bend is used up.
    void through_activation(std::size_t l, const Dual<T>& d, Index row, Index rows, Index col,
                            Index cols) const noexcept {
        const Index stride = network_.layers()[l].fan_out;
        const Index at = row * stride + col;
        if (layers_[l].slope == nullptr) return;
        const T* slope = layers_[l].slope + at;
        kernels_.multiply(d.r.row(row) + col, d.r.stride, slope, stride, rows, cols);
        if (d.value.data == nullptr) return;
        T* bend = layers_[l].bend + at;
        kernels_.multiply(bend, stride, d.value.row(row) + col, d.value.stride, rows, cols);
        for (Index i = 0; i < rows; ++i)
            kernels_.add_scaled(d.r.row(row + i) + col, bend + i * stride, T(1), cols);
        kernels_.multiply(d.value.row(row) + col, d.value.stride, slope, stride, rows, cols);
    }

    static MatrixView<const T> weight(const DenseLayer& layer, const T* params) noexcept {
        return {params + layer.weight_at, layer.fan_in, layer.fan_out, layer.fan_out};
    }
    void add_bias(T* z, Index stride, const T* bias, Index rows, Index cols) const noexcept {
        kernels_.activate[static_cast<int>(Activation::identity)](z, stride, nullptr, 0, bias, rows,
                                                                  cols);
    }
    bool multiply(Operand<T> a, Operand<T> b, MatrixView<T> c, Index depth, bool accumulate,
                  const Crew& crew) {
        return multiply(a, b, c, depth, accumulate, crew, [](Index, Index, Index, Index) {});
    }
    template <class Finish>
    bool multiply(Operand<T> a, Operand<T> b, MatrixView<T> c, Index depth, bool accumulate,
                  const Crew& crew, Finish&& finish) {
        return product(kernels_, a, b, c, depth, accumulate, buffers_, crew, finish);
    }

    const Network& network_;
    bool is_hessian_;
    const Kernels<T>& kernels_;
    Index chunk_;
    Arena arena_;
    PackBuffers<T> buffers_;
    LevelSums<T> level_sums_;
    std::vector<LayerScratch> layers_;
    T* row_;      // (n_outputs,)
    T* input_;    // (chunk, fan_in of layer 1), with embeddings only
    T* r_input_;  // as input_
    T* r_delta_ = nullptr;
    T* r_delta_below_ = nullptr;
    T* delta_ = nullptr;  // the Hessian's only
    T* delta_below_ = nullptr;
};

/// out += l2 * v on the weights, nothing on the other parameters: the penalty's share. The second
/// derivative of an l1 penalty counts as 0 everywhere.
template <class T>
void add_penalty_product(const Network& network, const T* v, T* out) noexcept {
    if (network.l2() == 0) return;
    const auto add = [&](Index at, Index count) {
        kernels<T>().add_scaled(out + at, v + at, static_cast<T>(network.l2()), count);
    };
    for (const EmbeddingTable& table : network.embeddings())
        add(table.weight_at, table.weight_count());
    for (const DenseLayer& layer : network.layers()) add(layer.weight_at, layer.weight_count());
}

/// out (n_params,) = the matrix of the rows' weighted mean loss plus the penalty's l2 on the
/// weights, times v (n_params,). A batch whose weights sum to 0, or without rows, has the penalty
/// alone. Returns false if told to stop on the way.
template <class T>
bool second_order_product(const Network& network, SecondOrder matrix, const T* params,
                          MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                          const T* v, T* out, const Crew& crew) {
    SecondOrderPass<T> pass(network, matrix, x.rows, crew.n_threads());
    double weight = weights == nullptr ? static_cast<double>(x.rows) : 0.0;
    for (Index i = 0; weights != nullptr && i < x.rows; ++i)
        weight += static_cast<double>(weights[i]);
    if (weight == 0) {
        std::fill_n(out, network.n_params(), T(0));
    } else {
        for (Index from = 0; from < x.rows; from += pass.chunk_rows()) {
            const Index rows = std::min(pass.chunk_rows(), x.rows - from);
            if (!pass.add_chunk(params, v, {x.row(from), rows, x.cols, x.stride},
                                {y.row(from), rows, y.cols, y.stride},
                                weights == nullptr ? nullptr : weights + from, weight, from == 0,
                                out, crew)) {
                return false;
            }
        }
    }
    add_penalty_product(network, v, out);
    return true;
}

}  // namespace gradus
