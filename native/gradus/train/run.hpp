// The inner sequence of training: batch after batch, gradient, check, update. Everything it needs
// is sized before the first step; the loop allocates nothing. One step of training happens in
// TrainingRun::step.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "nn/gradient.hpp"
#include "train/block_updates.hpp"
#include "train/replicas.hpp"
#include "train/tiny.hpp"

namespace gradus {

template <class T>
class TrainingRun {
public:
    /// With `rounding`, gradients are made of products of factors rounded to bfloat16.
    TrainingRun(const Network& network, const RuleConfig& rule, const Batches<T>& batches,
                double max_grad_norm, int n_threads, const Bfloat16Kernels* rounding = nullptr)
        : network_(network),
          batches_(batches),
          kernels_(kernels<T>()),
          max_grad_norm_(max_grad_norm),
          look_every_(steps_between_looks(network, rule, batches)),
          pass_(network, std::min(batches.batch_size, batches.n_rows), n_threads, rounding),
          updater_(network, rule),
          uses_blocks_(BlockUpdates<T>::fit(network, batches, max_grad_norm, pass_.chunk_rows())),
          arena_(size(network, batches, pass_.chunk_rows(), uses_blocks_ ? n_threads : 0)),
          grads_(arena_.take<T>(network.n_params())),
          rows_(batches, pass_.chunk_rows(), arena_),
          orders_(batches.shuffle_key, batches.n_rows, arena_) {
        if (TinySteps<T>::fits(network, rule, batches))
            tiny_.emplace(network, rule, batches, max_grad_norm, updater_);
        if (uses_blocks_) by_blocks_.emplace(network, updater_, arena_, n_threads);
        if (!tiny_ && Replicas<T>::fit(network, batches, n_threads, rounding))
            replicas_.emplace(network, rule, batches, max_grad_norm);
    }

    /// One update for each of `rates`; src/gradus/engines/base.py says how it may end early.
    RunStatus run(const TrainState<T>& state, std::span<const double> rates, const EpochLog& log,
                  const Crew& crew, Watch& watch) {
        const std::size_t n_layers = network_.layers().size();
        double* log_row = log.rows;
        if (batches_.batch_size < batches_.n_rows)
            wanted_rows_ = static_cast<Index>(rates.size()) * batches_.batch_size;
        if (replicas_) replicas_->begin();
        std::size_t n_measured = 0;
        for (std::size_t s = 0; s < rates.size();) {
            if (s % look_every_ == 0) {
                if (s > 0 && watch.slice_is_over()) return RunStatus::cut;
                if (watch.poll()) return RunStatus::cancelled;
            }
            const std::size_t measured = n_measured < log.measured.size()
                                             ? static_cast<std::size_t>(log.measured[n_measured])
                                             : rates.size();
            const std::size_t made =
                tiny_steps(state, rates, s, std::min(measured, rates.size()), log_row);
            s += made;
            if (s == rates.size() || (made > 0 && s % look_every_ == 0)) continue;
            if (const std::size_t together =
                    replicated_steps(state, rates, s, log, n_measured, crew, watch)) {
                s += together;
                log_row = end_epoch(state, log_row);
                continue;
            }
            double* const ratios =
                s == measured ? log.update_ratio + n_measured * n_layers : nullptr;
            if (!measured_tiny_step(state, rates[s], ratios, log_row)) {
                const RunStatus status = step(state, rates[s], ratios, crew);
                if (status != RunStatus::done) return status;
                log_row = end_epoch(state, log_row);
            }
            if (s == measured) log.seconds[n_measured++] = watch.seconds();
            ++s;
        }
        return RunStatus::done;
    }

private:
    // Reading a clock takes longer than a step of the smallest networks.
    static std::size_t steps_between_looks(const Network& network, const RuleConfig& rule,
                                           const Batches<T>& batches) noexcept {
        constexpr double kWork = 1e6;  // some tens of microseconds
        const double most = TinySteps<T>::fits(network, rule, batches) ? 1024.0 : 64.0;
        const double step = 3 * network.work_per_row() *
                            static_cast<double>(std::min(batches.batch_size, batches.n_rows));
        return static_cast<std::size_t>(std::clamp(kWork / step, 1.0, most));
    }

    static ArenaSize size(const Network& network, const Batches<T>& batches, Index chunk,
                          int n_threads_of_blocks) {
        ArenaSize size;
        BlockUpdates<T>::count(size, n_threads_of_blocks);
        size.add<T>(network.n_params());
        PickedRows<T>::count(size, batches, chunk);
        EpochOrders::count(size, batches.n_rows);
        return size;
    }

    // As many steps from s on as the path of the smallest networks makes, none past the next look
    // and none from `end` on.
    std::size_t tiny_steps(const TrainState<T>& state, std::span<const double> rates, std::size_t s,
                           std::size_t end, double*& log_row) {
        if (!tiny_ || s == end) return 0;
        const std::int64_t epoch = state.cursor[0];
        const std::size_t some = std::min(look_every_ - s % look_every_, end - s);
        const std::size_t made = tiny_->run(state, rates.subspan(s, some), log_row);
        log_row += 3 * (state.cursor[0] - epoch);
        return made;
    }
    // Whether it makes the step, which it may where its changes are asked for.
    bool measured_tiny_step(const TrainState<T>& state, double rate, double* ratios,
                            double*& log_row) {
        if (!tiny_ || ratios == nullptr) return false;
        const std::int64_t epoch = state.cursor[0];
        const bool is_made = tiny_->run_measured(state, rate, log_row, ratios) == 1;
        log_row += 3 * (state.cursor[0] - epoch);
        return is_made;
    }

    // One step of training: the batch's gradient, its check, its clipping, and the update p <- p -
    // rate * g of the rule.
    RunStatus step(const TrainState<T>& state, double rate, double* update_ratio,
                   const Crew& crew) {
        Totals totals;
        if (!batch_gradient(state, totals, by_blocks_ ? nullptr : grads_, crew))
            return RunStatus::cancelled;
        if (totals.weight > 0) {
            double norm = 0;
            if (!by_blocks_ || !update_by_blocks(state, totals, rate, update_ratio, crew, norm)) {
                if (by_blocks_ && !pass_.parameter_sums(true, grads_, crew))
                    return RunStatus::cancelled;
                const RunStatus status =
                    checked_update(updater_, pass_, state.parameters, grads_, totals, rate,
                                   state.cursor[2] + 1, max_grad_norm_, update_ratio, crew, norm);
                if (status != RunStatus::done) return status;
            }
            state.grad_norm[1] = state.grad_norm[0];
            state.grad_norm[0] = norm;
        }
        end_step(state, totals);
        return RunStatus::done;
    }

    // Steps that replicas make from step s of the call on, none past the epoch.
    std::size_t replicated_steps(const TrainState<T>& state, std::span<const double> rates,
                                 std::size_t s, const EpochLog& log, std::size_t& n_measured,
                                 const Crew& crew, Watch& watch) {
        if (!replicas_) return 0;
        const auto is_measured = [&](std::size_t i) {
            return n_measured < log.measured.size() &&
                   static_cast<std::size_t>(log.measured[n_measured]) == s + i;
        };
        return replicas_->run(
            state, rates.subspan(s), orders_.at(kernels_, state.cursor[0], wanted_rows_), crew,
            [&](std::size_t i) {
                return (s + i) % look_every_ == 0 && (watch.slice_is_over() || watch.poll());
            },
            [&](std::size_t i) {
                return is_measured(i) ? log.update_ratio + n_measured * network_.layers().size()
                                      : nullptr;
            },
            [&](std::size_t i, const Totals& totals, double norm) {
                state.grad_norm[1] = state.grad_norm[0];
                state.grad_norm[0] = norm;
                end_step(state, totals);
                if (is_measured(i)) log.seconds[n_measured++] = watch.seconds();
            });
    }

    static void end_step(const TrainState<T>& state, const Totals& totals) noexcept {
        ++state.cursor[1];
        ++state.cursor[2];
        state.totals[0] += totals.loss;
        state.totals[1] += totals.measure;
        state.totals[2] += totals.weight;
    }

    // An update by a gradient that is not stored; false, and nothing changed, where it must be.
    bool update_by_blocks(const TrainState<T>& state, const Totals& totals, double rate,
                          double* update_ratio, const Crew& crew, double& norm) {
        updater_.set_step(rate, 1.0, state.cursor[2] + 1);
        const auto factors = pass_.factors();
        if (!std::isfinite(totals.loss) || !by_blocks_->is_safe(factors, crew)) return false;
        norm = by_blocks_->run(state.parameters, factors, update_ratio, pass_.buffers(), crew);
        return true;
    }

    bool batch_gradient(const TrainState<T>& state, Totals& totals, T* grads, const Crew& crew) {
        const Index start = state.cursor[1] * batches_.batch_size;
        const Index end = std::min(start + batches_.batch_size, batches_.n_rows);
        const RowOrder& order = orders_.at(kernels_, state.cursor[0], wanted_rows_);
        const Dropping dropping{part_key(batches_.dropout_key, state.cursor[0]), rows_.numbers()};
        double weight = batches_.weights == nullptr ? static_cast<double>(end - start) : 0.0;
        for (Index p = start; batches_.weights != nullptr && p < end; p += pass_.chunk_rows()) {
            const Index rows = std::min(pass_.chunk_rows(), end - p);
            rows_.pick(order, p, {0, rows});
            for (Index i = 0; i < rows; ++i)
                weight += static_cast<double>(batches_.weights[rows_.numbers()[i]]);
        }
        for (Index from = start; from < end; from += pass_.chunk_rows()) {
            const Index rows = std::min(pass_.chunk_rows(), end - from);
            if (!pass_.add_chunk(state.parameters.params, rows_.x(rows), rows_.y(rows),
                                 rows_.weights(), weight, from == start, &dropping, grads, totals,
                                 pass_.crew_for(rows, crew),
                                 typename PickedRows<T>::Chunk{rows_, order, from})) {
                return false;
            }
        }
        return true;
    }

    // After the last step of an epoch.
    double* end_epoch(const TrainState<T>& state, double* log_row) const noexcept {
        if (state.cursor[1] < batches_.steps_per_epoch()) return log_row;
        const double weight = state.totals[2] > 0 ? state.totals[2] : 1.0;
        log_row[0] = state.totals[0] / weight;
        log_row[1] = state.totals[1] / weight;
        log_row[2] = state.grad_norm[0];
        std::fill_n(state.totals, 3, 0.0);
        ++state.cursor[0];
        state.cursor[1] = 0;
        return log_row + 3;
    }

    const Network& network_;
    const Batches<T>& batches_;
    const Kernels<T>& kernels_;
    double max_grad_norm_;
    std::size_t look_every_;
    GradientPass<T> pass_;
    Updater<T> updater_;
    std::optional<TinySteps<T>> tiny_;
    bool uses_blocks_;
    Arena arena_;
    std::optional<BlockUpdates<T>> by_blocks_;
    std::optional<Replicas<T>> replicas_;
    T* grads_;
    PickedRows<T> rows_;  // of the chunk
    EpochOrders orders_;
    Index wanted_rows_ = 0;  // of the orders, by the call
};

}  // namespace gradus
