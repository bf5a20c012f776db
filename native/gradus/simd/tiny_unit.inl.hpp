// Steps of the smallest network there is, a single unit: linear or logistic regression, the
// perceptron of the texts. Here four rows, not four units, are the lanes of a quad: the queue
// stands in columns, an activation serves four rows, and sums over rows end in one sum of lanes.
#pragma once

#include "simd/tiny_run.inl.hpp"

namespace GRADUS_ISA {

/// One layer of one unit, with squared error, plain gradient descent and rows of one weight.
template <class T, class Activation>
class TinyUnit {
public:
    using Q = Quad<T>;
    using Wide = Quad<double>;
    using Index = std::ptrdiff_t;

    GRADUS_INLINE explicit TinyUnit(const TinyWork<T>& work)
        : work_(work), layer_(work.layers[0]), has_penalty_(work.l1 != 0 || work.l2 != 0) {
        T weights[kTinyWidth];
        for (int k = 0; k < kTinyWidth; ++k) weights[k] = work.params[k * kTinyWidth];
        weights_ = Q::load(weights);
        bias_ = Q::set(work.params[kTinyWidth * kTinyWidth]);
    }

    GRADUS_INLINE TinySums gradient(Index first, Index count) {
        add_rows<false>(first, count);
        const double loss = sum_of_lanes(squared_errors_), weight = static_cast<double>(count);
        factor_ = 2 / weight;
        if (GRADUS_RARELY(has_penalty_)) add_penalty();
        return {loss, loss, weight};
    }

    using Kept = double;  // the sum of squares
    GRADUS_INLINE bool is_below(double most_squares) const {
        return sum_of_squares() < most_squares;
    }
    GRADUS_INLINE void keep(Kept& kept) const { kept = sum_of_squares(); }
    GRADUS_INLINE double sum_of_squares(Kept kept) const { return kept; }
    GRADUS_INLINE double sum_of_squares() const {
        return factor_ * factor_ * sum_of_lanes(squared_grads());
    }

    GRADUS_INLINE void update(double rate, std::int64_t) {
        update_by(Q::set(static_cast<T>(-rate * factor_)));
    }

    GRADUS_INLINE void leave() const {
        T weights[kTinyWidth];
        weights_.store(weights);
        for (int k = 0; k < kTinyWidth; ++k) work_.params[k * kTinyWidth] = weights[k];
        bias_.store(work_.params + kTinyWidth * kTinyWidth);
    }

protected:
    /// Sums over rows of the queue, without the factor that all of them have. What follows the last
    /// row may be anything, unless that is known to be rows of zeros.
    template <bool ZerosFollow>
    GRADUS_INLINE void add_rows(Index first, Index count) {
        const T *x = work_.queue->x + first, *y = work_.queue->y + first;
        const Q zero = Q::set(T(0));
        Q sums[kTinyWidth] = {zero, zero, zero, zero}, bias_sum = zero;
        squared_errors_ = Wide::set(0);
        const auto add = [&](Index i, auto is_last) GRADUS_INLINE {
            auto [errors, delta] = errors_of(x + i, Q::load(y + i));
            Q bias_delta = delta;
            if constexpr (is_last) {
                const Q are_rows = first_lanes<T>(count - i);
                errors = kept(errors, are_rows);
                bias_delta = kept(delta, are_rows);
                if constexpr (!ZerosFollow) delta = bias_delta;
            }
            const Wide wide = widened(errors);
            squared_errors_ = fma(wide, wide, squared_errors_);
            for_first<kTinyWidth>(layer_.fan_in, [&](auto k) GRADUS_INLINE {
                sums[k] = fma(column<k>(x + i), delta, sums[k]);
            });
            if (layer_.has_bias) bias_sum = bias_sum + bias_delta;
        };
        Index i = 0;
        for (; i + kTinyWidth < count; i += kTinyWidth) add(i, Constant<false>{});
        add(i, Constant<true>{});
        weight_grads_ = sums_of_lanes(sums[0], sums[1], sums[2], sums[3]);
        if (layer_.has_bias) bias_grads_ = sums_of_lanes(bias_sum, bias_sum, bias_sum, bias_sum);
    }

    /// Of which the lanes are to be summed.
    GRADUS_INLINE Wide squared_grads() const {
        const Wide grads = widened(weight_grads_);
        if (!layer_.has_bias) return grads * grads;
        const Wide bias = kept(widened(bias_grads_), first_lanes<double>(1));
        return fma(bias, bias, grads * grads);
    }

    GRADUS_INLINE void update_by(Q minus_rate) {
        weights_ = fma(minus_rate, weight_grads_, weights_);
        if (layer_.has_bias) bias_ = fma(minus_rate, bias_grads_, bias_);
    }

    /// Number K of each of four rows.
    template <int K>
    static GRADUS_INLINE inline Q column(const T* x) {
        return Q::load(x + K * TinyQueue<T>::kColumn);
    }

    struct Errors {
        Q errors;
        Q delta;
    };
    GRADUS_INLINE Errors errors_of(const T* x, Q y) const {
        if constexpr (kIsIdentity<Activation>) {
            // The target is subtracted first, where nothing waits for it.
            const Q errors = z_of(x, bias_ - y);
            return {errors, errors};
        } else {
            const ValueAndSlope<Q> act = Soon<Activation>::at(z_of(x, bias_));
            const Q errors = act.value - y;
            return {errors, errors * act.slope};
        }
    }

    // (bias + x_0 w_0 + x_3 w_3) + (x_1 w_1 + x_2 w_2) of four rows.
    GRADUS_INLINE Q z_of(const T* x, Q bias) const {
        const Q w = weights_;
        Q z = fma(column<0>(x), broadcast<0>(w), bias);
        if (layer_.fan_in > 1) {
            Q beside = column<1>(x) * broadcast<1>(w);
            if (layer_.fan_in > 2) beside = fma(column<2>(x), broadcast<2>(w), beside);
            if (layer_.fan_in > 3) z = fma(column<3>(x), broadcast<3>(w), z);
            z = z + beside;
        }
        return z;
    }

    GRADUS_INLINE void add_penalty() {
        const Q factor = Q::set(static_cast<T>(factor_));
        weight_grads_ = penalized(factor * weight_grads_, weights_, work_.l1, work_.l2);
        bias_grads_ = factor * bias_grads_;
        factor_ = 1;
    }

    const TinyWork<T>& work_;
    TinyLayer layer_;
    bool has_penalty_;
    Q weights_;  // one in each lane
    Q bias_;     // in all lanes
    Wide squared_errors_ = Wide::set(0);
    Q weight_grads_ = Q::set(T(0));
    Q bias_grads_ = Q::set(T(0));
    double factor_ = 1;  // what the gradient has yet to be multiplied by
};

}  // namespace GRADUS_ISA
