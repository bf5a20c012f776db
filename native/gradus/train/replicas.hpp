// Two threads that train one network of middle size, each with parameters of its own.
#pragma once

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

#include "base/meeting.hpp"
#include "train/checked_update.hpp"
#include "train/picked_rows.hpp"

namespace gradus {

/// Makes the steps of TrainingRun::step where a batch is several blocks of rows: the same bits.
/// Each thread carries half of the blocks forward and back, and by the sum of all gradients each
/// makes the whole update, the caller of the parameters it was given and the other of a copy. So
/// they meet once a step, and no weight that one has changed is read by the other.
template <class T>
class Replicas {
public:
    static bool fit(const Network& network, const Batches<T>& batches, int n_threads,
                    const Bfloat16Kernels* rounding) {
        return n_threads == 2 && rounding == nullptr && batches.weights == nullptr &&
               batches.batch_size > kBlock && batches.batch_size <= GradientPass<T>::kChunk &&
               batches.batch_size < batches.n_rows && network.embeddings().empty() &&
               network.norms().empty() && network.loss_form().foreign == nullptr &&
               n_blocks(batches) / 2 * network.n_params() <= kMostFetched &&
               BlockSums<T>::fit(network) &&
               GradientPass<T>::is_worth_cutting(network, batches.batch_size);
    }

    Replicas(const Network& network, const RuleConfig& rule, const Batches<T>& batches,
             double max_grad_norm)
        : batches_(batches),
          kernels_(kernels<T>()),
          max_grad_norm_(max_grad_norm),
          n_params_(network.n_params()),
          n_slots_(rule.n_slots()),
          n_blocks_(n_blocks(batches)),
          arena_(size(network, rule, batches)),
          threads_{{network, rule, batches, arena_}, {network, rule, batches, arena_}},
          parts_(static_cast<std::size_t>(2 * n_blocks_)),
          copy_(arena_.take<T>((1 + n_slots_) * n_params_)) {
        for (Part& part : parts_) part.grads = arena_.take<T>(n_params_);
    }

    /// Before a call, whose parameters may be others.
    void begin() noexcept { copied_ = -1; }

    /// One step for each of `rates` that is left to the epoch's full batches, from the cursor on,
    /// up to the first that needs a closer look or for which nobody helps; gives the number made.
    /// The caller's thread asks look(i) before step i, which ends them, and ratios(i) for where the
    /// step's changes go, and calls told(i, totals, norm) after it.
    template <class Look, class Ratios, class Told>
    std::size_t run(const TrainState<T>& state, std::span<const double> rates,
                    const RowOrder& order, const Crew& crew, Look&& look, Ratios&& ratios,
                    Told&& told) {
        const std::int64_t first = state.cursor[1], number = state.cursor[2];
        const std::size_t n = std::min(
            rates.size(), static_cast<std::size_t>(batches_.n_rows / batches_.batch_size - first));
        if (n < 2 || n_alone_ > 0) {
            n_alone_ -= n_alone_ > 0 ? 1 : 0;
            return 0;
        }
        order_ = order;
        epoch_key_ = part_key(batches_.dropout_key, state.cursor[0]);
        const auto step_at = [&](std::size_t i) -> Step {
            const auto before = static_cast<Index>(i);
            return {first + before, number + before + 1, rates[i]};
        };
        std::size_t made = 0;
        const auto lead = [&](const Crew& own) {
            for (std::size_t i = 0; i < n && (i == 0 || !look(i)); made = ++i) {
                const Step step = step_at(i);
                Totals totals;
                double norm = 0;
                if (!carry(0, state.parameters, step, own) || !meet_soon(step) ||
                    !update(0, state.parameters, step, ratios(i), own, totals, norm)) {
                    break;
                }
                told(i, totals, norm);
            }
        };
        const auto follow = [&](const Crew& own, int worker) {
            meeting_.come(1, number);
            if (copied_ != number) copy(state.parameters);
            const Parameters<T> mine{copy_, copy_ + n_params_, n_params_};
            for (std::size_t i = 0; i < n && !meeting_.is_left(); ++i) {
                const Step step = step_at(i);
                Totals totals;
                double norm = 0;
                if (!carry(1, mine, step, own) ||
                    !meeting_.meet(1, step.number, [&] { return own.should_stop(worker); }) ||
                    !update(1, mine, step, nullptr, own, totals, norm)) {
                    break;
                }
                copied_ = step.number;
            }
        };
        meeting_.begin();
        crew.for_each(2, kAnyWork, [&](Index task, int worker) {
            if (task == 0) {
                lead(crew.alone(worker));
            } else if (!meeting_.is_left()) {
                follow(crew.alone(worker), worker);
            }
            meeting_.leave();
        });
        rest(made > 0);
        return made;
    }

private:
    static constexpr Index kBlock = BlockSums<T>::kRows;
    // Numbers of the other's gradients: to fetch more takes as long as to meet more often.
    static constexpr Index kMostFetched = 32768;
    static constexpr double kAnyWork = 1e9;
    static constexpr Index kFewestAlone = 16, kMostAlone = 1024;

    struct Step {
        Index in_epoch;
        std::int64_t number;  // of its update, from 1
        double rate;
    };

    /// What one thread works with.
    struct Thread {
        Thread(const Network& network, const RuleConfig& rule, const Batches<T>& batches,
               Arena& arena)
            : updater(network, rule),
              pass(network, kBlock, 1),
              rows(batches, kBlock, arena),
              grads(arena.take<T>(network.n_params())) {}

        Updater<T> updater;
        GradientPass<T> pass;
        PickedRows<T> rows;
        T* grads;  // the sum of all blocks'
    };

    /// What is summed over a block's rows.
    struct alignas(kAlignment) Part {
        T* grads;
        Totals totals[kBlock / GradientPass<T>::kPiece];
        Index n_totals;
    };

    static Index n_blocks(const Batches<T>& batches) noexcept {
        return (batches.batch_size + kBlock - 1) / kBlock;
    }
    static ArenaSize size(const Network& network, const RuleConfig& rule,
                          const Batches<T>& batches) {
        ArenaSize size;
        for (int thread = 0; thread < 2; ++thread) {
            PickedRows<T>::count(size, batches, kBlock);
            size.add<T>(network.n_params());
        }
        for (Index part = 0; part < 2 * n_blocks(batches); ++part) size.add<T>(network.n_params());
        size.add<T>((1 + rule.n_slots()) * network.n_params());
        return size;
    }

    // The next step has others: the other thread may still read those of this one.
    Part& part_of(const Step& step, Index block) noexcept {
        return parts_[static_cast<std::size_t>(step.in_epoch % 2 * n_blocks_ + block)];
    }
    Index first_block(int who) const noexcept { return who == 0 ? 0 : (n_blocks_ + 1) / 2; }
    Index end_block(int who) const noexcept { return who == 0 ? (n_blocks_ + 1) / 2 : n_blocks_; }

    void copy(const Parameters<T>& p) noexcept {
        std::copy_n(p.params, n_params_, copy_);
        std::copy_n(p.slots, n_slots_ * n_params_, copy_ + n_params_);
    }

    // The gradients of thread `who`'s blocks.
    bool carry(int who, const Parameters<T>& p, const Step& step, const Crew& own) {
        for (Index block = first_block(who); block < end_block(who); ++block) {
            if (!carry_block(threads_[who], p, step, block, part_of(step, block), own))
                return false;
        }
        return true;
    }
    bool carry_block(Thread& mine, const Parameters<T>& p, const Step& step, Index block,
                     Part& part, const Crew& own) {
        const Index from = step.in_epoch * batches_.batch_size + block * kBlock;
        const Index rows = std::min(kBlock, batches_.batch_size - block * kBlock);
        const Dropping dropping{epoch_key_, mine.rows.numbers()};
        Totals sum;
        if (!mine.pass.add_chunk(p.params, mine.rows.x(rows), mine.rows.y(rows), nullptr,
                                 static_cast<double>(batches_.batch_size), true, &dropping,
                                 part.grads, sum, own,
                                 typename PickedRows<T>::Chunk{mine.rows, order_, from})) {
            return false;
        }
        const std::span<const Totals> totals = mine.pass.piece_totals();
        std::copy(totals.begin(), totals.end(), part.totals);
        part.n_totals = static_cast<Index>(totals.size());
        return true;
    }

    // Waits for the other's blocks, but not for who has not begun or whose processor another
    // program has.
    bool meet_soon(const Step& step) noexcept {
        using Clock = std::chrono::steady_clock;
        if (!meeting_.has_come(1, step.number - 1)) return false;
        const auto end = Clock::now() + std::chrono::microseconds(100);
        return meeting_.meet(0, step.number, [&] { return Clock::now() > end; });
    }

    // The update of p by the gradient of all blocks.
    bool update(int who, const Parameters<T>& p, const Step& step, double* ratios, const Crew& own,
                Totals& totals, double& norm) {
        Thread& mine = threads_[who];
        std::copy_n(part_of(step, 0).grads, n_params_, mine.grads);
        for (Index block = 0; block < n_blocks_; ++block) {
            const Part& part = part_of(step, block);
            if (block > 0) kernels_.add_scaled(mine.grads, part.grads, T(1), n_params_);
            for (Index piece = 0; piece < part.n_totals; ++piece) totals += part.totals[piece];
        }
        return checked_update(mine.updater, mine.pass, p, mine.grads, totals, step.rate,
                              step.number, max_grad_norm_, ratios, own, norm) == RunStatus::done;
    }

    // Where nobody helped, nobody is asked for some steps, and for twice as many each time.
    void rest(bool was_helped) noexcept {
        most_alone_ = was_helped ? 0 : std::clamp(2 * most_alone_, kFewestAlone, kMostAlone);
        n_alone_ = most_alone_;
    }

    const Batches<T>& batches_;
    const Kernels<T>& kernels_;
    double max_grad_norm_;
    Index n_params_;
    int n_slots_;
    Index n_blocks_;
    Arena arena_;
    Thread threads_[2];
    std::vector<Part> parts_;
    T* copy_;                   // of parameters and slots, the other thread's
    std::int64_t copied_ = -1;  // updates they have seen
    RowOrder order_{};
    std::uint64_t epoch_key_ = 0;
    Index n_alone_ = 0, most_alone_ = 0;
    Meeting meeting_;
};

}  // namespace gradus
