// The pass back, differentiated along a vector [Pea94]: the Hessian of a batch's loss times that
// vector. The formulas: src/gradus/engines/second_order.py.
#pragma once

#include "nn/backward.hpp"
#include "nn/gradient.hpp"
#include "nn/loss_curvature.hpp"
#include "nn/tangent.hpp"

namespace gradus {

/// Scratch and code of one product with the Hessian, sized from the network and the batch before
/// the first chunk. Chunks and chains of sums are those of GradientPass.
template <class T>
class HessianPass {
public:
    HessianPass(const Network& network, Index batch_rows, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          chunk_(std::min(GradientPass<T>::kChunk, batch_rows)),
          lowest_(lowest_step(network)),
          bfloat16_(bfloat16_for<T>(network, batch_rows)),
          arena_(size(network, chunk_, n_threads, bfloat16_)),
          buffers_(arena_, n_threads, block(bfloat16_), bfloat16_),
          level_sums_(network, arena_),
          trace_(network, chunk_, arena_, true),
          tangent_(network, chunk_, arena_),
          row_(arena_.take<T>(network.n_outputs())),
          delta_(arena_, chunk_ * network.widest()),
          delta_below_(arena_, chunk_ * network.widest()),
          added_(arena_, network.has_sums() ? chunk_ * network.widest() : 0) {}

    Index chunk_rows() const noexcept { return chunk_; }

    /// Adds one chunk of at most chunk_rows() rows to `out` (n_params,), which the batch's first
    /// chunk overwrites. Weights are divided by the batch's sum through `weight_sum`; no penalty.
    /// Returns false if told to stop on the way.
    bool add_chunk(const T* params, const T* v, MatrixView<const T> x, MatrixView<const T> y,
                   const T* weights, double weight_sum, bool is_first, T* out, const Crew& crew) {
        if (!trace_.forward(kernels_, params, x, buffers_, crew) ||
            !tangent_.forward(kernels_, trace_, params, v, x, buffers_, crew)) {
            return false;
        }
        Dual delta{trace_.outputs(), tangent_.outputs()};
        curvature_product<T>(network_, delta.value, y, weights, weight_sum, true, delta.r, row_);
        Totals unused;
        loss_and_delta(network_, delta.value, y, weights, weight_sum, unused);
        const std::size_t n_steps = network_.steps().size();
        through_slope(n_steps - 1, delta, 0, x.rows, 0, network_.n_outputs());
        for (std::size_t s = n_steps; s-- > lowest_;) {
            if (!step_back(s, params, v, delta, is_first, out, crew)) return false;
        }
        level_sums_.add_all(network_, x, delta.r, is_first, out);
        return true;
    }

private:
    /// A matrix and its derivative along v.
    struct Dual {
        MatrixView<T> value;
        MatrixView<T> r;
    };
    struct DualScratch {
        T* value;
        T* r;
        DualScratch(Arena& arena, Index count)
            : value(arena.take<T>(count)), r(arena.take<T>(count)) {}
        Dual view(Index rows, Index width) const noexcept {
            return {{value, rows, width, width}, {r, rows, width, width}};
        }
    };

    static Index block(const Bfloat16Kernels* bfloat16) noexcept {
        return PackBuffers<T>::block(GradientPass<T>::kChunk, ProductBlocks::kMostCols, bfloat16);
    }
    static ArenaSize size(const Network& network, Index chunk, int n_threads,
                          const Bfloat16Kernels* bfloat16) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads, block(bfloat16));
        LevelSums<T>::count(size, network);
        Trace<T>::count(size, network, chunk, true);
        Tangent<T>::count(size, network, chunk);
        size.add<T>(network.n_outputs());
        for (int i = 0; i < (network.has_sums() ? 6 : 4); ++i)
            size.add<T>(chunk * network.widest());
        return size;
    }

    // R of the gradient by the step's own parameters; then delta becomes that of the step below.
    bool step_back(std::size_t s, const T* params, const T* v, Dual& delta, bool is_first, T* out,
                   const Crew& crew) {
        switch (network_.steps()[s].kind) {
            case StepKind::dense:
                return dense_back(s, params, v, delta, is_first, out, crew);
            case StepKind::norm:
                return norm_back(s, params, v, delta, is_first, out, crew);
            case StepKind::sum:
                copy(delta, added_.view(delta.r.rows, delta.r.cols));
                return settle_all(s, delta, crew);
            default:  // nothing was dropped
                return settle_all(s, delta, crew);
        }
    }

    // R d_weight = a_in' R delta + R a_in' delta, R d_bias = column sums of R delta, and below
    // R d_a = delta V' + R delta weight', with V for v's weight.
    bool dense_back(std::size_t s, const T* params, const T* v, Dual& delta, bool is_first, T* out,
                    const Crew& crew) {
        const DenseLayer& layer = network_.layers()[network_.steps()[s].index];
        const MatrixView<const T> value = delta.value, r = delta.r, r_in = tangent_.input(s);
        const PackBuffers<T> buffers = buffers_of(layer, buffers_);
        const LayerRows<T> rows{&layer, trace_.input(s), r};
        if (!parameter_gradients<T>(kernels_, {&rows, 1}, !is_first, out, buffers_, crew))
            return false;
        const MatrixView<T> of_weight{out + layer.weight_at, layer.fan_in, layer.fan_out,
                                      layer.fan_out};
        if (r_in.data != nullptr &&
            !product(kernels_, transposed(r_in), plain(value), of_weight, value.rows, true,
                     sum_buffers_of(layer, buffers_), crew, nothing)) {
            return false;
        }
        if (s == lowest_ && network_.embeddings().empty()) return true;
        // As in GradientPass; below the lowest step only R is needed.
        const Index first = s == 0 ? network_.n_plain() : 0, width = layer.fan_in - first;
        const Dual below = delta_below_.view(value.rows, width);
        if (s > lowest_ && !carry_down(kernels_, layer, params, value, first, below.value, buffers_,
                                       crew, nothing)) {
            return false;
        }
        const MatrixView<const T> weight{params + layer.weight_at + first * layer.fan_out, width,
                                         layer.fan_out, layer.fan_out};
        const auto finish = [&](Index row, Index rows, Index col, Index cols) {
            settle(s, below, first, row, rows, col, cols);
        };
        if (!carry_down(kernels_, layer, v, value, first, below.r, buffers_, crew, nothing) ||
            !product(kernels_, plain(r), transposed(weight), below.r, layer.fan_out, true, buffers,
                     crew, finish)) {
            return false;
        }
        delta = below;
        std::swap(delta_, delta_below_);
        return true;
    }

    bool norm_back(std::size_t s, const T* params, const T* v, Dual& delta, bool is_first, T* out,
                   const Crew& crew) {
        const NormLayer& norm = network_.norms()[network_.steps()[s].index];
        const Dual below = delta_below_.view(delta.r.rows, norm.width);
        const MatrixView<const T> value = delta.value, r = delta.r;
        if (!norm_backward_tangent(norm, params, v, trace_.normalized(s), tangent_.normalized(s),
                                   value, r, below.value, below.r, crew)) {
            return false;
        }
        norm_parameter_tangent(kernels_, norm, trace_.normalized(s), tangent_.normalized(s), value,
                               r, is_first, out);
        delta = below;
        std::swap(delta_, delta_below_);
        return settle_all(s, delta, crew);
    }

    bool settle_all(std::size_t s, const Dual& below, const Crew& crew) {
        return for_each_rows(crew, below.r.rows, 6 * below.r.cols, [&](Index row, Index rows) {
            settle(s, below, 0, row, rows, 0, below.r.cols);
        });
    }

    // GradientPass::settle, and R of it: makes delta of the step below s.
    void settle(std::size_t s, const Dual& below, Index first, Index row, Index rows, Index col,
                Index cols) const noexcept {
        const Index from = first + col;
        const Dual added = added_.view(below.r.rows, network_.fan_in(s));
        for (Index i = row; network_.steps()[s].is_added_to && i < row + rows; ++i) {
            kernels_.add_scaled(below.value.row(i) + col, added.value.row(i) + from, T(1), cols);
            kernels_.add_scaled(below.r.row(i) + col, added.r.row(i) + from, T(1), cols);
        }
        if (s > 0) through_slope(s - 1, below, row, rows, col, cols);
    }

    // On one block, with d the derivative by what step s gave: R delta = R d f'(z) + d f''(z) R z
    // and delta = d f'(z). f''(z) R z is used up.
    void through_slope(std::size_t s, const Dual& d, Index row, Index rows, Index col,
                       Index cols) const noexcept {
        const MatrixView<T> slope = trace_.slope(s), bend = trace_.curvature(s);
        if (slope.data == nullptr) return;
        const auto multiply = [&](MatrixView<T> a, MatrixView<T> b) {
            kernels_.multiply(a.row(row) + col, a.stride, b.row(row) + col, b.stride, rows, cols);
        };
        multiply(d.r, slope);
        multiply(bend, d.value);
        for (Index i = row; i < row + rows; ++i)
            kernels_.add_scaled(d.r.row(i) + col, bend.row(i) + col, T(1), cols);
        multiply(d.value, slope);
    }

    static void copy(const Dual& from, const Dual& to) noexcept {
        for (Index i = 0; i < from.r.rows; ++i) {
            std::copy_n(from.value.row(i), from.r.cols, to.value.row(i));
            std::copy_n(from.r.row(i), from.r.cols, to.r.row(i));
        }
    }
    static void nothing(Index, Index, Index, Index) noexcept {}

    const Network& network_;
    const Kernels<T>& kernels_;
    Index chunk_;
    std::size_t lowest_;
    const Bfloat16Kernels* bfloat16_;
    Arena arena_;
    PackBuffers<T> buffers_;
    LevelSums<T> level_sums_;
    Trace<T> trace_;
    Tangent<T> tangent_;
    T* row_;  // (n_outputs,)
    DualScratch delta_;
    DualScratch delta_below_;
    DualScratch added_;  // the delta of a sum, until the numbers it added are met
};

}  // namespace gradus
