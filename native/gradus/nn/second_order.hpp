// Second-order products: the Hessian or the Gauss-Newton matrix of a batch's objective, each times
// a vector, without the matrix. The formulas: src/gradus/engines/second_order.py.
#pragma once

#include "nn/hessian.hpp"

namespace gradus {

/// Scratch and code of one product with the Gauss-Newton matrix J' H J [Sch02]: forward along v,
/// through the loss, and back as a gradient goes. As HessianPass otherwise.
template <class T>
class GaussNewtonPass {
public:
    GaussNewtonPass(const Network& network, Index batch_rows, int n_threads)
        : network_(network),
          pass_(network, batch_rows, n_threads),
          arena_(size(network, pass_.chunk_rows())),
          tangent_(network, pass_.chunk_rows(), arena_),
          row_(arena_.take<T>(network.n_outputs())) {}

    Index chunk_rows() const noexcept { return pass_.chunk_rows(); }

    bool add_chunk(const T* params, const T* v, MatrixView<const T> x, MatrixView<const T> y,
                   const T* weights, double weight_sum, bool is_first, T* out, const Crew& crew) {
        if (!pass_.forward(params, x, crew) ||
            !tangent_.forward(kernels<T>(), pass_.trace(), params, v, x, pass_.buffers(), crew)) {
            return false;
        }
        const MatrixView<T> outputs = pass_.trace().outputs(), r_outputs = tangent_.outputs();
        curvature_product<T>(network_, outputs, y, weights, weight_sum, false, r_outputs, row_);
        std::copy_n(r_outputs.data, r_outputs.rows * r_outputs.cols, outputs.data);
        return pass_.backward(params, is_first, out, crew);
    }

private:
    static ArenaSize size(const Network& network, Index chunk) {
        ArenaSize size;
        Tangent<T>::count(size, network, chunk);
        size.add<T>(network.n_outputs());
        return size;
    }

    const Network& network_;
    GradientPass<T> pass_;
    Arena arena_;
    Tangent<T> tangent_;
    T* row_;  // (n_outputs,)
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
/// weights, times v (n_params,). Pass is HessianPass<T> or GaussNewtonPass<T>. Nothing is dropped.
/// A batch whose weights sum to 0, or without rows, has the penalty alone. Returns false if told to
/// stop on the way.
template <class Pass, class T>
bool second_order_product(const Network& network, const T* params, MatrixView<const T> x,
                          MatrixView<const T> y, const T* weights, const T* v, T* out,
                          const Crew& crew) {
    Pass pass(network, x.rows, crew.n_threads());
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
