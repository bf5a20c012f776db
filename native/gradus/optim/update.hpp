// The update rules over the flat vector, in blocks. The recurrences:
// src/gradus/optimizers/rules.py.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/enums.hpp"
#include "base/thread_pool.hpp"
#include "nn/network.hpp"
#include "optim/max_norm.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// A rule with its hyperparameters; each reads those it has, and the others are 0.
struct RuleConfig {
    Rule rule;
    bool nesterov = false;
    double momentum = 0;
    double beta_1 = 0;
    double beta_2 = 0;
    double decay = 0;
    double epsilon = 0;
    double initial_accumulator = 0;
    double weight_decay = 0;

    int n_slots() const noexcept {
        const int for_momentum = momentum == 0 ? 0 : 1;
        switch (rule) {
            case Rule::gradient_descent:
                return for_momentum;
            case Rule::rmsprop:
                return 1 + for_momentum;
            case Rule::adagrad:
                return 1;
            default:
                return 2;
        }
    }
};

/// What the rule changes: the parameters and, for each of its slots, one vector of the same length.
template <class T>
struct Parameters {
    T* params;
    T* slots;  // (n_slots, n_params)
    Index count;
};

/// Squared sizes of a change of parameters and of those parameters before it.
struct Change {
    double change = 0;
    double before = 0;

    Change& operator+=(const Change& other) noexcept {
        change += other.change;
        before += other.before;
        return *this;
    }
    double ratio() const noexcept { return change == 0 ? 0.0 : std::sqrt(change / before); }
};

/// beta^n by repeated squaring: the same bits on every system.
inline double whole_power(double beta, std::int64_t n) noexcept {
    double result = 1;
    for (double square = beta; n > 0; n /= 2, square *= square) {
        if (n % 2 == 1) result *= square;
    }
    return result;
}

/// Applies a rule. Blocks never cross from weights to biases, since decay spares the biases.
template <class T>
class Updater {
public:
    static constexpr Index kBlock = 4096;
    /// No update by a rate times a gradient of this size leaves the type's range.
    static constexpr double kLarge = std::numeric_limits<T>::digits > 30 ? 1e150 : 1e15;

    Updater(const Network& network, const RuleConfig& config)
        : network_(network),
          kernels_(kernels<T>()),
          config_(config),
          n_params_(network.n_params()) {
        for (const EmbeddingTable& table : network.embeddings())
            add_blocks(table.weight_at, table.end(), kNoLayer, true);
        for (const Step& step : network.steps()) {
            if (step.kind == StepKind::dense) {
                const DenseLayer& layer = network.layers()[step.index];
                add_blocks(layer.weight_at, layer.bias_at(), step.index, true);
                add_blocks(layer.bias_at(), layer.end(), step.index, false);
            } else if (step.kind == StepKind::norm) {
                const NormLayer& norm = network.norms()[step.index];
                add_blocks(norm.scale_at, norm.end(), kNoLayer, false);
            }
        }
        squares_.resize(blocks_.size());
        changes_.resize(blocks_.size());
    }

    /// The Euclidean norm of the gradient, summed block by block in order. Returns false, and no
    /// norm, if told to stop on the way.
    bool norm(const T* grads, const Crew& crew, double& result) {
        const bool done = for_each_block(crew, [&](std::size_t b, int) {
            squares_[b] = kernels_.sum_squares(grads + blocks_[b].start, blocks_[b].count);
        });
        double sum = 0;
        for (double square : squares_) sum += square;
        result = std::sqrt(sum);
        return done;
    }

    /// Prepares update number `number` (from 1) with its rate and the factor that clipping puts on
    /// the gradient.
    void set_step(double rate, double clip, std::int64_t number) noexcept {
        descent_ = {rate, clip, config_.momentum, config_.nesterov};
        const double decay = config_.rule == Rule::adamw ? rate * config_.weight_decay : 0.0;
        adam_ = {rate,
                 clip,
                 config_.beta_1,
                 config_.beta_2,
                 config_.epsilon,
                 1 - whole_power(config_.beta_1, number),
                 1 - whole_power(config_.beta_2, number),
                 decay};
        rmsprop_ = {rate, clip, config_.decay, config_.epsilon, config_.momentum};
        adagrad_ = {rate, clip, config_.initial_accumulator, config_.epsilon};
    }

    /// Makes the update in place, and keeps the weights within their layers' max_norm. It is never
    /// left half done: nobody can stop the watch it has. Unless `ratios` (n_layers,) is null,
    /// writes how much each layer changed, before max_norm: the size of the change over that of the
    /// parameters before it; embeddings and norms are left out.
    void apply(const Parameters<T>& p, const T* grads, double* ratios, const Crew& crew) {
        const Crew steady(crew.n_threads(), undisturbed_);
        for_each_block(steady, [&](std::size_t b, int) {
            const Block& block = blocks_[b];
            T* const first = p.slots + block.start;
            T* const params = p.params + block.start;
            if (ratios == nullptr) {
                update(block, params, first, first + p.count, grads + block.start);
            } else {
                changes_[b] =
                    measured_update(block, params, first, first + p.count, grads + block.start);
            }
        });
        if (ratios != nullptr) sum_changes(ratios);
        limit_norms(network_, p.params, steady);
    }

    /// The prepared update of at most kBlock numbers that stand elsewhere, all of them weights or
    /// none.
    void apply_to(bool is_weight, Index count, T* params, T* slot_1, T* slot_2,
                  const T* grads) const noexcept {
        update({0, count, kNoLayer, is_weight}, params, slot_1, slot_2, grads);
    }
    Change measure_to(bool is_weight, Index count, T* params, T* slot_1, T* slot_2,
                      const T* grads) const noexcept {
        return measured_update({0, count, kNoLayer, is_weight}, params, slot_1, slot_2, grads);
    }

    /// Whether the prepared update may leave the type's range although the gradient, of this norm
    /// after clipping, did not: it is then tried on a copy first.
    bool is_suspicious(double norm) const noexcept {
        if (descent_.rate * std::max(1.0, norm) > kLarge) return true;
        if (config_.rule == Rule::gradient_descent) return false;
        // The others square the gradient, and divide by epsilon where all squares were 0.
        return norm > kLarge || adam_.decay > kLarge || static_cast<T>(config_.epsilon) == 0;
    }

    /// Whether every new parameter and slot would be finite; changes nothing.
    bool would_stay_finite(const Parameters<T>& p, const T* grads) const {
        bool is_finite = true;
        for (const Block& block : blocks_) {
            on_copy(p, grads, block, [&](const T* params, const T* slots) {
                for (Index i = 0; i < block.count; ++i)
                    is_finite = is_finite && std::isfinite(params[i]);
                for (Index i = 0; i < config_.n_slots() * kBlock; ++i) {
                    is_finite = is_finite && (i % kBlock >= block.count || std::isfinite(slots[i]));
                }
            });
        }
        return is_finite;
    }

private:
    static constexpr std::size_t kNoLayer = std::numeric_limits<std::size_t>::max();

    struct Block {
        Index start;
        Index count;
        std::size_t layer;  // kNoLayer for embeddings and norms
        bool is_weight;
    };

    void add_blocks(Index start, Index end, std::size_t layer, bool is_weight) {
        for (Index at = start; at < end; at += kBlock) {
            blocks_.push_back({at, std::min(kBlock, end - at), layer, is_weight});
        }
    }

    template <class F>
    bool for_each_block(const Crew& crew, F&& f) const {
        const double work = 16.0 * static_cast<double>(n_params_);
        return crew.for_each(static_cast<Index>(blocks_.size()), work,
                             [&](Index b, int worker) { f(static_cast<std::size_t>(b), worker); });
    }

    void update(const Block& block, T* params, T* slot_1, T* slot_2,
                const T* grads) const noexcept {
        T* const velocity = config_.momentum == 0 ? nullptr : slot_1;
        T* const velocity_behind = config_.momentum == 0 ? nullptr : slot_2;
        AdamStep adam = adam_;
        if (!block.is_weight) adam.decay = 0;
        switch (config_.rule) {
            case Rule::gradient_descent:
                return kernels_.descend(params, velocity, grads, block.count, descent_);
            case Rule::rmsprop:
                return kernels_.rmsprop(params, slot_1, velocity_behind, grads, block.count,
                                        rmsprop_);
            case Rule::adagrad:
                return kernels_.adagrad(params, slot_1, grads, block.count, adagrad_);
            default:
                return kernels_.adam(params, slot_1, slot_2, grads, block.count, adam);
        }
    }

    Change measured_update(const Block& block, T* params, T* slot_1, T* slot_2,
                           const T* grads) const noexcept {
        std::array<T, kBlock> changes;
        std::copy_n(params, block.count, changes.data());
        const double before = kernels_.sum_squares(changes.data(), block.count);
        update(block, params, slot_1, slot_2, grads);
        for (Index i = 0; i < block.count; ++i)
            changes[static_cast<std::size_t>(i)] = params[i] - changes[static_cast<std::size_t>(i)];
        return {kernels_.sum_squares(changes.data(), block.count), before};
    }

    void sum_changes(double* ratios) const noexcept {
        for (std::size_t b = 0; b < blocks_.size();) {
            const std::size_t layer = blocks_[b].layer;
            Change sum;
            for (; b < blocks_.size() && blocks_[b].layer == layer; ++b) sum += changes_[b];
            if (layer != kNoLayer) ratios[layer] = sum.ratio();
        }
    }

    template <class F>
    void on_copy(const Parameters<T>& p, const T* grads, const Block& block, F&& look) const {
        std::array<T, kBlock> params;
        std::array<T, 2 * kBlock> slots;
        std::copy_n(p.params + block.start, block.count, params.data());
        for (int s = 0; s < config_.n_slots(); ++s) {
            std::copy_n(p.slots + s * p.count + block.start, block.count,
                        slots.data() + s * kBlock);
        }
        update(block, params.data(), slots.data(), slots.data() + kBlock, grads + block.start);
        look(params.data(), slots.data());
    }

    const Network& network_;
    const Kernels<T>& kernels_;
    RuleConfig config_;
    Index n_params_;
    Watch undisturbed_{nullptr, nullptr, 0};
    DescentStep descent_{};
    AdamStep adam_{};
    RmspropStep rmsprop_{};
    AdagradStep adagrad_{};
    std::vector<Block> blocks_;
    std::vector<double> squares_;
    std::vector<Change> changes_;
};

}  // namespace gradus
