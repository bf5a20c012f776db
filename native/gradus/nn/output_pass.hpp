// The pass back from one output at a time: what the rows of a Jacobian are made of. The formulas:
// src/gradus/engines/gauss_newton.py.
#pragma once

#include "nn/curvature.hpp"
#include "nn/gradient.hpp"

namespace gradus {

/// Forward once for a block of rows, then for each output o the way back of column o of the root S
/// of the loss's curvature: with delta, the derivative of (S' outputs)_o by what a dense layer gave
/// before its activation, row i of the scaled Jacobian has a_in(i, p) delta(i, q) for its weight
/// (p, q) and delta(i, q) for its bias. Nothing is dropped.
template <class T>
class OutputPass {
public:
    OutputPass(const Network& network, Index most_rows, int n_threads)
        : network_(network),
          pass_(network, most_rows, n_threads),
          arena_(size(network, most_rows)),
          curvature_(arena_.take<T>(most_rows * network.n_outputs())) {}

    const PackBuffers<T>& buffers() const noexcept { return pass_.buffers(); }

    /// Keeps what the ways back need. Returns false if told to stop on the way.
    bool forward(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                 double weight_sum, const Crew& crew) {
        x_ = x, weights_ = weights, weight_sum_ = weight_sum;
        if (!pass_.forward(params, x, crew)) return false;
        output_curvature<T>(network_, pass_.trace().outputs(), y, curvature());
        return true;
    }

    /// As forward, and adds the gradient of these rows' part of the mean loss to `grads`
    /// (n_params,), which that of a batch's first rows overwrites.
    bool forward(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                 double weight_sum, bool is_first, T* grads, const Crew& crew) {
        x_ = x, weights_ = weights, weight_sum_ = weight_sum;
        Totals totals;
        const auto see = [&](RowRange rows) {
            output_curvature<T>(network_, pass_.trace().outputs().part(rows), y.part(rows),
                                curvature().part(rows));
        };
        return pass_.add_chunk(params, x, y, weights, weight_sum, is_first, nullptr, grads, totals,
                               crew, StandingRows{}, see);
    }
    void add_penalty(const T* params, T* grads) const noexcept { pass_.add_penalty(params, grads); }

    /// The way back of output o, to a sink as GradientPass::backward wants it. Returns false if
    /// told to stop on the way.
    template <class Sink>
    bool backward(const T* params, Index o, Sink&& sink, const Crew& crew) {
        return backward(params, o, {0, x_.rows}, sink, buffers(), crew);
    }
    /// The same for some of the rows, whose outputs come one after the other.
    template <class Sink>
    bool backward(const T* params, Index o, RowRange rows, Sink&& sink,
                  const PackBuffers<T>& buffers, const Crew& crew) {
        curvature_root<T>(network_, curvature().part(rows),
                          weights_ == nullptr ? nullptr : weights_ + rows.at, weight_sum_, o,
                          pass_.trace().outputs().part(rows));
        return pass_.backward(params, rows, sink, buffers, crew);
    }

private:
    static ArenaSize size(const Network& network, Index rows) {
        ArenaSize size;
        size.add<T>(rows * network.n_outputs());
        return size;
    }
    MatrixView<T> curvature() const noexcept {
        return {curvature_, x_.rows, network_.n_outputs(), network_.n_outputs()};
    }

    const Network& network_;
    GradientPass<T> pass_;
    Arena arena_;
    T* curvature_;  // (rows, n_outputs)
    MatrixView<const T> x_{};
    const T* weights_ = nullptr;
    double weight_sum_ = 0;
};

}  // namespace gradus
