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
        unrolled<kTinyWidth + 1>([&](auto k) GRADUS_INLINE { params_[k] = Q::set(*param(k)); });
    }

    GRADUS_INLINE TinySums gradient(Index first, Index count) {
        const RowErrors errors = add_rows<false>(first, count);
        const Wide last = kept(widened(errors.last), first_lanes<double>(1));
        const double loss = sum_of_lanes(fma(last, last, errors.squares));
        const double weight = static_cast<double>(count);
        factor_ = 2 / weight;
        if (GRADUS_RARELY(has_penalty_)) add_penalty();
        return {loss, loss, weight};
    }

    using Kept = double;  // the sum of squares
    GRADUS_INLINE bool is_below(double most_squares) const {
        return sum_of_squares() < most_squares && is_last_part_moderate();
    }
    GRADUS_INLINE void keep(Kept& kept) const { kept = sum_of_squares(); }
    GRADUS_INLINE double sum_of_squares(Kept kept) const { return kept; }
    GRADUS_INLINE double sum_of_squares() const {
        Wide sum = Wide::set(0);
        for_params([&](auto k) GRADUS_INLINE {
            const Wide grads = widened(grad_of(k));
            sum = fma(grads, grads, sum);
        });
        return factor_ * factor_ * lane_0(sum);
    }

    GRADUS_INLINE void update(double rate, std::int64_t) {
        update_by(Q::set(static_cast<T>(-rate * factor_)));
    }

    GRADUS_INLINE void leave() const {
        unrolled<kTinyWidth + 1>([&](auto k) GRADUS_INLINE { *param(k) = lane_0(params_[k]); });
    }

protected:
    struct RowErrors {
        Wide squares;  // of which the lanes are to be summed
        Q last;        // of the row that is in no quad of rows, in all lanes
    };

    /// Sums over rows of the queue, without the factor that all of them have. A last row that would
    /// have a quad to itself stands in all lanes of one, and is ready before the sums of lanes are.
    /// What follows the last row may be anything, unless that is known to be rows of zeros.
    template <bool ZerosFollow>
    GRADUS_INLINE RowErrors add_rows(Index first, Index count) {
        const T *x = work_.queue->x + first, *y = work_.queue->y + first;
        const Index end = count - (count % kTinyWidth == 1);
        const Q zero = Q::set(T(0));
        // Members would not stay in registers.
        Q sums[kTinyWidth + 1] = {zero, zero, zero, zero, zero};
        RowErrors told{Wide::set(0), zero};
        const auto add = [&](Index i, auto is_part) GRADUS_INLINE {
            auto [errors, delta] = errors_of<false>(x + i, y + i);
            Q bias_delta = delta;
            if constexpr (is_part) {
                const Q are_rows = first_lanes<T>(end - i);
                errors = kept(errors, are_rows);
                bias_delta = kept(delta, are_rows);
                if constexpr (!ZerosFollow) delta = bias_delta;
            }
            const Wide wide = widened(errors);
            told.squares = fma(wide, wide, told.squares);
            for_first<kTinyWidth>(layer_.fan_in, [&](auto k) GRADUS_INLINE {
                sums[k] = fma(number<k, false>(x + i), delta, sums[k]);
            });
            if (layer_.has_bias) sums[kTinyWidth] = sums[kTinyWidth] + bias_delta;
        };
        Index i = 0;
        for (; i + kTinyWidth <= end; i += kTinyWidth) add(i, Constant<false>{});
        if (i < end) add(i, Constant<true>{});
        unrolled<kTinyWidth + 1>([&](auto k) GRADUS_INLINE { sums_[k] = sums[k]; });
        if (end > 0) for_params([&](auto k) GRADUS_INLINE { sums_[k] = sum_in_lanes(sums[k]); });
        last_ = nullptr;
        last_delta_ = zero;
        is_in_parts_ = 0 < end && end < count;
        if (end < count) {
            last_ = x + end;
            const auto [error, delta] = errors_of<true>(last_, y + end);
            told.last = error;
            last_delta_ = delta;
        }
        return told;
    }

    /// f(k) for the number of each weight, and kTinyWidth for the bias.
    template <class F>
    GRADUS_INLINE void for_params(F f) const {
        for_first<kTinyWidth>(layer_.fan_in, f);
        if (layer_.has_bias) f(Constant<kTinyWidth>{});
    }

    GRADUS_INLINE T* param(int k) const { return work_.params + k * kTinyWidth; }

    /// The gradient without its factor.
    template <int K>
    GRADUS_INLINE Q grad_of(Constant<K>) const {
        if (last_ == nullptr) return sums_[K];
        if constexpr (K == kTinyWidth) return sums_[K] + last_delta_;
        return fma(number<K, true>(last_), last_delta_, sums_[K]);
    }

    /// The last row's part of a moderate gradient may still be beyond the range, and the sums of
    /// the others beyond it on the other side.
    GRADUS_INLINE bool is_last_part_moderate() const {
        if (!is_in_parts_) return true;
        Q largest = abs(last_delta_);
        for_first<kTinyWidth>(layer_.fan_in, [&](auto k) GRADUS_INLINE {
            largest = max(largest, abs(number<k, true>(last_) * last_delta_));
        });
        return is_less_everywhere(largest, Q::set(static_cast<T>(work_.most_part)));
    }

    GRADUS_INLINE void update_by(Q minus_rate) {
        if (last_ != nullptr) {
            const Q change = minus_rate * last_delta_;
            for_params([&](auto k) GRADUS_INLINE {
                if constexpr (k == kTinyWidth) {
                    params_[k] = params_[k] + change;
                } else {
                    params_[k] = fma(number<k, true>(last_), change, params_[k]);
                }
            });
        }
        for_params([&](auto k)
                       GRADUS_INLINE { params_[k] = fma(minus_rate, sums_[k], params_[k]); });
    }

    /// Number K of each of four rows, or of one row in all lanes.
    template <int K, bool IsOne>
    static GRADUS_INLINE inline Q number(const T* x) {
        x += K * TinyQueue<T>::kColumn;
        return IsOne ? Q::set(*x) : Q::load(x);
    }

    struct Errors {
        Q errors;
        Q delta;
    };
    template <bool IsOne>
    GRADUS_INLINE Errors errors_of(const T* x, const T* targets) const {
        const Q y = IsOne ? Q::set(*targets) : Q::load(targets), bias = params_[kTinyWidth];
        if constexpr (kIsIdentity<Activation>) {
            // The target is subtracted first, where nothing waits for it.
            const Q errors = z_of<IsOne>(x, bias - y);
            return {errors, errors};
        } else {
            const ValueAndSlope<Q> act = Soon<Activation>::at(z_of<IsOne>(x, bias));
            const Q errors = act.value - y;
            return {errors, errors * act.slope};
        }
    }

    // (bias + x_0 w_0 + x_3 w_3) + (x_1 w_1 + x_2 w_2) of four rows.
    template <bool IsOne>
    GRADUS_INLINE Q z_of(const T* x, Q bias) const {
        Q z = fma(number<0, IsOne>(x), params_[0], bias);
        if (layer_.fan_in > 1) {
            Q beside = number<1, IsOne>(x) * params_[1];
            if (layer_.fan_in > 2) beside = fma(number<2, IsOne>(x), params_[2], beside);
            if (layer_.fan_in > 3) z = fma(number<3, IsOne>(x), params_[3], z);
            z = z + beside;
        }
        return z;
    }

    GRADUS_INLINE void add_penalty() {
        const Q factor = Q::set(static_cast<T>(factor_));
        for_params([&](auto k) GRADUS_INLINE {
            sums_[k] = factor * grad_of(k);
            if constexpr (k < kTinyWidth)
                sums_[k] = penalized(sums_[k], params_[k], work_.l1, work_.l2);
        });
        last_ = nullptr;
        is_in_parts_ = false;
        factor_ = 1;
    }

    const TinyWork<T>& work_;
    TinyLayer layer_;
    bool has_penalty_;
    Q params_[kTinyWidth + 1];  // weights and the bias, each in all lanes
    Q sums_[kTinyWidth + 1];    // of their gradient, so too
    const T* last_ = nullptr;   // the row that is in no quad of rows
    Q last_delta_;
    bool is_in_parts_ = false;  // that row's and those of the others
    double factor_ = 1;         // what the gradient has yet to be multiplied by
};

}  // namespace GRADUS_ISA
