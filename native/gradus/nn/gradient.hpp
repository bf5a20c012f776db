// The pass forward and back: loss and gradient of a batch [RHW86]. The formulas:
// src/gradus/engines/reference.py.
#pragma once

#include "nn/backward.hpp"
#include "nn/loss.hpp"
#include "nn/trace.hpp"

namespace gradus {

/// Scratch and code of one gradient, sized from the network and the batch before the first step.
///
/// A batch is worked through in chunks of kChunk rows, so that memory does not grow with it. kChunk
/// is a multiple of the product's kDepth: sums over rows run in the same chains whether the batch
/// is cut into chunks or not.
template <class T>
class GradientPass {
public:
    static constexpr Index kChunk = 8 * ProductBlocks::kDepth;

    GradientPass(const Network& network, Index batch_rows, int n_threads)
        : network_(network),
          kernels_(kernels<T>()),
          chunk_(std::min(kChunk, batch_rows)),
          lowest_(lowest_step(network)),
          arena_(size(network, chunk_, n_threads)),
          buffers_(arena_, n_threads),
          level_sums_(network, arena_),
          trace_(network, chunk_, arena_),
          delta_(arena_.take<T>(chunk_ * network.widest())),
          delta_below_(arena_.take<T>(chunk_ * network.widest())),
          added_(arena_.take<T>(added_size(network, chunk_))) {}

    Index chunk_rows() const noexcept { return chunk_; }

    /// Adds one chunk of at most chunk_rows() rows: its loss to `totals`, its gradient to `grads`
    /// (n_params,), which the batch's first chunk overwrites. Weights are divided by the batch's
    /// sum through `weight_sum`; no penalty. `dropping` says what is dropped, null drops nothing.
    /// Returns false if told to stop on the way.
    bool add_chunk(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                   double weight_sum, bool is_first, const Dropping* dropping, T* grads,
                   Totals& totals, const Crew& crew) {
        if (!forward(params, x, dropping, crew)) return false;
        if (!loss_and_delta(network_, trace_.outputs(), y, weights, weight_sum, totals)) {
            return false;
        }
        return backward(params, x, is_first, grads, crew);
    }

    /// The two halves of add_chunk, for who puts something else between them: `forward` fills
    /// trace(), and `backward` begins with what then stands in its outputs, as dloss/da.
    bool forward(const T* params, MatrixView<const T> x, const Dropping* dropping,
                 const Crew& crew) {
        return trace_.forward(kernels_, params, x, dropping, buffers_, crew);
    }
    bool backward(const T* params, MatrixView<const T> x, bool is_first, T* grads,
                  const Crew& crew) {
        return backward(params, x, Sums{*this, is_first, grads, crew}, crew);
    }

    /// As backward, but what comes back goes to `sink`: sink.dense(layer, a_in, delta) and
    /// sink.norm(norm, normalized, delta) with delta (rows, width), the derivative by what the
    /// layer gave before its activation, and at last sink.embedded(x, delta), delta's last columns
    /// being those that embeddings filled.
    template <class Sink>
    bool backward(const T* params, MatrixView<const T> x, Sink&& sink, const Crew& crew) {
        const std::size_t n_steps = network_.steps().size();
        // Delta is the loss's derivative by what a step gave, times that step's slope.
        MatrixView<T> delta = trace_.outputs();
        if (const MatrixView<T> slope = trace_.slope(n_steps - 1); slope.data != nullptr) {
            kernels_.multiply(delta.data, delta.stride, slope.data, slope.stride, delta.rows,
                              delta.cols);
        }
        for (std::size_t s = n_steps; s-- > lowest_;) {
            if (!step_back(s, params, delta, sink, crew)) return false;
        }
        sink.embedded(x, MatrixView<const T>(delta));
        return true;
    }

    const Trace<T>& trace() const noexcept { return trace_; }
    const PackBuffers<T>& buffers() const noexcept { return buffers_; }

    /// grads += l2 * weight + l1 * sign(weight) on the weights, nothing on the other parameters:
    /// the gradient of l2/2 sum weight^2 + l1 sum |weight|, which at weight 0 is 0 by our choice.
    void add_penalty(const T* params, T* grads) const noexcept {
        for (const EmbeddingTable& table : network_.embeddings())
            add_penalty(params + table.weight_at, grads + table.weight_at, table.weight_count());
        for (const DenseLayer& layer : network_.layers())
            add_penalty(params + layer.weight_at, grads + layer.weight_at, layer.weight_count());
    }

private:
    // Sums over the rows, at the parameters' places in `grads`.
    struct Sums {
        GradientPass& pass;
        bool is_first;
        T* grads;
        const Crew& crew;

        bool dense(const DenseLayer& layer, MatrixView<const T> a_in,
                   MatrixView<const T> delta) const {
            return parameter_gradient(pass.kernels_, layer, a_in, delta, !is_first, grads,
                                      pass.buffers_, crew);
        }
        void norm(const NormLayer& norm, const Normalized<T>& normalized,
                  MatrixView<const T> delta) const {
            norm_parameter_gradient(pass.kernels_, norm, normalized, delta, is_first, grads);
        }
        void embedded(MatrixView<const T> x, MatrixView<const T> delta) const {
            pass.level_sums_.add_all(pass.network_, x, delta, is_first, grads);
        }
    };

    static Index added_size(const Network& network, Index chunk) noexcept {
        return network.has_sums() ? chunk * network.widest() : 0;
    }

    static ArenaSize size(const Network& network, Index chunk, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        LevelSums<T>::count(size, network);
        Trace<T>::count(size, network, chunk);
        size.add<T>(chunk * network.widest());
        size.add<T>(chunk * network.widest());
        size.add<T>(added_size(network, chunk));
        return size;
    }

    void add_penalty(const T* weight, T* grads, Index count) const noexcept {
        const T l1 = static_cast<T>(network_.l1()), l2 = static_cast<T>(network_.l2());
        if (l2 != 0) kernels_.add_scaled(grads, weight, l2, count);
        for (Index i = 0; l1 != 0 && i < count; ++i)
            grads[i] += l1 * static_cast<T>((weight[i] > 0) - (weight[i] < 0));
    }

    // The step's own parameters; then delta becomes that of the step below.
    template <class Sink>
    bool step_back(std::size_t s, const T* params, MatrixView<T>& delta, Sink& sink,
                   const Crew& crew) {
        const Step& step = network_.steps()[s];
        switch (step.kind) {
            case StepKind::dense:
                return dense_back(s, params, delta, sink, crew);
            case StepKind::norm:
                return norm_back(s, params, delta, sink, crew);
            case StepKind::sum:
                for (Index i = 0; i < delta.rows; ++i)
                    std::copy_n(delta.row(i), delta.cols, added_ + i * delta.cols);
                return settle_all(s, delta, crew);
            default:  // delta has been multiplied by the mask
                return settle_all(s, delta, crew);
        }
    }

    template <class Sink>
    bool dense_back(std::size_t s, const T* params, MatrixView<T>& delta, Sink& sink,
                    const Crew& crew) {
        const DenseLayer& layer = network_.layers()[network_.steps()[s].index];
        if (!sink.dense(layer, trace_.input(s), MatrixView<const T>(delta))) return false;
        const bool has_embeddings = !network_.embeddings().empty();
        if (s == lowest_ && !has_embeddings) return true;
        // The plain columns of X come first; nothing needs the derivative by them.
        const Index first = s == 0 ? network_.n_plain() : 0, width = layer.fan_in - first;
        const MatrixView<T> below{delta_below_, delta.rows, width, width};
        const auto finish = [&](Index row, Index rows, Index col, Index cols) {
            settle(s, below, first, row, rows, col, cols);
        };
        if (!carry_down(kernels_, layer, params, MatrixView<const T>(delta), first, below, buffers_,
                        crew, finish)) {
            return false;
        }
        delta = below;
        std::swap(delta_, delta_below_);
        return true;
    }

    template <class Sink>
    bool norm_back(std::size_t s, const T* params, MatrixView<T>& delta, Sink& sink,
                   const Crew& crew) {
        const NormLayer& norm = network_.norms()[network_.steps()[s].index];
        const MatrixView<T> below{delta_below_, delta.rows, norm.width, norm.width};
        if (!norm_backward(norm, params, trace_.normalized(s), MatrixView<const T>(delta), below,
                           crew)) {
            return false;
        }
        sink.norm(norm, trace_.normalized(s), MatrixView<const T>(delta));
        delta = below;
        std::swap(delta_, delta_below_);
        return settle_all(s, delta, crew);
    }

    bool settle_all(std::size_t s, MatrixView<T> below, const Crew& crew) {
        return for_each_rows(crew, below.rows, 2 * below.cols, [&](Index row, Index rows) {
            settle(s, below, 0, row, rows, 0, below.cols);
        });
    }

    // Makes delta of the step below s from the derivative that came through step s: adds what came
    // past it through a sum, and multiplies by the slope. `below` holds the columns from `first`
    // on.
    void settle(std::size_t s, MatrixView<T> below, Index first, Index row, Index rows, Index col,
                Index cols) const noexcept {
        const Index width = network_.fan_in(s);
        for (Index i = row; network_.steps()[s].is_added_to && i < row + rows; ++i)
            kernels_.add_scaled(below.row(i) + col, added_ + i * width + first + col, T(1), cols);
        const MatrixView<T> slope = s == 0 ? MatrixView<T>{} : trace_.slope(s - 1);
        if (slope.data == nullptr) return;
        kernels_.multiply(below.row(row) + col, below.stride, slope.row(row) + col, slope.stride,
                          rows, cols);
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Index chunk_;
    std::size_t lowest_;
    Arena arena_;
    PackBuffers<T> buffers_;
    LevelSums<T> level_sums_;
    Trace<T> trace_;
    T* delta_;
    T* delta_below_;
    T* added_;  // (chunk, width): the delta of a sum, until the numbers it added are met
};

/// Loss totals of all rows of x, and in `grads` the gradient of their weighted mean loss plus the
/// penalty; nothing is dropped. A batch whose weights sum to 0, or without rows, has the penalty's
/// gradient alone. Returns false if told to stop on the way.
template <class T>
bool batch_gradient(const Network& network, const T* params, MatrixView<const T> x,
                    MatrixView<const T> y, const T* weights, T* grads, const Crew& crew,
                    Totals& totals) {
    GradientPass<T> pass(network, x.rows, crew.n_threads());
    double weight = weights == nullptr ? static_cast<double>(x.rows) : 0.0;
    for (Index i = 0; weights != nullptr && i < x.rows; ++i)
        weight += static_cast<double>(weights[i]);
    if (weight == 0) {
        std::fill_n(grads, network.n_params(), T(0));
    } else {
        for (Index from = 0; from < x.rows; from += pass.chunk_rows()) {
            const Index rows = std::min(pass.chunk_rows(), x.rows - from);
            if (!pass.add_chunk(params, {x.row(from), rows, x.cols, x.stride},
                                {y.row(from), rows, y.cols, y.stride},
                                weights == nullptr ? nullptr : weights + from, weight, from == 0,
                                nullptr, grads, totals, crew)) {
                return false;
            }
        }
    }
    pass.add_penalty(params, grads);
    return true;
}

}  // namespace gradus
