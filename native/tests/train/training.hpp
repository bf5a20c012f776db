// A training, for tests that make it in many ways.
#pragma once

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "numbers.hpp"
#include "train/judged_run.hpp"

namespace gradus {

/// Of the whole program, where it counts them.
inline std::atomic<long> allocations{0};

constexpr int kRules = 6;

inline RuleConfig rule_of(int which) {
    switch (which) {
        case 0:
            return {.rule = Rule::gradient_descent};
        case 1:
            return {.rule = Rule::gradient_descent, .nesterov = true, .momentum = 0.9};
        case 2:
            return {.rule = Rule::adam, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8};
        case 3:
            return {.rule = Rule::adamw,
                    .beta_1 = 0.9,
                    .beta_2 = 0.999,
                    .epsilon = 1e-8,
                    .weight_decay = 0.01};
        case 4:
            return {.rule = Rule::rmsprop, .momentum = 0.9, .decay = 0.9, .epsilon = 1e-8};
        default:
            return {.rule = Rule::adagrad, .epsilon = 1e-10, .initial_accumulator = 0.1};
    }
}

using Tables = std::vector<std::pair<std::int64_t, std::int64_t>>;
// (levels, width) of the last columns of X.
inline const Tables kNoTables, kTwoTables{{700, 9}, {3, 2}};

template <class T>
struct Training {
    Network network;
    RuleConfig rule;
    Index batch_size;
    std::vector<T> x, y, params, slots;
    std::vector<T> weights;  // none: all alike
    std::vector<std::int64_t> cursor{0, 0, 0};
    std::vector<double> totals{0, 0, 0}, grad_norm{0, 0}, log_rows, ratio, seconds{0};
    Index n;
    const Bfloat16Kernels* rounding = nullptr;
    const Validation<T>* validation = nullptr;
    bool measures_all = false;
    double max_grad_norm = 0.5;

    Training(std::vector<std::int64_t> widths, int which_rule, Index rows, Index batch,
             const Tables& embeddings = {})
        : Training(
              dense_network(widths,
                            std::vector<int>(widths.size() - 1, static_cast<int>(Activation::tanh)),
                            std::vector<int>(widths.size() - 1, 1), 0, 0.01, embeddings),
              which_rule, rows, batch) {}

    Training(const Network& net, int which_rule, Index rows, Index batch)
        : network(net),
          rule(rule_of(which_rule)),
          batch_size(batch),
          x(rows_for<T>(network, rows, 1)),
          y(numbers<T>(rows * network.n_outputs(), 2)),
          params(numbers<T>(network.n_params(), 3)),
          slots(static_cast<std::size_t>(2 * network.n_params())),
          log_rows(3000),
          ratio(network.layers().size()),
          n(rows) {
        for (auto& p : params) p *= T(0.3);
    }

    RunStatus go(std::size_t n_steps, int n_threads, double max_seconds = 1e9,
                 std::uint8_t* cancel = nullptr, double rate = 0.01, long* allocated = nullptr) {
        const Batches<T> batches{{x.data(), n, network.n_inputs(), network.n_inputs()},
                                 {y.data(), n, network.n_outputs(), network.n_outputs()},
                                 weights.empty() ? nullptr : weights.data(),
                                 nullptr,
                                 n,
                                 batch_size,
                                 99,
                                 98};
        const std::vector<double> rates(n_steps, rate);
        std::vector<std::int64_t> measured(measures_all ? n_steps : 1);
        std::iota(measured.begin(), measured.end(),
                  static_cast<std::int64_t>(n_steps) - static_cast<std::int64_t>(measured.size()));
        ratio.resize(measured.size() * network.layers().size());
        seconds.resize(measured.size());
        Watch watch(cancel, nullptr, max_seconds);
        const Crew crew(n_threads, watch);
        const TrainState<T> state{{params.data(), slots.data(), network.n_params()},
                                  cursor.data(),
                                  totals.data(),
                                  grad_norm.data()};
        TrainingRun<T> run(network, rule, batches, max_grad_norm, n_threads, rounding);
        const long before = allocations;
        const EpochLog log{log_rows.data(), measured, ratio.data(), seconds.data()};
        const RunStatus status =
            validation == nullptr
                ? run.run(state, rates, log, crew, watch)
                : judged_run(run, network, batches, state, rates, log, *validation, crew, watch);
        if (allocated != nullptr) *allocated = allocations - before;
        return status;
    }
};

/// Of a size that two threads train with parameters of their own where a batch is two blocks of
/// rows.
inline Network replicated_network() {
    const int tanh = static_cast<int>(Activation::tanh);
    Network network(8, 0, 0.001, 0.01);
    network.add_dense(64, tanh, true, 0.9);
    network.add_dropout(0.2);
    network.add_dense(64, tanh, false, std::numeric_limits<double>::infinity());
    network.add_sum(0);
    network.add_dense(3, tanh, true, std::numeric_limits<double>::infinity());
    return network;
}

}  // namespace gradus
