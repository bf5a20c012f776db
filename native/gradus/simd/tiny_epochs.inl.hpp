// Steps of a single unit on full batches: each is an epoch, of which the loss and the gradient's
// norm are told. To tell them takes more operations than a step does, so they are found for four
// steps at once, one in each lane.
#pragma once

#include "simd/tiny_unit.inl.hpp"

namespace GRADUS_ISA {

template <class T, class Activation>
class TinyEpochs : TinyUnit<T, Activation> {
    using Unit = TinyUnit<T, Activation>;
    using Unit::factor_, Unit::has_penalty_, Unit::params_, Unit::work_;

public:
    using Q = Quad<T>;
    using Wide = Quad<double>;
    using Index = std::ptrdiff_t;

    GRADUS_INLINE explicit TinyEpochs(const TinyWork<T>& work)
        : Unit(work), n_rows_(static_cast<double>(work.n_rows)) {}

    /// As TinyKernel.
    GRADUS_INLINE Index run(const double* rates, Index n_steps, double* log_rows) {
        TinyQueue<T>& queue = *work_.queue;
        if (queue.epoch < 0) refill_whole(work_);
        Index s = 0;
        for (Index made = kTinyWidth; s < n_steps && made == kTinyWidth; s += made)
            made = some(rates + s, n_steps - s, log_rows + 3 * s);
        work_.cursor[0] += s;
        work_.cursor[2] += s;
        queue.epoch = work_.cursor[0];
        if (s == 0) return 0;
        Unit::leave();
        const double* last = log_rows + 3 * s;
        work_.grad_norm[1] = s > 1 ? last[-4] : work_.grad_norm[0];
        work_.grad_norm[0] = last[-1];
        return s;
    }

private:
    /// What is kept of each step: lane s is of step s, and what is stored behind it is of no use.
    using Lanes = T[2 * kTinyWidth];
    struct Steps {
        Lanes params[kTinyWidth + 1];  // before it, and in lane s + 1 after it
        Lanes grads[kTinyWidth + 1];   // without their factor
        Lanes last_errors;
        Wide squared_errors[kTinyWidth];  // of which the lanes are to be summed
    };

    // Up to four steps, up to the first that needs a closer look; gives the number of those made.
    GRADUS_INLINE Index some(const double* first_rate, Index left, double* log_rows) {
        const Index n = left < kTinyWidth ? left : kTinyWidth;
        const Wide rates = Wide::load_first(first_rate, n);
        Steps steps;
        factor_ = 2 / n_rows_;
        T minus_rates[kTinyWidth];
        narrowed<T>(rates * Wide::set(has_penalty_ ? -1 : -factor_)).store(minus_rates);
        for (Index s = 0; s < n; ++s) {
            Unit::for_params([&](auto k) GRADUS_INLINE { params_[k].store(steps.params[k] + s); });
            const auto errors = Unit::template add_rows<true>(0, work_.n_rows);
            if (GRADUS_RARELY(has_penalty_)) {
                factor_ = 2 / n_rows_;
                Unit::add_penalty();
            }
            steps.squared_errors[s] = errors.squares;
            errors.last.store(steps.last_errors + s);
            Unit::for_params([&](auto k)
                                 GRADUS_INLINE { this->grad_of(k).store(steps.grads[k] + s); });
            Unit::update_by(Q::set(minus_rates[s]));
        }
        Unit::for_params([&](auto k) GRADUS_INLINE { params_[k].store(steps.params[k] + n); });
        for (Index s = n; s < kTinyWidth; ++s) steps.squared_errors[s] = Wide::set(0);
        return tell(steps, n, rates, log_rows);
    }

    GRADUS_INLINE Index tell(const Steps& steps, Index n, Wide rates, double* log_rows) {
        const Wide last_errors = widened(Q::load(steps.last_errors));
        const auto& each = steps.squared_errors;
        const Wide losses =
            fma(last_errors, last_errors, sums_of_lanes(each[0], each[1], each[2], each[3]));
        Wide squares = Wide::set(0);
        Unit::for_params([&](auto k) GRADUS_INLINE {
            const Wide grads = widened(Q::load(steps.grads[k]));
            squares = fma(grads, grads, squares);
        });
        squares = Wide::set(factor_ * factor_) * squares;
        // Both parts of a moderate change may be beyond the range: then these are not numbers.
        Q zeros = Q::set(T(0));
        Unit::for_params([&](auto k) GRADUS_INLINE {
            const Q after = Q::load(steps.params[k] + 1);
            zeros = zeros + (after - after);
        });
        squares = squares + widened(zeros);
        const Index made = n_harmless(losses, squares, rates, n);
        if (GRADUS_RARELY(made < n)) {
            Unit::for_params([&](auto k)
                                 GRADUS_INLINE { params_[k] = Q::set(steps.params[k][made]); });
        }
        double means[kTinyWidth], norms[kTinyWidth];
        (losses / Wide::set(n_rows_)).store(means);
        square_root(squares).store(norms);
        for (Index s = 0; s < made; ++s, log_rows += 3) {
            log_rows[0] = log_rows[1] = means[s];
            log_rows[2] = norms[s];
        }
        return made;
    }

    // How many of n steps come before the first that is not harmless.
    GRADUS_INLINE Index n_harmless(Wide losses, Wide squares, Wide rates, Index n) const {
        const double most_rate = work_.most_rate, most_squares = work_.most_squares;
        const double infinity = __builtin_inf();
        const bool all_are = is_less_everywhere(abs(rates), Wide::set(most_rate)) &&
                             is_less_everywhere(losses, Wide::set(infinity)) &&
                             is_less_everywhere(squares, Wide::set(most_squares));
        if (all_are) return n;
        double loss[kTinyWidth], square[kTinyWidth], rate[kTinyWidth];
        losses.store(loss);
        squares.store(square);
        abs(rates).store(rate);
        Index s = 0;
        while (s < n && square[s] < most_squares && loss[s] < infinity && rate[s] <= most_rate) ++s;
        return s;
    }

    double n_rows_;
};

}  // namespace GRADUS_ISA
