// Damped Gauss-Newton steps where there are fewer rows times outputs than parameters: through the
// matrix of the rows' inner products, J J', which needs no J. The formulas:
// src/gradus/engines/gauss_newton.py.
#pragma once

#include "linalg/cholesky.hpp"
#include "nn/output_pass.hpp"

namespace gradus {

/// What the rows of the scaled Jacobian are made of, and their inner products; memory of the
/// caller. Row o * n_rows + i belongs to output o of row i; m = n_rows * n_outputs.
template <class T>
struct RowProducts {
    MatrixView<T> fed;         // (m, sum of fan_in): what feeds each layer
    MatrixView<T> delta;       // (m, sum of fan_out)
    MatrixView<T> of_weights;  // (m, m), lower triangle: sum over layers of (A A') o (D D')
    MatrixView<T> of_biases;   // (m, m), lower triangle: sum over layers with bias of D D'
};

/// Sums the row products and solves with them. No embeddings and no norms.
/// Scratch: one chunk of rows of every
/// layer, two blocks of a product per thread, and (m, widest) numbers.
template <class T>
class RowForm {
public:
    static constexpr Index kChunk = ProductBlocks::kDepth;

    RowForm(const Network& network, Index m, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          m_(m),
          arena_(size(network, m, n_threads)),
          buffers_(arena_, n_threads),
          blocks_(arena_.take<T>(n_threads * 2 * kBlock)),
          wide_(arena_.take<T>(m * network.widest())),
          solution_(arena_.take<T>(m)) {}

    /// Fills `products` for the rows of x. Returns false if told to stop on the way.
    bool sum(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
             double weight_sum, const RowProducts<T>& products, const Crew& crew) const {
        OutputPass<T> pass(network_, std::min(kChunk, x.rows), crew.n_threads());
        for (Index from = 0; from < x.rows; from += kChunk) {
            const Index rows = std::min(kChunk, x.rows - from);
            if (!pass.forward(params, {x.row(from), rows, x.cols, x.stride},
                              {y.row(from), rows, y.cols, y.stride},
                              weights == nullptr ? nullptr : weights + from, weight_sum, crew)) {
                return false;
            }
            for (Index o = 0; o < network_.n_outputs(); ++o) {
                const Rows rows_of_output{*this, products, o * x.rows + from};
                if (!pass.backward(params, o, rows_of_output, crew)) return false;
            }
        }
        return inner_products(products, crew);
    }

    /// step = -(J' J + D)^-1 g with D = damping, and l2 more on the weights, by
    /// -D^-1 (g - J' (I + J D^-1 J')^-1 J D^-1 g). `factor` (m, m) is overwritten.
    Factored step(const RowProducts<T>& products, const T* grads, double damping,
                  MatrixView<T> factor, T* step, const Crew& crew) const {
        const T of_weights = static_cast<T>(1 / (damping + network_.l2()));
        const T of_biases = static_cast<T>(1 / damping);
        std::copy_n(grads, network_.n_params(), step);
        scale(step, of_weights, of_biases);
        if (!times_jacobian(products, step, crew)) return Factored::stopped;
        const double work = 4.0 * static_cast<double>(m_) * static_cast<double>(m_);
        if (!crew.for_each(m_, work, [&](Index i, int) {
                T* row = factor.row(i);
                std::fill_n(row, i + 1, T(0));
                kernels_.add_scaled(row, products.of_weights.row(i), of_weights, i + 1);
                kernels_.add_scaled(row, products.of_biases.row(i), of_biases, i + 1);
                row[i] += T(1);
            })) {
            return Factored::stopped;
        }
        const Cholesky<T> cholesky(kernels_, m_, crew.n_threads());
        if (const Factored ended = cholesky.factor(factor, crew); ended != Factored::done)
            return ended;
        if (!cholesky.solve(factor, solution_, crew)) return Factored::stopped;
        return finish(products, grads, of_weights, of_biases, step, crew) ? Factored::done
                                                                          : Factored::stopped;
    }

private:
    static constexpr Index kBlock = ProductBlocks::kRows * ProductBlocks::kCols;

    static ArenaSize size(const Network& network, Index m, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        size.add<T>(n_threads * 2 * kBlock);
        size.add<T>(m * network.widest());
        size.add<T>(m);
        return size;
    }

    // Copies what comes back to the rows from `at` on.
    struct Rows {
        const RowForm& form;
        const RowProducts<T>& products;
        Index at;

        bool dense(const DenseLayer& layer, MatrixView<const T> a_in,
                   MatrixView<const T> delta) const {
            const auto l = static_cast<std::size_t>(&layer - form.network_.layers().data());
            copy(a_in, form.part(products.fed, l, &DenseLayer::fan_in), at);
            copy(delta, form.part(products.delta, l, &DenseLayer::fan_out), at);
            return true;
        }
        void norm(const NormLayer&, const Normalized<T>&, MatrixView<const T>) const {}
        void embedded(MatrixView<const T>, MatrixView<const T>) const {}
    };

    // The columns of layer l + 1.
    MatrixView<T> part(MatrixView<T> all, std::size_t l, Index DenseLayer::* width) const noexcept {
        Index at = 0;
        for (std::size_t k = 0; k < l; ++k) at += network_.layers()[k].*width;
        return all.block(0, all.rows, at, network_.layers()[l].*width);
    }

    static void copy(MatrixView<const T> from, MatrixView<T> to, Index at) noexcept {
        for (Index i = 0; i < from.rows; ++i) std::copy_n(from.row(i), from.cols, to.row(at + i));
    }

    // Block by block of the lower triangle, layer after layer.
    bool inner_products(const RowProducts<T>& products, const Crew& crew) const {
        const LowerBlocks blocks(m_);
        double work = 0;
        for (const DenseLayer& layer : network_.layers())
            work += static_cast<double>(layer.fan_in + layer.fan_out);
        work *= static_cast<double>(m_) * static_cast<double>(m_);
        return crew.for_each(blocks.count(), work, [&](Index task, int worker) {
            blocks.at(task, [&](Index row, Index rows, Index col, Index cols) {
                for (std::size_t l = 0; l < network_.layers().size(); ++l) {
                    if (crew.should_stop(worker)) return;
                    add_layer(products, l, products.of_weights.block(row, rows, col, cols),
                              products.of_biases.block(row, rows, col, cols), row, col, crew,
                              worker);
                }
            });
        });
    }

    void add_layer(const RowProducts<T>& products, std::size_t l, MatrixView<T> of_weights,
                   MatrixView<T> of_biases, Index row, Index col, const Crew& crew,
                   int worker) const {
        const DenseLayer& layer = network_.layers()[l];
        T* own = blocks_ + worker * 2 * kBlock;
        const MatrixView<T> d{own, of_weights.rows, of_weights.cols, of_weights.cols};
        const MatrixView<T> a{own + kBlock, d.rows, d.cols, d.cols};
        const auto multiply = [&](MatrixView<const T> x, Index depth, MatrixView<T> c) {
            product_block<T>(kernels_, plain(x).from_row(row), transposed(x).from_col(col), c,
                             depth, false, buffers_.of(worker), crew, worker);
        };
        multiply(part(products.delta, l, &DenseLayer::fan_out), layer.fan_out, d);
        multiply(part(products.fed, l, &DenseLayer::fan_in), layer.fan_in, a);
        kernels_.multiply(a.data, a.stride, d.data, d.stride, d.rows, d.cols);
        for (Index i = 0; i < d.rows; ++i) {
            add(of_weights.row(i), a.row(i), d.cols, l == 0);
            if (!layer.has_bias) std::fill_n(d.row(i), d.cols, T(0));
            add(of_biases.row(i), d.row(i), d.cols, l == 0);
        }
    }

    static void add(T* sum, const T* more, Index n, bool is_first) noexcept {
        for (Index j = 0; j < n; ++j) sum[j] = is_first ? more[j] : sum[j] + more[j];
    }

    void scale(T* v, T of_weights, T of_biases) const noexcept {
        for (const DenseLayer& layer : network_.layers()) {
            for (Index j = layer.weight_at; j < layer.bias_at(); ++j) v[j] *= of_weights;
            for (Index j = layer.bias_at(); j < layer.end(); ++j) v[j] *= of_biases;
        }
    }

    // solution_ = J v: of each layer the rows of (A V + v_bias) o D, summed.
    bool times_jacobian(const RowProducts<T>& products, const T* v, const Crew& crew) const {
        std::fill_n(solution_, m_, T(0));
        for (std::size_t l = 0; l < network_.layers().size(); ++l) {
            const DenseLayer& layer = network_.layers()[l];
            const MatrixView<T> delta = part(products.delta, l, &DenseLayer::fan_out);
            const MatrixView<T> z{wide_, m_, layer.fan_out, layer.fan_out};
            const MatrixView<const T> weight{v + layer.weight_at, layer.fan_in, layer.fan_out,
                                             layer.fan_out};
            if (!product(kernels_, plain<T>(part(products.fed, l, &DenseLayer::fan_in)),
                         plain(weight), z, layer.fan_in, false, buffers_, crew,
                         [](Index, Index, Index, Index) {})) {
                return false;
            }
            const double work = 4.0 * static_cast<double>(m_ * layer.fan_out);
            if (!crew.for_each(m_, work, [&](Index i, int) {
                    double sum = 0;
                    for (Index q = 0; q < layer.fan_out; ++q) {
                        const T bias = layer.has_bias ? v[layer.bias_at() + q] : T(0);
                        sum += static_cast<double>(z.row(i)[q] + bias) *
                               static_cast<double>(delta.row(i)[q]);
                    }
                    solution_[i] += static_cast<T>(sum);
                })) {
                return false;
            }
        }
        return true;
    }

    // step = -D^-1 (g - J' solution_): of each layer A' (solution_ o D), and its column sums.
    bool finish(const RowProducts<T>& products, const T* grads, T of_weights, T of_biases, T* step,
                const Crew& crew) const {
        for (std::size_t l = 0; l < network_.layers().size(); ++l) {
            const DenseLayer& layer = network_.layers()[l];
            const MatrixView<T> delta = part(products.delta, l, &DenseLayer::fan_out);
            const MatrixView<T> scaled{wide_, m_, layer.fan_out, layer.fan_out};
            for (Index i = 0; i < m_; ++i) {
                for (Index q = 0; q < layer.fan_out; ++q)
                    scaled.row(i)[q] = solution_[i] * delta.row(i)[q];
            }
            const MatrixView<T> weight{step + layer.weight_at, layer.fan_in, layer.fan_out,
                                       layer.fan_out};
            if (!product(kernels_, transposed<T>(part(products.fed, l, &DenseLayer::fan_in)),
                         plain<T>(scaled), weight, m_, false, buffers_, crew,
                         [](Index, Index, Index, Index) {})) {
                return false;
            }
            if (layer.has_bias) {
                for (Index row = 0; row < m_; row += kChunk) {
                    kernels_.column_sums(scaled.row(row), scaled.stride, std::min(kChunk, m_ - row),
                                         layer.fan_out, step + layer.bias_at(), row > 0);
                }
            }
        }
        for (Index j = 0; j < network_.n_params(); ++j) step[j] -= grads[j];
        scale(step, of_weights, of_biases);
        return true;
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Index m_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* blocks_;    // two blocks of a product for each thread
    T* wide_;      // (m, widest)
    T* solution_;  // (m,)
};

}  // namespace gradus
