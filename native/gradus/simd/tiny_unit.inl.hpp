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
        const T *x = work_.queue->x + first, *y = work_.queue->y + first;
        const Q zero = Q::set(T(0));
        Q sums[kTinyWidth] = {zero, zero, zero, zero}, bias_sum = zero;
        Wide squared_errors = Wide::set(0);
        for (Index i = 0; i < count; i += kTinyWidth) {
            const ValueAndSlope<Q> act = Soon<Activation>::at(z_of(x + i));
            const Q errors = act.value - Q::load(y + i);
            const Wide wide = widened(kept_first(errors, count - i));
            squared_errors = fma(wide, wide, squared_errors);
            const Q delta = kept_first(errors * act.slope, count - i);
            for_first<kTinyWidth>(layer_.fan_in, [&](auto k) GRADUS_INLINE {
                sums[k] = fma(column<k>(x + i), delta, sums[k]);
            });
            bias_sum = bias_sum + delta;
        }
        weight_grads_ = sums_of_lanes(sums[0], sums[1], sums[2], sums[3]);
        bias_grads_ = sums_of_lanes(bias_sum, bias_sum, bias_sum, bias_sum);
        const double loss = sum_of_lanes(squared_errors), weight = static_cast<double>(count);
        factor_ = 2 / weight;
        if (GRADUS_RARELY(has_penalty_)) add_penalty();
        return {loss, loss, weight};
    }

    GRADUS_INLINE double sum_of_squares() const {
        const Wide grads = widened(weight_grads_), bias = widened(bias_grads_);
        double sum = sum_of_lanes(grads * grads);
        if (layer_.has_bias) sum += first_lane(bias * bias);
        return factor_ * factor_ * sum;
    }

    GRADUS_INLINE void update(double rate, std::int64_t) {
        const Q minus_rate = Q::set(static_cast<T>(-rate * factor_));
        weights_ = fma(minus_rate, weight_grads_, weights_);
        if (layer_.has_bias) bias_ = fma(minus_rate, bias_grads_, bias_);
    }

    GRADUS_INLINE void leave() const {
        T weights[kTinyWidth];
        weights_.store(weights);
        for (int k = 0; k < kTinyWidth; ++k) work_.params[k * kTinyWidth] = weights[k];
        bias_.store(work_.params + kTinyWidth * kTinyWidth);
    }

private:
    /// Number K of each of four rows.
    template <int K>
    static GRADUS_INLINE inline Q column(const T* x) {
        return Q::load(x + K * TinyQueue<T>::kColumn);
    }

    // (bias + x_0 w_0 + x_3 w_3) + (x_1 w_1 + x_2 w_2) of four rows.
    GRADUS_INLINE Q z_of(const T* x) const {
        const Q w = weights_;
        Q z = fma(column<0>(x), broadcast<0>(w), bias_);
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
    Q weight_grads_;
    Q bias_grads_;
    double factor_;  // what the gradient has yet to be multiplied by
};

}  // namespace GRADUS_ISA
