// The smallest networks: which they are, and the way of their parameters between the flat vector
// and the padded form in which simd/tiny.inl.hpp makes their steps.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "nn/gradient.hpp"
#include "optim/update.hpp"
#include "train/batches.hpp"
#include "train/row_order.hpp"

namespace gradus {

/// Makes the steps of TrainingRun::step, with sums in an order of its own, as long as none needs a
/// closer look: a gradient that has to be clipped or is not finite, weights that sum to 0.
template <class T>
class TinySteps {
public:
    /// Rows of a batch.
    static constexpr Index kMostRows = TinyQueue<T>::kSize;

    /// What qualifies, by shapes and settings alone: dense layers only, up to kTinyLayers of them,
    /// no more than kTinyWidth inputs and units in each, no limit on a weight's norm, a loss that
    /// the core computes itself, batches of up to kMostRows rows, an instruction set with quads.
    static bool fits(const Network& network, const RuleConfig& rule, const Batches<T>& batches) {
        const auto& layers = network.layers();
        const auto is_tiny = [](const DenseLayer& layer) {
            return layer.fan_in <= kTinyWidth && layer.fan_out <= kTinyWidth &&
                   std::isinf(layer.max_norm);
        };
        // A rule that divides by what may be 0 is always looked at, as is one of a huge decay.
        const bool is_tame =
            (rule.rule == Rule::gradient_descent || static_cast<T>(rule.epsilon) > 0) &&
            rule.weight_decay <= kMostRate;
        return kernels<T>().tiny_steps.quick[0] != nullptr &&
               layers.size() == network.steps().size() && layers.size() <= kTinyLayers &&
               network.embeddings().empty() && std::all_of(layers.begin(), layers.end(), is_tiny) &&
               network.loss_form().foreign == nullptr && is_tame &&
               std::min(batches.batch_size, batches.n_rows) <= kMostRows;
    }

    TinySteps(const Network& network, const RuleConfig& rule, const Batches<T>& batches,
              double max_grad_norm, Updater<T>& updater)
        : network_(network),
          is_quick_(is_quick(network, rule, batches)),
          kernel_(kernel(network, is_quick_)),
          n_slots_(rule.n_slots()),
          updater_(updater),
          table_(needs_table(batches) ? static_cast<std::size_t>(table_size(batches.n_rows)) : 0) {
        // Below this no update leaves the type's range, and none is clipped.
        const double clip = max_grad_norm * (1 - 1e-3);
        const double harmless = Updater<T>::kLarge / kMostRate / 2;
        work_ = {.n_layers = static_cast<int>(network.layers().size()),
                 .layers = {},
                 .l1 = static_cast<T>(network.l1()),
                 .l2 = static_cast<T>(network.l2()),
                 .row_loss = network.loss() == Loss::squared_error ? nullptr : &loss_of_row,
                 .form = &network.loss_form(),
                 .x = batches.x.data,
                 .x_stride = batches.x.stride,
                 .y = batches.y.data,
                 .y_stride = batches.y.stride,
                 .n_targets = static_cast<int>(network.n_targets()),
                 .weights = batches.weights,
                 .rows = batches.rows,
                 .n_rows = batches.n_rows,
                 .batch_size = std::min(batches.batch_size, batches.n_rows),
                 .shuffle_key = batches.shuffle_key,
                 .order = row_order(batches.shuffle_key, 0, batches.n_rows),
                 .table = table_.empty() ? nullptr : table_.data(),
                 .queue = &queue_,
                 .in_columns = is_quick_ && is_unit(network),
                 .update = is_plain(rule) ? nullptr : &update,
                 .of = this,
                 .params = params_.data(),
                 .cursor = nullptr,
                 .totals = nullptr,
                 .grad_norm = nullptr,
                 .most_squares = std::min(clip * clip, harmless * harmless),
                 .most_rate = kMostRate,
                 .most_part = Updater<T>::kLarge};
        std::transform(network.layers().begin(), network.layers().end(), work_.layers,
                       [](const DenseLayer& layer) -> TinyLayer {
                           return {static_cast<int>(layer.fan_in), static_cast<int>(layer.fan_out),
                                   static_cast<int>(layer.activation), layer.has_bias};
                       });
    }
    TinySteps(const TinySteps&) = delete;
    TinySteps& operator=(const TinySteps&) = delete;

    /// One update for each of `rates`, up to the first that needs a closer look; gives the number
    /// made. `log_rows` as in EpochLog.
    std::size_t run(const TrainState<T>& state, std::span<const double> rates, double* log_rows) {
        work_.cursor = state.cursor;
        work_.totals = state.totals;
        work_.grad_norm = state.grad_norm;
        move<true>(state.parameters.params, params_.data());
        for (int s = 0; s < n_slots_; ++s)
            move<true>(state.parameters.slots + s * state.parameters.count, slot(s));
        const Index made = kernel_(work_, rates.data(), static_cast<Index>(rates.size()), log_rows);
        move<false>(state.parameters.params, params_.data());
        for (int s = 0; s < n_slots_; ++s)
            move<false>(state.parameters.slots + s * state.parameters.count, slot(s));
        return static_cast<std::size_t>(made);
    }

    /// The same for one update; writes to `ratios` what Updater::apply does.
    std::size_t run_measured(const TrainState<T>& state, double rate, double* log_rows,
                             double* ratios) {
        std::array<T, kTinyParams> before;
        const T* params = state.parameters.params;
        std::copy_n(params, state.parameters.count, before.data());
        if (run(state, {&rate, 1}, log_rows) == 0) return 0;
        for (const DenseLayer& layer : network_.layers()) {
            Change sum;
            for (Index i = layer.weight_at; i < layer.end(); ++i) {
                const auto old = before[static_cast<std::size_t>(i)];
                const auto change = static_cast<double>(params[i] - old);
                sum += {change * change, static_cast<double>(old) * static_cast<double>(old)};
            }
            *ratios++ = sum.ratio();
        }
        return 1;
    }

private:
    static constexpr double kMostRate = 1e3;

    // Orders of few rows are made where they are wanted.
    static bool needs_table(const Batches<T>& batches) noexcept {
        return batches.n_rows >= kFewRows && batches.batch_size < batches.n_rows;
    }
    static bool is_plain(const RuleConfig& rule) noexcept {
        return rule.rule == Rule::gradient_descent && rule.momentum == 0;
    }
    static bool is_quick(const Network& network, const RuleConfig& rule,
                         const Batches<T>& batches) {
        const auto& layers = network.layers();
        return network.loss() == Loss::squared_error && is_plain(rule) &&
               batches.weights == nullptr &&
               std::all_of(layers.begin(), layers.end(), [](const DenseLayer& layer) {
                   return static_cast<int>(layer.activation) < kTinyQuick;
               });
    }
    static bool is_unit(const Network& network) {
        return network.layers().size() == 1 && network.layers()[0].fan_out == 1;
    }
    static TinyKernel<T> kernel(const Network& network, bool is_quick) {
        const auto& layers = network.layers();
        const TinyKernels<T>& all = kernels<T>().tiny_steps;
        if (!is_quick) return all.all[layers.size() - 1];
        if (is_unit(network)) return all.quick_unit[static_cast<int>(layers[0].activation)];
        return all.quick[layers.size() - 1];
    }

    T* slot(int s) noexcept { return slots_.data() + s * kTinyParams; }

    // Between a flat vector and a padded one.
    template <bool ToPadded>
    void move(T* flat, T* padded) const noexcept {
        for (const DenseLayer& layer : network_.layers()) {
            const Index n_rows = layer.fan_in + (layer.has_bias ? 1 : 0);
            for (Index i = 0; i < n_rows; ++i) {
                T* from = flat + layer.weight_at + i * layer.fan_out;
                T* to = padded + (i < layer.fan_in ? i : kTinyWidth) * kTinyWidth;
                if constexpr (!ToPadded) std::swap(from, to);
                std::copy_n(from, layer.fan_out, to);
            }
            padded += kTinyLayerParams;
        }
    }

    static RowLoss loss_of_row(const void* form, T* outputs, Index n, const T* y, double scale) {
        return gradus::row_loss(*static_cast<const LossForm*>(form), outputs, n, y, scale);
    }

    static void update(void* of, T* params, const T* grads, double rate, std::int64_t number) {
        auto& steps = *static_cast<TinySteps*>(of);
        steps.updater_.set_step(rate, 1.0, number);
        constexpr Index kWeights = kTinyWidth * kTinyWidth;
        for (Index at = 0; at < steps.work_.n_layers * kTinyLayerParams; at += kTinyLayerParams) {
            const auto part = [&](bool is_weight, Index from, Index count) {
                steps.updater_.apply_to(is_weight, count, params + from, steps.slot(0) + from,
                                        steps.slot(1) + from, grads + from);
            };
            part(true, at, kWeights);
            part(false, at + kWeights, kTinyWidth);
        }
    }

    const Network& network_;
    bool is_quick_;
    TinyKernel<T> kernel_;
    int n_slots_;
    Updater<T>& updater_;
    std::vector<std::int32_t> table_;  // of an epoch's order
    TinyWork<T> work_;
    TinyQueue<T> queue_;
    std::array<T, kTinyParams> params_{};
    std::array<T, 2 * kTinyParams> slots_{};
};

}  // namespace gradus
