// Levenberg-Marquardt, iteration after iteration within one call. Its page, with the formulas and
// their sources: src/gradus/optimizers/second_order/levenberg_marquardt.py; a test compares them,
// row by row and without a penalty to the bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/damped_systems.hpp"
#include "nn/evaluate.hpp"
#include "train/batches.hpp"

namespace gradus {

/// What iterations change; owned by the caller, always at a whole one.
template <class T>
struct DampedState {
    T* params;
    std::int64_t* cursor;  // epoch, step within it, updates made so far: each iteration is an epoch
    double* grad_norm;     // of the last step, and of the one before
    double* scalars;       // mu and nu; nu is 0 before the first iteration
};

/// l2/2 sum w^2 + l1 sum |w| over the weights.
template <class T>
double penalty(const Network& network, const T* params) noexcept {
    if (network.l1() == 0 && network.l2() == 0) return 0;
    double squares = 0, sizes = 0;
    const auto add = [&](Index from, Index count) {
        for (const T* w = params + from; w < params + from + count; ++w) {
            const auto weight = static_cast<double>(*w);
            squares += weight * weight;
            sizes += std::abs(weight);
        }
    };
    for (const EmbeddingTable& table : network.embeddings())
        add(table.weight_at, table.weight_count());
    for (const DenseLayer& layer : network.layers()) add(layer.weight_at, layer.weight_count());
    return network.l2() / 2 * squares + network.l1() * sizes;
}

template <class T, class System>
class DampedRun {
public:
    DampedRun(const Network& network, const LeastSquaresRows<T>& rows, System& system,
              double first_damping)
        : network_(network),
          rows_(rows),
          system_(system),
          first_damping_(first_damping),
          arena_(size(network)),
          grads_(arena_.take<T>(network.n_params())),
          step_(arena_.take<T>(network.n_params())),
          after_(arena_.take<T>(network.n_params())) {}

    /// At most n_steps iterations; src/gradus/engines/base.py says how it may end early. One under
    /// way once `seconds_left` have passed is dropped, as where the watch says stop.
    RunStatus run(const DampedState<T>& state, std::size_t n_steps, const EpochLog& log,
                  double seconds_left, const Crew& crew, Watch& watch) {
        const auto is_over = [&] { return watch.poll() || watch.seconds() >= seconds_left; };
        const std::size_t n_layers = network_.layers().size();
        if (is_over() || !evaluate(state.params, at_, crew) || is_over())
            return RunStatus::cancelled;
        for (std::size_t made = 0, n_measured = 0; made < n_steps; ++made) {
            if (made > 0 && watch.slice_is_over()) return RunStatus::cut;
            if (!std::isfinite(at_.mean_loss())) return RunStatus::diverged;
            if (!system_.form(state.params, grads_, crew) || is_over()) return RunStatus::cancelled;
            double damping[2] = {state.scalars[0], state.scalars[1]};
            const RunStatus ended = iterate(state.params, damping, crew, is_over);
            if (ended != RunStatus::done) return ended;
            const bool is_measured = n_measured < log.measured.size() &&
                                     static_cast<std::size_t>(log.measured[n_measured]) == made;
            if (is_measured) measure(state.params, log.update_ratio + n_measured * n_layers);
            commit(state, damping, log.rows + 3 * made);
            if (is_measured) log.seconds[n_measured++] = watch.seconds();
        }
        return RunStatus::done;
    }

private:
    static ArenaSize size(const Network& network) {
        ArenaSize size;
        for (int i = 0; i < 3; ++i) size.add<T>(network.n_params());
        return size;
    }

    bool evaluate(const T* params, Totals& totals, const Crew& crew) const {
        totals = Totals{};
        return network_totals(network_, params, rows_.x, rows_.y, rows_.weights, crew, totals);
    }

    // From mu and nu on to a step that lowers the objective, in after_, and the next mu and nu.
    template <class IsOver>
    RunStatus iterate(const T* params, double (&damping)[2], const Crew& crew, IsOver&& is_over) {
        auto& [mu, nu] = damping;
        const double curvature = system_.mean_curvature(), unit = curvature == 0 ? 1.0 : curvature;
        constexpr auto kRounding = static_cast<double>(std::numeric_limits<T>::epsilon());
        const double objective = at_.mean_loss() + penalty(network_, params);
        if (nu == 0) mu = first_damping_ * unit, nu = 2;
        if (kRounding * unit > mu) mu = kRounding * unit;
        while (std::isfinite(mu)) {
            const Factored solved = system_.step(grads_, mu, step_, crew);
            if (solved == Factored::stopped || is_over()) return RunStatus::cancelled;
            if (solved == Factored::done) {
                const double foretold = fall_of_model(step_, grads_, network_.n_params(), mu);
                if (!(foretold > kRounding * std::abs(objective))) return no_better();
                std::transform(params, params + network_.n_params(), step_, after_, std::plus<>());
                if (!evaluate(after_, next_, crew) || is_over()) return RunStatus::cancelled;
                const double fall = objective - (next_.mean_loss() + penalty(network_, after_));
                if (0 < fall && fall < std::numeric_limits<double>::infinity()) {
                    const double gain = std::min(2 * fall / foretold, 2.0);
                    mu *= std::max(1.0 / 3, 1 - std::pow(gain - 1, 3));
                    nu = 2;
                    return RunStatus::done;
                }
            }
            mu *= nu, nu *= 2;
        }
        return no_better();
    }

    // Where no step lowers the objective.
    RunStatus no_better() const noexcept {
        const bool is_finite =
            std::all_of(grads_, grads_ + network_.n_params(), [](T g) { return std::isfinite(g); });
        return is_finite ? RunStatus::converged : RunStatus::diverged;
    }

    void measure(const T* before, double* ratios) const noexcept {
        for (const DenseLayer& layer : network_.layers()) {
            Change change;
            for (Index i = layer.weight_at; i < layer.end(); ++i) {
                const auto from = static_cast<double>(before[i]);
                const double by = static_cast<double>(after_[i]) - from;
                change += {by * by, from * from};
            }
            *ratios++ = change.ratio();
        }
    }

    void commit(const DampedState<T>& state, const double (&damping)[2], double* row) {
        std::copy_n(after_, network_.n_params(), state.params);
        std::copy_n(damping, 2, state.scalars);
        ++state.cursor[0];
        ++state.cursor[2];
        state.grad_norm[1] = state.grad_norm[0];
        state.grad_norm[0] = std::sqrt(kernels<T>().sum_squares(grads_, network_.n_params()));
        row[0] = at_.mean_loss();
        row[1] = at_.mean_measure();
        row[2] = state.grad_norm[0];
        at_ = next_;
    }

    const Network& network_;
    LeastSquaresRows<T> rows_;
    System& system_;
    double first_damping_;
    Totals at_;    // at the parameters
    Totals next_;  // at after_
    Arena arena_;
    T* grads_;  // each (n_params,)
    T* step_;
    T* after_;
};

}  // namespace gradus
