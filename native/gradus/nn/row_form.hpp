// Damped Gauss-Newton steps where there are fewer rows times outputs than parameters: through the
// matrix of the rows' inner products, J J', which needs no J. The formulas:
// src/gradus/engines/gauss_newton.py.
#pragma once

#include "linalg/cholesky.hpp"
#include "nn/row_sums.hpp"

namespace gradus {

/// Solves with row products. Scratch: that of a factorization and (m, widest) numbers.
template <class T>
class RowForm {
public:
    RowForm(const Network& network, Index m, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          m_(m),
          cholesky_(kernels_, m, n_threads),
          arena_(size(network, m, n_threads)),
          buffers_(arena_, n_threads, block(network)),
          wide_(arena_.take<T>(m * network.widest())),
          solution_(arena_.take<T>(m)) {}

    /// step = -(J' J + D)^-1 g with D = damping, and l2 more on the weights, by
    /// -D^-1 (g - J' (I + J D^-1 J')^-1 J D^-1 g). `factor` (m, m + 1) is overwritten.
    Factored step(const RowProducts<T>& products, const T* grads, double damping,
                  MatrixView<T> factor, T* step, const Crew& crew) const {
        const T of_weights = static_cast<T>(1 / (damping + network_.l2()));
        const T of_biases = static_cast<T>(1 / damping);
        std::copy_n(grads, network_.n_params(), step);
        scale(step, of_weights, of_biases);
        if (!times_jacobian(products, step, crew)) return Factored::stopped;
        const auto fill = [&](const TaskBlock& at) {
            minus_damped(products, -of_weights, -of_biases, at, factor);
        };
        if (const Factored ended = cholesky_.factor(factor, crew, fill); ended != Factored::done)
            return ended;
        for (Index i = 0; i < m_; ++i) solution_[i] = factor.row(i)[m_];
        if (!cholesky_.solve_upper(factor, solution_, crew)) return Factored::stopped;
        return finish(products, grads, of_weights, of_biases, step, crew) ? Factored::done
                                                                          : Factored::stopped;
    }

private:
    static Index block(const Network& network) noexcept {
        return PackBuffers<T>::block(PackBuffers<T>::kLargest, network.widest());
    }
    static ArenaSize size(const Network& network, Index m, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads, block(network));
        size.add<T>(m * network.widest());
        size.add<T>(m);
        return size;
    }

    // A block of minus [I + J D^-1 J', solution_].
    void minus_damped(const RowProducts<T>& products, T of_weights, T of_biases,
                      const TaskBlock& at, MatrixView<T> out) const noexcept {
        const auto [row, rows, col, all_cols] = at;
        const Index cols = std::min(all_cols, m_ - col);
        if (cols < all_cols)
            for (Index i = row; i < row + rows; ++i) out.row(i)[m_] = -solution_[i];
        const MatrixView<T> from = products.of_weights.block(row, rows, col, cols);
        kernels_.outer(&of_weights, 0, 1, from.data, from.stride, cols, out.row(row) + col,
                       out.stride, rows);
        for (Index i = row; i < row + rows; ++i) {
            if (products.of_biases.rows > 0)
                kernels_.add_scaled(out.row(i) + col, products.of_biases.row(i) + col, of_biases,
                                    cols);
            if (col <= i && i < col + cols) out.row(i)[i] -= T(1);
        }
    }

    void scale(T* v, T of_weights, T of_biases) const noexcept {
        for (const DenseLayer& layer : network_.layers()) {
            for (Index j = layer.weight_at; j < layer.bias_at(); ++j) v[j] *= of_weights;
            for (Index j = layer.bias_at(); j < layer.end(); ++j) v[j] *= of_biases;
        }
    }

    // solution_ = J v: of each layer the rows of (A V + v_bias) o D, summed.
    bool times_jacobian(const RowProducts<T>& products, const T* v, const Crew& crew) const {
        constexpr Index kRows = UpperBlocks::kRows;
        const double work = 2 * network_.work_per_row() * static_cast<double>(m_);
        return crew.for_each((m_ + kRows - 1) / kRows, work, [&](Index task, int worker) {
            const RowRange rows{task * kRows, std::min(kRows, m_ - task * kRows)};
            for (std::size_t l = 0; l < network_.layers().size(); ++l)
                add_layer(products, l, v, rows, worker, crew.alone(worker));
        });
    }

    void add_layer(const RowProducts<T>& products, std::size_t l, const T* v, RowRange rows,
                   int worker, const Crew& alone) const {
        const DenseLayer& layer = network_.layers()[l];
        const MatrixView<const T> delta = products.delta_of(network_, l).part(rows);
        // Other rows may be at another layer.
        const MatrixView<T> z{wide_ + rows.at * network_.widest(), rows.count, layer.fan_out,
                              layer.fan_out};
        const MatrixView<const T> weight{v + layer.weight_at, layer.fan_in, layer.fan_out,
                                         layer.fan_out};
        if (!product(kernels_, plain<T>(products.fed_of(network_, l).part(rows)), plain(weight), z,
                     layer.fan_in, false, buffers_.only(worker), alone,
                     [](Index, Index, Index, Index) {})) {
            return;
        }
        kernels_.row_dots(z.data, z.stride, layer.has_bias ? v + layer.bias_at() : nullptr,
                          delta.data, delta.stride, rows.count, layer.fan_out, solution_ + rows.at,
                          l > 0);
    }

    // step = -D^-1 (g - J' solution_): of each layer A' (solution_ o D), and its column sums.
    bool finish(const RowProducts<T>& products, const T* grads, T of_weights, T of_biases, T* step,
                const Crew& crew) const {
        for (std::size_t l = 0; l < network_.layers().size(); ++l) {
            const DenseLayer& layer = network_.layers()[l];
            const MatrixView<const T> delta = products.delta_of(network_, l);
            const MatrixView<T> scaled{wide_, m_, layer.fan_out, layer.fan_out};
            kernels_.outer(solution_, 1, 1, delta.data, delta.stride, layer.fan_out, scaled.data,
                           scaled.stride, m_);
            const MatrixView<T> weight{step + layer.weight_at, layer.fan_in, layer.fan_out,
                                       layer.fan_out};
            if (!product(kernels_, transposed<T>(products.fed_of(network_, l)), plain<T>(scaled),
                         weight, m_, false, buffers_, crew, [](Index, Index, Index, Index) {})) {
                return false;
            }
            if (layer.has_bias) add_column_sums<T>(kernels_, scaled, false, step + layer.bias_at());
        }
        for (Index j = 0; j < network_.n_params(); ++j) step[j] -= grads[j];
        scale(step, of_weights, of_biases);
        return true;
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Index m_;
    Cholesky<T> cholesky_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* wide_;      // (m, widest)
    T* solution_;  // (m,)
};

}  // namespace gradus
