// The Cholesky factor of a symmetric positive definite matrix, and what is solved with it [GVL13].
#pragma once

#include <cmath>

#include "linalg/symmetric.hpp"

namespace gradus {

/// How a factorization ended. `indefinite`: a pivot was not greater than 0, or not finite.
enum class Factored : int { done, indefinite, stopped };

/// The lower triangle of out (n, n) = that of g, with `damping` added to the diagonal. Returns
/// false if told to stop on the way.
template <class T>
bool copy_damped(MatrixView<const T> g, T damping, MatrixView<T> out, const Crew& crew) {
    const double work = static_cast<double>(g.rows) * static_cast<double>(g.rows);
    return crew.for_each(g.rows, work, [&](Index i, int) {
        std::copy_n(g.row(i), i + 1, out.row(i));
        out.row(i)[i] += damping;
    });
}

/// a = L L', strip after strip of kStrip columns: the strip's own factor, the rows below it by
/// substitution, and what they take from the rest of the matrix, which is a product and most of the
/// work. Every sum has one order, so that the number of threads changes no bit.
template <class T>
class Cholesky {
public:
    static constexpr Index kStrip = ProductBlocks::kCols;

    Cholesky(const Kernels<T>& kernels, Index n, int n_threads)
        : kernels_(kernels),
          n_(n),
          arena_(size(n, n_threads)),
          buffers_(arena_, n_threads),
          top_(arena_.take<T>(kStrip * kStrip)),
          strip_(arena_.take<T>(n * kStrip)) {}

    /// Writes L over the lower triangle of a (n, n); what stands above the diagonal is neither read
    /// nor kept. Unless it is `done`, a holds nothing of use.
    Factored factor(MatrixView<T> a, const Crew& crew) const {
        for (Index k = 0; k < n_; k += kStrip) {
            const Index width = std::min(kStrip, n_ - k), below = n_ - k - width;
            if (crew.should_stop(0)) return Factored::stopped;
            if (!factor_diagonal(a.block(k, width, k, width))) return Factored::indefinite;
            if (below == 0) break;
            const MatrixView<T> panel = a.block(k + width, below, k, width);
            const MatrixView<T> minus{strip_, below, width, width};
            if (!substitute(panel, minus, crew) ||
                !symmetric_product<T>(kernels_, plain<T>(panel), transposed<T>(minus),
                                      a.block(k + width, below, k + width, below), width, true,
                                      buffers_, crew)) {
                return Factored::stopped;
            }
        }
        return Factored::done;
    }

    /// x (n,) becomes the solution of L L' x = x. Returns false if told to stop on the way.
    bool solve(MatrixView<const T> factor, T* x, const Crew& crew) const {
        for (Index i = 0; i < n_; ++i) {
            if (i % kStrip == 0 && crew.should_stop(0)) return false;
            const double rest = static_cast<double>(x[i]) - dot(factor.row(i), x, i);
            x[i] = static_cast<T>(rest) / factor.row(i)[i];
        }
        for (Index i = n_; i-- > 0;) {
            if (i % kStrip == 0 && crew.should_stop(0)) return false;
            x[i] /= factor.row(i)[i];
            kernels_.add_scaled(x, factor.row(i), -x[i], i);
        }
        return true;
    }

    /// diagonal[i] = (a^-1)(i, i), the sum of squares down column i of L^-1, which is left in the
    /// lower triangle of `factor`. Returns false if told to stop on the way.
    bool inverse_diagonal(MatrixView<T> factor, double* diagonal, const Crew& crew) const {
        std::fill_n(diagonal, n_, 0.0);
        for (Index k = 0; k < n_; k += kStrip) {
            const Index width = std::min(kStrip, n_ - k);
            if (!invert_strip(factor, k, width, crew)) return false;
            for (Index i = k; i < k + width; ++i) {
                for (Index j = 0; j <= i; ++j) {
                    const auto entry = static_cast<double>(factor.row(i)[j]);
                    diagonal[j] += entry * entry;
                }
            }
        }
        return true;
    }

private:
    static ArenaSize size(Index n, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        size.add<T>(kStrip * kStrip);
        size.add<T>(n * kStrip);
        return size;
    }

    // Row j of top_ becomes column j of the factor, so that both are read along a row.
    bool factor_diagonal(MatrixView<T> a) const noexcept {
        for (Index j = 0; j < a.cols; ++j) {
            const T pivot = a.row(j)[j];
            if (!(pivot > 0) || !std::isfinite(pivot)) return false;
            T* column = top_ + j * kStrip;
            column[j] = std::sqrt(pivot);
            a.row(j)[j] = column[j];
            for (Index i = j + 1; i < a.rows; ++i) {
                column[i] = a.row(i)[j] / column[j];
                a.row(i)[j] = column[i];
            }
            for (Index i = j + 1; i < a.rows; ++i) {
                kernels_.add_scaled(a.row(i) + j + 1, column + j + 1, -column[i], i - j);
            }
        }
        return true;
    }

    // Each row of the panel becomes the solution x of x L' = row; `minus` gets its negative.
    bool substitute(MatrixView<T> panel, MatrixView<T> minus, const Crew& crew) const {
        const Index n_tasks = (panel.rows + kStrip - 1) / kStrip;
        const double work = static_cast<double>(panel.rows) * static_cast<double>(panel.cols) *
                            static_cast<double>(panel.cols);
        return crew.for_each(n_tasks, work, [&](Index task, int) {
            const Index end = std::min(panel.rows, (task + 1) * kStrip);
            for (Index i = task * kStrip; i < end; ++i) {
                T* row = panel.row(i);
                for (Index j = 0; j < panel.cols; ++j) {
                    const T* column = top_ + j * kStrip;
                    row[j] /= column[j];
                    minus.row(i)[j] = -row[j];
                    kernels_.add_scaled(row + j + 1, column + j + 1, -row[j], panel.cols - j - 1);
                }
            }
        });
    }

    // Rows [k, k + width) of L^-1, over those of L: minus the inverse of the diagonal block times
    // (the rows' part before it times the rows of L^-1 above), and that inverse itself.
    bool invert_strip(MatrixView<T> factor, Index k, Index width, const Crew& crew) const {
        const MatrixView<T> own = factor.block(k, width, k, width);
        invert_diagonal(own);
        if (k == 0) return true;
        const MatrixView<T> before{strip_, width, k, k};
        const double work =
            static_cast<double>(width) * static_cast<double>(k) * static_cast<double>(k);
        if (!crew.for_each(k / kStrip, work, [&](Index task, int worker) {
                const Index col = task * kStrip;  // above its diagonal block L^-1 is 0
                product_block<T>(kernels_, plain<T>(factor.block(k, width, col, k - col)),
                                 plain<T>(factor.block(col, k - col, col, kStrip)),
                                 before.block(0, width, col, kStrip), k - col, false,
                                 buffers_.of(worker), crew, worker);
            })) {
            return false;
        }
        for (Index i = 0; i < width; ++i) {
            for (Index j = 0; j <= i; ++j) top_[i * kStrip + j] = -own.row(i)[j];
            std::fill_n(top_ + i * kStrip + i + 1, width - i - 1, T(0));
        }
        return product(kernels_, Operand<T>{top_, kStrip, 1}, plain<T>(before),
                       factor.block(k, width, 0, k), width, false, buffers_, crew,
                       [](Index, Index, Index, Index) {});
    }

    // The lower triangle becomes its inverse, row by row; zeros above, since a product reads them.
    static void invert_diagonal(MatrixView<T> a) noexcept {
        for (Index i = 0; i < a.rows; ++i) {
            T* row = a.row(i);
            const T inverse = 1 / row[i];
            for (Index j = 0; j < i; ++j) {
                T sum = 0;
                for (Index p = j; p < i; ++p) sum += row[p] * a.row(p)[j];
                row[j] = -sum * inverse;
            }
            row[i] = inverse;
            std::fill_n(row + i + 1, a.cols - i - 1, T(0));
        }
    }

    // In four chains of double, whose ends are added in order.
    static double dot(const T* x, const T* y, Index n) noexcept {
        double sums[4] = {};
        for (Index i = 0; i < n; ++i)
            sums[i % 4] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }

    const Kernels<T>& kernels_;
    Index n_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* top_;    // (kStrip, kStrip): the diagonal block
    T* strip_;  // kStrip columns or rows
};

}  // namespace gradus
