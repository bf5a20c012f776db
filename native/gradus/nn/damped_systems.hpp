// The two forms of damped Gauss-Newton steps, each as one thing that is formed around a point and
// then solved for several dampings. Which one is cheaper is the caller's to know.
#pragma once

#include "linalg/cholesky.hpp"
#include "nn/batch_gradient.hpp"
#include "nn/gauss_newton.hpp"
#include "nn/row_form.hpp"

namespace gradus {

/// The rows of a least-squares problem; weights may be null.
template <class T>
struct LeastSquaresRows {
    MatrixView<const T> x;
    MatrixView<const T> y;
    const T* weights;
};

/// Through the Gauss-Newton matrix: `g` and `factor` (n_params, n_params), memory of the caller.
template <class T>
class MatrixSystem {
public:
    MatrixSystem(const Network& network, const LeastSquaresRows<T>& rows, MatrixView<T> g,
                 MatrixView<T> factor, int n_threads)
        : network_(network),
          rows_(rows),
          g_(g),
          factor_(factor),
          weight_sum_(sum_of_weights(rows.weights, rows.x.rows)),
          sum_(network, rows.x.rows, n_threads),
          cholesky_(kernels<T>(), g.rows, n_threads) {}

    /// Forms the model around `params`, and its gradient (n_params,). Returns false if told to
    /// stop on the way.
    bool form(const T* params, T* grads, const Crew& crew) {
        Totals totals;
        return batch_gradient(network_, params, rows_.x, rows_.y, rows_.weights, grads, crew,
                              totals) &&
               sum_.matrix(params, rows_.x, rows_.y, rows_.weights, weight_sum_, g_, crew);
    }

    /// Mean of the matrix's diagonal.
    double mean_curvature() const noexcept {
        double sum = 0;
        for (Index i = 0; i < g_.rows; ++i) sum += static_cast<double>(g_.row(i)[i]);
        return sum / static_cast<double>(g_.rows);
    }

    /// step = -(G + damping)^-1 grads.
    Factored step(const T* grads, double damping, T* step, const Crew& crew) const {
        const Damped<T> fill{MatrixView<const T>(g_), static_cast<T>(damping), factor_};
        if (const Factored ended = cholesky_.factor(factor_, crew, fill); ended != Factored::done)
            return ended;
        for (Index i = 0; i < g_.rows; ++i) step[i] = -grads[i];
        return cholesky_.solve(factor_, step, crew) ? Factored::done : Factored::stopped;
    }

private:
    const Network& network_;
    LeastSquaresRows<T> rows_;
    MatrixView<T> g_;
    MatrixView<T> factor_;
    double weight_sum_;
    GaussNewton<T> sum_;
    Cholesky<T> cholesky_;
};

/// Through the inner products of the Jacobian's rows; all in memory of the caller.
template <class T>
class RowSystem {
public:
    RowSystem(const Network& network, const LeastSquaresRows<T>& rows,
              const InputProducts<T>& inputs, const RowProducts<T>& products, MatrixView<T> factor,
              int n_threads)
        : network_(network),
          rows_(rows),
          inputs_(inputs),
          products_(products),
          factor_(factor),
          weight_sum_(sum_of_weights(rows.weights, rows.x.rows)),
          sums_(network, rows.x.rows, n_threads),
          form_(network, products.m, n_threads) {}

    /// As MatrixSystem::form.
    bool form(const T* params, T* grads, const Crew& crew) {
        if (!sums_.sum(params, rows_.x, rows_.y, rows_.weights, weight_sum_, inputs_, products_,
                       grads, crew)) {
            return false;
        }
        inputs_.is_known = true;
        return true;
    }

    /// J' J and J J' have one trace.
    double mean_curvature() const noexcept {
        Index n_weights = 0;
        for (const DenseLayer& layer : network_.layers()) n_weights += layer.weight_count();
        return (products_.trace() + network_.l2() * static_cast<double>(n_weights)) /
               static_cast<double>(network_.n_params());
    }

    /// As MatrixSystem::step.
    Factored step(const T* grads, double damping, T* step, const Crew& crew) const {
        return form_.step(products_, grads, damping, factor_, step, crew);
    }

private:
    const Network& network_;
    LeastSquaresRows<T> rows_;
    InputProducts<T> inputs_;
    RowProducts<T> products_;
    MatrixView<T> factor_;
    double weight_sum_;
    RowSums<T> sums_;
    RowForm<T> form_;
};

}  // namespace gradus
