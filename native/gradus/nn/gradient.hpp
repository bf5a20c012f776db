// The pass forward and back: loss and gradient of a batch [RHW86]. The formulas:
// src/gradus/engines/reference.py.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "nn/block_sums.hpp"
#include "nn/loss.hpp"
#include "nn/split_input.hpp"
#include "nn/trace.hpp"

namespace gradus {

/// Rows that stand already where GradientPass::add_chunk reads them.
struct StandingRows {
    void pick(RowRange) noexcept {}
    void gather_x(RowRange, Index, Index) noexcept {}
    void gather_y(RowRange) noexcept {}
};

/// Scratch and code of one gradient, sized from the network and the batch before the first step.
///
/// A batch is worked through in chunks of kChunk rows, so that memory does not grow with it. kChunk
/// is a multiple of the product's chains: sums over rows run in the same chains whether the batch
/// is cut into chunks or not. Within a chunk, blocks of rows go forward and back, each by one
/// thread and within its cache. Sums over all rows come last, or block by block where BlockSums
/// fits; where layers are too large for blocks, all threads go together from layer to layer. Any
/// way gives the same bits.
template <class T>
class GradientPass {
public:
    static constexpr Index kChunk = 8 * ProductBlocks::kDepth;
    /// Losses are summed piece by piece, and blocks are cut between pieces, so that no bit of a
    /// loss depends on the blocks.
    static constexpr Index kPiece = 64;

    /// With `rounding`, products of layers that may round are of factors rounded to bfloat16.
    GradientPass(const Network& network, Index batch_rows, int n_threads,
                 const Bfloat16Kernels* rounding = nullptr)
        : network_(network),
          kernels_(kernels<T>()),
          chunk_(std::min(kChunk, batch_rows)),
          lowest_(lowest_step(network)),
          bfloat16_(bfloat16_for<T>(network, batch_rows, rounding)),
          sums_by_block_(BlockSums<T>::fit(network)),
          arena_(size(network, chunk_, n_threads, bfloat16_)),
          buffers_(arena_, n_threads, pack_block(network, chunk_, bfloat16_), bfloat16_),
          level_sums_(network, arena_),
          trace_(network, chunk_, arena_),
          split_input_(network, chunk_, n_threads, bfloat16_, arena_),
          below_(network.steps().size()),
          delta_(network.steps().size() + 1),
          added_(arena_.take<T>(added_size(network, chunk_))),
          block_sums_(network, chunk_, n_threads, arena_),
          totals_(arena_.take<Totals>(pieces(chunk_))) {
        for (std::size_t s = 0; s < below_.size(); ++s) {
            if (has_below(network, s)) below_[s] = arena_.take<T>(chunk_ * below_width(network, s));
        }
        dense_.reserve(network.layers().size());
    }

    Index chunk_rows() const noexcept { return chunk_; }

    /// Whether so many rows are enough to be shared among threads.
    static bool is_worth_cutting(const Network& network, Index rows) noexcept {
        return 2 * network.work_per_row() * static_cast<double>(rows) >= kWorthCutting;
    }
    /// Who should carry so many rows, unless all of the crew read next what is made of each.
    Crew crew_for(Index rows, const Crew& all) const noexcept {
        return is_worth_cutting(network_, rows) ? all : all.alone(0);
    }

    /// Adds one chunk of at most chunk_rows() rows: its loss to `totals`, its gradient to `grads`
    /// (n_params,), which the batch's first chunk overwrites. Weights are divided by the batch's
    /// sum through `weight_sum`; no penalty. `dropping` says what is dropped, null drops nothing.
    /// With `grads` null the chunk's rows are carried back, and factors() is what is left to sum.
    /// source.pick(rows) is called before source.gather_x(rows, col, cols) and gather_y(rows), and
    /// these before rows of x and y are read, by the thread that reads them; see(rows) is called
    /// when they have gone forward. Returns false if told to stop on the way.
    template <class Source, class See>
    bool add_chunk(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                   double weight_sum, bool is_first, const Dropping* dropping, T* grads,
                   Totals& totals, const Crew& crew, Source&& source, See&& see) {
        begin(x, dropping);
        const double flops = 2 * network_.work_per_row() * static_cast<double>(x.rows);
        const Index block = block_rows(x.rows, crew.threads_for(flops));
        const Index n_blocks = (x.rows + block - 1) / block;
        const bool sums = grads != nullptr && n_blocks > 1 && sums_by_block_ && block == kBlock;
        const bool shares = crew.threads_for(flops) > 1;
        const bool splits = split_input_.is_fit() && shares;
        if (sums) factors();
        if (splits) {
            const RowRange rows{0, x.rows};
            source.pick(rows);
            if (!split_input_.multiply(
                    kernels_, params, x, trace_.first_product(), buffers_, crew,
                    [&](Index col, Index cols) { source.gather_x(rows, col, cols); })) {
                return false;
            }
        }
        const auto forward = [&](RowRange rows, const PackBuffers<T>& buffers, const Crew& own) {
            if (splits) {
                source.gather_y(rows);
                split_input_.add(kernels_, trace_.first_product(), rows);
                return trace_.forward_rows_after_product(kernels_, params, rows, buffers, own);
            }
            source.pick(rows);
            source.gather_x(rows, 0, x.cols);
            source.gather_y(rows);
            return trace_.forward_rows(kernels_, params, rows, buffers, own);
        };
        std::atomic<bool> is_done{true};
        const auto work = [&](RowRange rows, const PackBuffers<T>& buffers, const Crew& own) {
            const auto carry = [&] {
                if (!forward(rows, buffers, own)) return false;
                see(rows);
                return losses(rows, y, weights, weight_sum) &&
                       rows_back(params, rows, buffers, own) &&
                       (!sums || block_sums_.add(kernels_, dense_, rows, is_first, shares, grads,
                                                 buffers, own));
            };
            if (!carry()) is_done.store(false, std::memory_order_relaxed);
        };
        if (n_blocks == 1) {
            work({0, x.rows}, buffers_, crew);
        } else {
            if (!crew.for_each(n_blocks, flops, [&](Index task, int worker) {
                    work({task * block, std::min(block, x.rows - task * block)},
                         buffers_.only(worker), crew.alone(worker));
                })) {
                return false;
            }
        }
        if (!is_done.load(std::memory_order_relaxed)) return false;
        for (Index piece = 0; piece < pieces(x.rows); ++piece) totals += totals_[piece];
        if (grads == nullptr) return true;
        if (!sums) return parameter_sums(is_first, grads, crew);
        other_sums(is_first, grads);
        return !shares || block_sums_.add_all(kernels_, n_blocks, grads, crew);
    }

    template <class Source>
    bool add_chunk(const T* params, MatrixView<const T> x, MatrixView<const T> y, const T* weights,
                   double weight_sum, bool is_first, const Dropping* dropping, T* grads,
                   Totals& totals, const Crew& crew, Source&& source) {
        return add_chunk(params, x, y, weights, weight_sum, is_first, dropping, grads, totals, crew,
                         source, [](RowRange) {});
    }

    /// Of the chunk carried back last, what each dense layer's gradient is the product of.
    std::span<const LayerRows<T>> factors() {
        dense_.clear();
        for (std::size_t s = network_.steps().size(); s-- > lowest_;) {
            const Step& step = network_.steps()[s];
            if (step.kind != StepKind::dense) continue;
            dense_.push_back({&network_.layers()[step.index], trace_.input(s),
                              MatrixView<const T>(delta_[s + 1])});
        }
        return dense_;
    }

    /// The sums over the rows of that chunk, at the parameters' places in `grads`, which those of a
    /// batch's first chunk overwrite. Returns false if told to stop on the way.
    bool parameter_sums(bool is_first, T* grads, const Crew& crew) {
        other_sums(is_first, grads);
        return parameter_gradients<T>(kernels_, factors(), !is_first, grads, buffers_, crew);
    }

    /// The two halves of add_chunk, for who puts something else between them: `forward` fills
    /// trace(), and `backward` begins with what then stands in its outputs, as dloss/da.
    bool forward(const T* params, MatrixView<const T> x, const Crew& crew) {
        begin(x, nullptr);
        return trace_.forward_rows(kernels_, params, {0, x.rows}, buffers_, crew);
    }
    bool backward(const T* params, bool is_first, T* grads, const Crew& crew) {
        return rows_back(params, {0, trace_.rows()}, buffers_, crew) &&
               parameter_sums(is_first, grads, crew);
    }

    /// As backward for some of the rows, but what comes back goes to `sink`: sink.dense(layer,
    /// a_in, delta) and sink.norm(norm, normalized, delta) with delta (rows, width), the derivative
    /// by what the layer gave before its activation, and at last sink.embedded(x, delta), delta's
    /// last columns being those that embeddings filled.
    template <class Sink>
    bool backward(const T* params, RowRange rows, Sink&& sink, const PackBuffers<T>& buffers,
                  const Crew& crew) {
        if (!rows_back(params, rows, buffers, crew)) return false;
        for (std::size_t s = network_.steps().size(); s-- > lowest_;) {
            const Step& step = network_.steps()[s];
            const MatrixView<const T> delta = delta_[s + 1].part(rows);
            if (step.kind == StepKind::dense) {
                if (!sink.dense(network_.layers()[step.index], trace_.input(s).part(rows), delta))
                    return false;
            } else if (step.kind == StepKind::norm) {
                sink.norm(network_.norms()[step.index], trace_.normalized(s, rows), delta);
            }
        }
        sink.embedded(x_.part(rows), MatrixView<const T>(delta_[0].part(rows)));
        return true;
    }

    /// The losses of the chunk carried last, each of kPiece rows.
    std::span<const Totals> piece_totals() const noexcept {
        return {totals_, static_cast<std::size_t>(pieces(trace_.rows()))};
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
    static constexpr Index kBlock = BlockSums<T>::kRows;
    // Some 30 microseconds of one core, forward and back. Below, it takes as long or longer to
    // fetch what another core has made of the rows, layer after layer.
    static constexpr double kWorthCutting = 3e6;

    // The gradient of all parameters but those of dense layers.
    void other_sums(bool is_first, T* grads) {
        for (std::size_t s = network_.steps().size(); s-- > lowest_;) {
            const Step& step = network_.steps()[s];
            if (step.kind != StepKind::norm) continue;
            norm_parameter_gradient(kernels_, network_.norms()[step.index], trace_.normalized(s),
                                    MatrixView<const T>(delta_[s + 1]), is_first, grads);
        }
        level_sums_.add_all(network_, x_, MatrixView<const T>(delta_[0]), is_first, grads);
    }

    static Index pieces(Index rows) noexcept { return (rows + kPiece - 1) / kPiece; }

    static bool has_below(const Network& network, std::size_t s) noexcept {
        const StepKind kind = network.steps()[s].kind;
        return (kind == StepKind::dense || kind == StepKind::norm) &&
               (s > lowest_step(network) || !network.embeddings().empty());
    }
    // The plain columns of X come first; nothing needs the derivative by them.
    static Index first_below(const Network& network, std::size_t s) noexcept {
        return s == 0 && network.steps()[s].kind == StepKind::dense ? network.n_plain() : 0;
    }
    static Index below_width(const Network& network, std::size_t s) noexcept {
        return network.fan_in(s) - first_below(network, s);
    }
    // At least what symmetric products of the same rows need, for who borrows the buffers.
    static Index pack_block(const Network& network, Index chunk,
                            const Bfloat16Kernels* bfloat16) noexcept {
        const Index depth = std::max({chunk, network.input_width(), network.widest()});
        return PackBuffers<T>::block(depth, network.widest(), bfloat16);
    }
    static Index added_size(const Network& network, Index chunk) noexcept {
        return network.has_sums() ? chunk * network.widest() : 0;
    }

    static ArenaSize size(const Network& network, Index chunk, int n_threads,
                          const Bfloat16Kernels* bfloat16) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads, pack_block(network, chunk, bfloat16));
        LevelSums<T>::count(size, network);
        Trace<T>::count(size, network, chunk);
        SplitInput<T>::count(size, network, chunk, n_threads, bfloat16);
        size.add<T>(added_size(network, chunk));
        BlockSums<T>::count(size, network, chunk, n_threads);
        size.add<Totals>(pieces(chunk));
        for (std::size_t s = 0; s < network.steps().size(); ++s) {
            if (has_below(network, s)) size.add<T>(chunk * below_width(network, s));
        }
        return size;
    }

    // delta_[s + 1] is the loss's derivative by what step s gave, times that step's slope; what a
    // sum or a dropout gave is multiplied in place.
    void begin(MatrixView<const T> x, const Dropping* dropping) noexcept {
        x_ = x;
        trace_.begin(x, dropping);
        delta_.back() = trace_.outputs();
        for (std::size_t s = below_.size(); s-- > 0;) {
            const Index width = below_width(network_, s);
            delta_[s] = below_[s] == nullptr ? delta_[s + 1]
                                             : MatrixView<T>{below_[s], x.rows, width, width};
        }
    }

    Index block_rows(Index rows, int n_threads) const noexcept {
        if (network_.loss_form().foreign != nullptr) return rows;
        if (network_.has_wide_layer()) return rows;  // each block would read its weights anew
        const Index fair = (rows + n_threads - 1) / n_threads;
        return std::min(kBlock, std::max<Index>(1, pieces(fair)) * kPiece);
    }

    bool losses(RowRange rows, MatrixView<const T> y, const T* weights, double weight_sum) {
        const bool is_foreign = network_.loss_form().foreign != nullptr;
        const Index step = is_foreign ? rows.count : kPiece;
        for (Index at = rows.at; at < rows.at + rows.count; at += step) {
            const RowRange piece{at, std::min(step, rows.at + rows.count - at)};
            Totals& totals = totals_[at / kPiece] = {};
            if (!loss_and_delta(network_, trace_.outputs().part(piece), y.part(piece),
                                weights == nullptr ? nullptr : weights + at, weight_sum, totals)) {
                return false;
            }
        }
        if (is_foreign) std::fill_n(totals_ + 1, pieces(rows.count) - 1, Totals{});
        return true;
    }

    // Carries the derivative by the outputs of some rows down to the lowest step.
    bool rows_back(const T* params, RowRange rows, const PackBuffers<T>& buffers,
                   const Crew& crew) {
        const std::size_t n_steps = network_.steps().size();
        const MatrixView<T> delta = delta_.back().part(rows);
        trace_.times_slope(kernels_, n_steps - 1, rows, 0, delta);
        for (std::size_t s = n_steps; s-- > lowest_;) {
            if (!step_back(s, params, rows, buffers, crew)) return false;
        }
        return true;
    }

    bool step_back(std::size_t s, const T* params, RowRange rows, const PackBuffers<T>& buffers,
                   const Crew& crew) {
        const Step& step = network_.steps()[s];
        const MatrixView<const T> delta = delta_[s + 1].part(rows);
        const MatrixView<T> below = delta_[s].part(rows);
        switch (step.kind) {
            case StepKind::dense:
                if (below_[s] == nullptr) return true;
                return carry_down(
                    kernels_, network_.layers()[step.index], params, delta,
                    first_below(network_, s), below, buffers, crew,
                    [&](Index row, Index n, Index col, Index cols) {
                        if (step.is_added_to) settle(s, rows, row, n, col, cols);
                    },
                    s > 0 && !step.is_added_to ? trace_.times_slope(s - 1, rows) : Ending<T>{});
            case StepKind::norm:
                if (below_[s] == nullptr) return true;
                return norm_backward(kernels_, network_.norms()[step.index], params,
                                     trace_.normalized(s, rows), delta, below, crew) &&
                       settle_all(s, rows, crew);
            case StepKind::sum:
                for (Index i = 0; i < rows.count; ++i)
                    std::copy_n(delta.row(i), delta.cols, added_ + (rows.at + i) * delta.cols);
                return settle_all(s, rows, crew);
            default:  // delta has been multiplied by the mask
                return settle_all(s, rows, crew);
        }
    }

    bool settle_all(std::size_t s, RowRange rows, const Crew& crew) {
        const Index cols = delta_[s].cols;
        return for_each_rows(crew, rows.count, 2 * cols,
                             [&](Index row, Index n) { settle(s, rows, row, n, 0, cols); });
    }

    // Makes delta of the step below s from the derivative that came through step s: adds what came
    // past it through a sum, and multiplies by the slope.
    void settle(std::size_t s, RowRange rows, Index row, Index n, Index col,
                Index cols) const noexcept {
        const MatrixView<T> below = delta_[s].part(rows);
        const Index width = network_.fan_in(s), from = first_below(network_, s) + col;
        for (Index i = row; network_.steps()[s].is_added_to && i < row + n; ++i)
            kernels_.add_scaled(below.row(i) + col, added_ + (rows.at + i) * width + from, T(1),
                                cols);
        if (s == 0) return;
        trace_.times_slope(kernels_, s - 1, {rows.at + row, n}, col,
                           below.block(row, n, col, cols));
    }

    void add_penalty(const T* weight, T* grads, Index count) const noexcept {
        const T l1 = static_cast<T>(network_.l1()), l2 = static_cast<T>(network_.l2());
        if (l2 != 0) kernels_.add_scaled(grads, weight, l2, count);
        for (Index i = 0; l1 != 0 && i < count; ++i)
            grads[i] += l1 * static_cast<T>((weight[i] > 0) - (weight[i] < 0));
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    Index chunk_;
    std::size_t lowest_;
    const Bfloat16Kernels* bfloat16_;
    bool sums_by_block_;
    Arena arena_;
    PackBuffers<T> buffers_;
    LevelSums<T> level_sums_;
    Trace<T> trace_;
    SplitInput<T> split_input_;
    MatrixView<const T> x_{};
    std::vector<T*> below_;             // by step: where what it carries down is kept, or null
    std::vector<MatrixView<T>> delta_;  // by step, and first that of what feeds the network
    std::vector<LayerRows<T>> dense_;
    T* added_;  // (chunk, width): the delta of a sum, until the numbers it added are met
    BlockSums<T> block_sums_;
    Totals* totals_;  // of each piece
};

}  // namespace gradus
