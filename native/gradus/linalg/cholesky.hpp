// The Cholesky factor of a symmetric positive definite matrix, and what is solved with it [GVL13].
#pragma once

#include <functional>

#include "linalg/symmetric.hpp"

namespace gradus {

/// How a factorization ended. `indefinite`: a pivot was not greater than 0, or not finite.
enum class Factored : int { done, indefinite, stopped };

/// Fills blocks of a matrix with those of minus g, `damping` taken from the diagonal.
template <class T>
struct Damped {
    MatrixView<const T> g;
    T damping;
    MatrixView<T> out;

    void operator()(const TaskBlock& at) const noexcept {
        for (Index i = at.row; i < at.row + at.rows; ++i) {
            std::transform(g.row(i) + at.col, g.row(i) + at.col + at.cols, out.row(i) + at.col,
                           std::negate<>());
            if (at.col <= i && i < at.col + at.cols) out.row(i)[i] -= damping;
        }
    }
};

/// U with U' U = -a, strip after strip of rows: the strip's own factor, the columns right of it by
/// substitution, and what it adds to the rows below, which is a product and most of the work.
/// Minus the matrix is given, so that one packed strip is both sides of that product. One task
/// makes the next strip from the last one while the others add the last one to what is below both:
/// threads meet once a strip, and of a factor of a few hundred rows two have about as much to do.
/// Every sum has one order, so that the number of threads changes no bit.
template <class T>
class Cholesky {
public:
    static constexpr Index kStrip = 64;

    Cholesky(const Kernels<T>& kernels, Index n, int n_threads)
        : kernels_(kernels),
          n_(n),
          tile_(kernels.tile_cols),
          arena_(size(n, n_threads, tile_)),
          buffers_(arena_, n_threads, block(n)),
          own_(arena_.take<T>(kStrip * kStrip)),
          inverse_(arena_.take<T>(kStrip)),
          even_(arena_, kStrip, n + kSides, tile_),
          odd_(arena_, kStrip, n + kSides, tile_) {}

    /// Writes U over the upper triangle of a's first n columns; what stands below the diagonal is
    /// neither read nor kept. a is (n, n), or (n, n + 1), whose last column -b becomes the solution
    /// of U' y = b. Unless it is `done`, a holds nothing of use. fill(block) is called for each
    /// block of a before it is read, by one of the threads.
    template <class Fill>
    Factored factor(MatrixView<T> a, const Crew& crew, Fill&& fill) const {
        bool is_definite = true;
        PackedColumns<T> last = odd_, next = even_;
        for (Index k = 0; is_definite && k < n_; k += kStrip) {
            const Index height = std::min(kStrip, n_ - k), below = k + height;
            const UpperBlocks blocks(n_ - below, a.cols - below);
            const double work = static_cast<double>(kStrip) * static_cast<double>(n_ - below) *
                                static_cast<double>(n_ - below);
            // Blocks count from row and column k on.
            const auto advance = [&](const TaskBlock& at) {
                k == 0 ? fill(at) : add_strip(a.block(k, n_ - k, k, a.cols - k), at, last);
            };
            const bool is_whole = crew.for_each(1 + blocks.count(), work, [&](Index task, int) {
                if (task == 0) {
                    advance({0, height, 0, a.cols - k});
                    is_definite = factor_own(a, k, height);
                    if (is_definite) substitute(a, k, height, next);
                } else {
                    const auto [row, rows, col, cols] = blocks.at(task - 1);
                    advance({height + row, rows, height + col, cols});
                }
            });
            if (!is_whole) return Factored::stopped;
            std::swap(last, next);
        }
        return is_definite ? Factored::done : Factored::indefinite;
    }
    Factored factor(MatrixView<T> a, const Crew& crew) const {
        return factor(a, crew, [](const TaskBlock&) {});
    }

    /// x (n,) becomes the solution of U' U x = x. Returns false if told to stop on the way.
    bool solve(MatrixView<const T> factor, T* x, const Crew& crew) const {
        for (Index i = 0; i < n_; ++i) {
            if (i % kStrip == 0 && crew.should_stop(0)) return false;
            x[i] /= factor.row(i)[i];
            kernels_.add_scaled(x + i + 1, factor.row(i) + i + 1, -x[i], n_ - i - 1);
        }
        return solve_upper(factor, x, crew);
    }

    /// x (n,) becomes the solution of U x = x. Returns false if told to stop on the way.
    bool solve_upper(MatrixView<const T> factor, T* x, const Crew& crew) const {
        constexpr Index kRows = 32;  // their sums over the columns right of them wait for nothing
        for (Index end = n_, begin = 0; end > 0; end = begin) {
            begin = (end - 1) / kRows * kRows;
            if (crew.should_stop(0)) return false;
            for (Index i = begin; i < end; ++i)
                x[i] -= kernels_.dot(factor.row(i) + end, x + end, n_ - end);
            for (Index i = end; i-- > begin;) {
                const T known = x[i] /= factor.row(i)[i];
                for (Index above = begin; above < i; ++above)
                    x[above] -= factor.row(above)[i] * known;
            }
        }
        return true;
    }

    /// diagonal[i] = (a^-1)(i, i), the sum of squares along row i of U^-1, which is left in the
    /// upper triangle of `factor`. Returns false if told to stop on the way.
    bool inverse_diagonal(MatrixView<T> factor, double* diagonal, const Crew& crew) const {
        for (Index k = 0; k < n_; k += kStrip) {
            if (!invert_strip(factor, k, std::min(kStrip, n_ - k), crew)) return false;
        }
        for (Index i = 0; i < n_; ++i)
            diagonal[i] = kernels_.sum_squares(factor.row(i) + i, n_ - i);
        return true;
    }

private:
    static constexpr Index kSides = 1;  // columns past n at most

    static ArenaSize size(Index n, int n_threads, int tile) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads, block(n));
        size.add<T>(kStrip * kStrip);
        size.add<T>(kStrip);
        for (int i = 0; i < 2; ++i) PackedColumns<T>::count(size, kStrip, n + kSides, tile);
        return size;
    }
    // Of the products of invert_strip.
    static Index block(Index n) noexcept { return PackBuffers<T>::block(n, kStrip); }

    // The strip's diagonal block is factored in memory of its own, which stays in the first cache
    // whatever the stride of a.
    bool factor_own(MatrixView<T> a, Index k, Index width) const noexcept {
        for (Index i = 0; i < width; ++i)
            std::transform(a.row(k + i) + k + i, a.row(k + i) + k + width, own_ + i * kStrip + i,
                           std::negate<>());
        if (!kernels_.factor_block(own_, kStrip, width, inverse_)) return false;
        for (Index i = 0; i < width; ++i)
            std::copy_n(own_ + i * kStrip + i, width - i, a.row(k + i) + k + i);
        return true;
    }

    // Each column x of the strip from row k on, right of its own block, becomes the solution of
    // U' y = -x, U being own_; `packed` gets them too, counted from that block on.
    void substitute(MatrixView<T> a, Index k, Index height,
                    const PackedColumns<T>& packed) const noexcept {
        const MatrixView<T> right = a.block(k, height, k + height, a.cols - k - height);
        for (Index col = 0; col < right.cols; col += tile_) {
            kernels_.substitute(own_, kStrip, inverse_, height, right.data + col, a.stride,
                                std::min<Index>(tile_, right.cols - col), packed.panel(col));
        }
    }

    // A block of what is below a strip becomes block + strip' strip.
    void add_strip(MatrixView<T> below, const TaskBlock& block,
                   const PackedColumns<T>& strip) const {
        for_each_panel(block, tile_, [&](Index row, Index rows, Index col, Index cols) {
            strip.multiply(kernels_, row, col, below.block(row, rows, col, cols), true);
        });
    }

    // Columns [k, k + width) of U^-1, over those of U: minus (U^-1 left of them times the columns'
    // part above) times the inverse of the diagonal block, and that inverse itself.
    bool invert_strip(MatrixView<T> factor, Index k, Index width, const Crew& crew) const {
        const MatrixView<T> own = factor.block(k, width, k, width);
        invert_diagonal(own);
        if (k == 0) return true;
        const MatrixView<T> above{even_.panel(0), k, width, width};
        const double work =
            static_cast<double>(width) * static_cast<double>(k) * static_cast<double>(k);
        if (!crew.for_each(k / kStrip, work, [&](Index task, int worker) {
                const Index row = task * kStrip;  // left of its diagonal block U^-1 is 0
                product_block<T>(kernels_, plain<T>(factor.block(row, kStrip, row, k - row)),
                                 plain<T>(factor.block(row, k - row, k, width)),
                                 above.block(row, kStrip, 0, width), k - row, false, buffers_, crew,
                                 worker, ProductBlocks::kDepth);
            })) {
            return false;
        }
        for (Index i = 0; i < width; ++i) {
            std::fill_n(own_ + i * kStrip, i, T(0));
            for (Index j = i; j < width; ++j) own_[i * kStrip + j] = -own.row(i)[j];
        }
        return product(kernels_, plain<T>(above), Operand<T>{own_, kStrip, 1},
                       factor.block(0, k, k, width), width, false, buffers_, crew,
                       [](Index, Index, Index, Index) {});
    }

    // The upper triangle becomes its inverse, row by row from below; zeros under it, since a
    // product reads them.
    static void invert_diagonal(MatrixView<T> a) noexcept {
        for (Index i = a.rows; i-- > 0;) {
            T* row = a.row(i);
            const T inverse = 1 / row[i];
            for (Index j = a.cols; j-- > i + 1;) {
                T sum = 0;
                for (Index p = i + 1; p <= j; ++p) sum += row[p] * a.row(p)[j];
                row[j] = -sum * inverse;
            }
            row[i] = inverse;
            std::fill_n(row, i, T(0));
        }
    }

    const Kernels<T>& kernels_;
    Index n_;
    int tile_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* own_;                 // (kStrip, kStrip): the diagonal block
    T* inverse_;             // (kStrip,): one by its diagonal
    PackedColumns<T> even_;  // strips in turn: one is read while the next is made
    PackedColumns<T> odd_;
};

}  // namespace gradus
