// Training whose every epoch is judged by rows that it does not learn from.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "nn/evaluate.hpp"
#include "train/run.hpp"

namespace gradus {

/// The rows that judge, and what came of it.
template <class T>
struct Validation {
    MatrixView<const T> x;
    MatrixView<const T> y;
    const T* weights;   // (n,) or null
    double* best_loss;  // (1,): the smallest mean loss so far
    T* best_params;     // (n_params,): the parameters it belongs to
    double* rows;       // (epochs finished in the call, 2): mean loss, mean measure
};

template <class T>
void judge(const Network& network, const T* params, const Validation<T>& validation, double* row,
           int n_threads) {
    // So few rows that nobody need be asked on the way.
    Watch watch(nullptr, nullptr, 0);
    Totals totals;
    network_totals(network, params, validation.x, validation.y, validation.weights,
                   Crew(n_threads, watch), totals);
    row[0] = totals.mean_loss();
    row[1] = totals.mean_measure();
    if (!(row[0] < *validation.best_loss)) return;
    *validation.best_loss = row[0];
    std::copy_n(params, network.n_params(), validation.best_params);
}

/// TrainingRun::run epoch by epoch, each of which is judged where it ends.
template <class T>
RunStatus judged_run(TrainingRun<T>& training, const Network& network, const Batches<T>& batches,
                     const TrainState<T>& state, std::span<const double> rates, const EpochLog& log,
                     const Validation<T>& validation, const Crew& crew, Watch& watch) {
    const std::size_t n_layers = network.layers().size();
    const std::int64_t first_epoch = state.cursor[0];
    std::vector<std::int64_t> measured(log.measured.begin(), log.measured.end());
    for (std::size_t made = 0, begin = 0; made < rates.size();) {
        if (made > 0 && watch.slice_is_over()) return RunStatus::cut;
        const auto left = static_cast<std::size_t>(batches.steps_per_epoch() - state.cursor[1]);
        const std::size_t steps = std::min(left, rates.size() - made), done = made + steps;
        // Those of these steps, counted from the first of them.
        std::size_t end = begin;
        for (; end < measured.size() && static_cast<std::size_t>(measured[end]) < done; ++end)
            measured[end] -= static_cast<std::int64_t>(made);
        const std::int64_t epoch = state.cursor[0], number = epoch - first_epoch;
        const RunStatus status = training.run(state, rates.subspan(made, steps),
                                              {log.rows + 3 * number,
                                               {measured.data() + begin, end - begin},
                                               log.update_ratio + begin * n_layers,
                                               log.seconds + begin},
                                              crew, watch);
        if (state.cursor[0] > epoch) {
            judge(network, state.parameters.params, validation, validation.rows + 2 * number,
                  crew.n_threads());
        }
        if (status != RunStatus::done) return status;
        made = done;
        begin = end;
    }
    return RunStatus::done;
}

}  // namespace gradus
