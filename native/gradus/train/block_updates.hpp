// Steps of wide layers whose gradient is never stored: each block of it is used as soon as it is
// made, while it is in the cache. Such steps wait for memory, and the gradient is a third of what
// passes.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "nn/backward.hpp"
#include "optim/update.hpp"
#include "simd/prefetch.hpp"
#include "train/batches.hpp"

namespace gradus {

template <class T>
class BlockUpdates {
public:
    /// What qualifies, by shapes and settings alone: parameters of dense layers only, one of them
    /// wide; no penalty, clipping or max_norm, which need the whole gradient first; batches of one
    /// chunk; and so little work that a stop can wait for it.
    static bool fit(const Network& network, const Batches<T>& batches, double max_grad_norm,
                    Index chunk_rows) {
        const auto& layers = network.layers();
        const Index rows = std::min(batches.batch_size, batches.n_rows);
        const auto is_wide = [](const DenseLayer& layer) { return layer.is_wide(); };
        const auto is_limited = [](const DenseLayer& layer) { return !std::isinf(layer.max_norm); };
        const double work = 2 * static_cast<double>(network.n_params()) * static_cast<double>(rows);
        return network.embeddings().empty() && network.norms().empty() &&
               std::any_of(layers.begin(), layers.end(), is_wide) &&
               std::none_of(layers.begin(), layers.end(), is_limited) && network.l1() == 0 &&
               network.l2() == 0 && std::isinf(max_grad_norm) && rows <= chunk_rows &&
               work <= kMostWork && kernels<T>().tile_cols * sizeof(T) >= 64;
    }
    static void count(ArenaSize& size, int n_threads) { size.add<T>(kOfOne * n_threads); }

    BlockUpdates(const Network& network, Updater<T>& updater, Arena& arena, int n_threads)
        : kernels_(kernels<T>()),
          updater_(updater),
          blocks_(arena.take<T>(kOfOne * n_threads)),
          squares_(2 * network.layers().size()) {}

    /// Whether the prepared update can be made without looking at the gradient first: no number of
    /// it is larger than `bound`, the sum over the layers of (|a_in| + sqrt(rows)) |delta|, since
    /// |a_in' delta| <= |a_in| |delta| in Euclidean norms.
    bool is_safe(std::span<const LayerRows<T>> layers, const Crew& crew) {
        double work = 0;
        for (const LayerRows<T>& rows : layers)
            work += 2 * static_cast<double>(rows.delta.rows * (rows.a_in.cols + rows.delta.cols));
        const bool done =
            crew.for_each(static_cast<Index>(2 * layers.size()), work, [&](Index task, int) {
                const LayerRows<T>& rows = layers[static_cast<std::size_t>(task / 2)];
                squares_[static_cast<std::size_t>(task)] =
                    sum_squares(task % 2 == 0 ? rows.a_in : rows.delta);
            });
        double bound = 0;
        for (std::size_t k = 0; k < layers.size(); ++k) {
            const double n_rows = static_cast<double>(layers[k].delta.rows);
            bound +=
                (std::sqrt(squares_[2 * k]) + std::sqrt(n_rows)) * std::sqrt(squares_[2 * k + 1]);
        }
        return done && bound <= Updater<T>::kLarge && !updater_.is_suspicious(bound);
    }

    /// Makes the prepared update, and gives the norm of its gradient. It is never left half done.
    /// `ratios` as for Updater::apply.
    double run(const Parameters<T>& p, std::span<const LayerRows<T>> layers, double* ratios,
               const PackBuffers<T>& buffers, const Crew& crew) {
        Index n_tasks = 0;
        for (const LayerRows<T>& rows : layers) n_tasks += rows.tasks(kCut).count;
        of_tasks_.assign(static_cast<std::size_t>(n_tasks), {});
        const auto place = [&](const DenseLayer&, const TaskBlock& at, int worker) {
            T* const own = blocks_ + worker * kOfOne;
            return GradientBlock<T>{{own, at.rows, at.cols, at.cols}, own + kOfOne - kMostCols};
        };
        const auto update = [&](bool is_weight, Index at, Index n, const T* grads, OfTask& sums) {
            T* const params = p.params + at;
            T* const slots = p.slots + at;
            if (ratios == nullptr) {
                updater_.apply_to(is_weight, n, params, slots, slots + p.count, grads);
            } else {
                sums.change +=
                    updater_.measure_to(is_weight, n, params, slots, slots + p.count, grads);
            }
        };
        const auto finish = [&](Index task, const DenseLayer& layer, const TaskBlock& at,
                                const GradientBlock<T>& block) {
            OfTask& sums = of_tasks_[static_cast<std::size_t>(task)];
            for (Index i = 0; i < at.rows; ++i) {
                const Index first = layer.weight_at + (at.row + i) * layer.fan_out + at.col;
                prefetch(p, first + kAhead * layer.fan_out, at.cols);
                update(true, first, at.cols, block.weight.row(i), sums);
            }
            sums.squares = kernels_.sum_squares(block.weight.data, at.rows * at.cols);
            if (layer.has_bias && at.row == 0) {
                update(false, layer.bias_at() + at.col, at.cols, block.bias, sums);
                sums.squares += kernels_.sum_squares(block.bias, at.cols);
            }
        };
        const Crew steady(crew.n_threads(), undisturbed_);
        gradient_blocks(kernels_, layers, kCut, false, buffers, steady, place, finish);
        if (ratios != nullptr) write_ratios(layers, ratios);
        double sum = 0;
        for (const OfTask& of_task : of_tasks_) sum += of_task.squares;
        return std::sqrt(sum);
    }

private:
    static constexpr double kMostWork = 1e10;  // some tens of milliseconds of one thread
    // Cut alike whatever the number of threads, since the norm is summed block by block.
    static constexpr int kCut = 2;
    static constexpr Index kAhead = 6;  // rows; 3 come late, 12 are no faster
    static constexpr Index kMostCols = ProductBlocks::kMostCols;
    static_assert(kMostCols <= Updater<T>::kBlock);
    static constexpr Index kOfOne =
        (ProductBlocks::kRows + ProductBlocks::kRowUnit) * kMostCols;  // a block and a bias

    // Squares of a task's gradient, and how it changed the parameters.
    struct OfTask {
        double squares = 0;
        Change change;
    };

    // The tasks of a layer follow one another; `layers` are the last layer first.
    void write_ratios(std::span<const LayerRows<T>> layers, double* ratios) const noexcept {
        std::size_t task = 0, layer = layers.size();
        for (const LayerRows<T>& rows : layers) {
            Change sum;
            for (Index k = rows.tasks(kCut).count; k > 0; --k) sum += of_tasks_[task++].change;
            ratios[--layer] = sum.ratio();
        }
    }

    // Rows of a block are short and far apart, so nobody else sees the next one coming.
    static void prefetch(const Parameters<T>& p, Index from, Index n) noexcept {
#if defined(__GNUC__)
        constexpr Index kLine = 64 / sizeof(T);
        for (Index i = from; i < std::min(from + n, p.count); i += kLine) {
            prefetch_to_write(p.params + i);  // which all cores have read
            __builtin_prefetch(p.slots + i);
        }
#endif
    }

    double sum_squares(MatrixView<const T> x) const noexcept {
        double sum = 0;
        for (Index i = 0; i < x.rows; ++i) sum += kernels_.sum_squares(x.row(i), x.cols);
        return sum;
    }

    const Kernels<T>& kernels_;
    Updater<T>& updater_;
    T* blocks_;  // for each thread a block of weights and a part of a bias
    std::vector<double> squares_;
    std::vector<OfTask> of_tasks_;
    Watch undisturbed_{nullptr, nullptr, 0};
};

}  // namespace gradus
