// Training steps of the smallest networks. What takes their time is not arithmetic but waiting: for
// a call, for a number that goes through memory, for a loop over a count that is not known, and
// most of all of each operation for the one before it. Here a whole network stands in registers,
// one quad of units for each row of a weight; every loop has kTinyWidth rounds, those past the end
// jumped over, which a processor foresees; and sums are grouped so that few of their terms wait for
// one another. Lanes past the last unit hold numbers that nobody reads.
#pragma once

#include "simd/tiny_epochs.inl.hpp"
#include "simd/tiny_parts.inl.hpp"
#include "simd/tiny_run.inl.hpp"
#include "simd/tiny_unit.inl.hpp"

namespace GRADUS_ISA {

template <class T, int Layers, class Choice>
class TinyStepper {
public:
    using Q = Quad<T>;
    using Wide = Quad<double>;
    using Index = std::ptrdiff_t;

    struct Part {
        Q weight[kTinyWidth];
        Q bias;
    };
    /// A gradient, which has yet to be multiplied by the factor.
    struct Kept {
        Part grads[Layers];
        double factor;
    };

    GRADUS_INLINE explicit TinyStepper(const TinyWork<T>& work) : work_(work) {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            layers_[l] = work.layers[l];
            is_unit_[l] = ones(layers_[l].fan_out);
        });
        load();
        clear();
        has_penalty_ = work.l1 != 0 || work.l2 != 0;
        share_ = 1.0 / layers_[Layers - 1].fan_out;
        // The square of the factor, of at most 2, four lanes, and as much again for rounding.
        const double small = work.most_squares / (4 * 4 * 2);
        small_ = Q::set(static_cast<T>(small < kLargest ? small : kLargest));
    }

    GRADUS_INLINE TinySums gradient(Index first, Index count) {
        const TinyQueue<T>& queue = *work_.queue;
        if constexpr (Layers > 1) turn();
        TinySums sums{0, 0, static_cast<double>(count)};
        if constexpr (Choice::is_quick) {
            const std::int64_t* at = queue.numbers + first;
            add_row<true>(queue.x + at[0] * kTinyWidth, queue.y + at[0] * kTinyWidth);
            for (Index i = 1; i < count; ++i)
                add_row<false>(queue.x + at[i] * kTinyWidth, queue.y + at[i] * kTinyWidth);
            sums.loss =
                layers_[Layers - 1].fan_out == 1
                    ? lane_0(squared_errors_)
                    : share_ * sum_of_lanes(widened(is_unit_[Layers - 1]) * squared_errors_);
            sums.measure = sums.loss;
            factor_ = 2 * share_ / sums.weight;
        } else {
            clear();
            const std::int64_t *at = queue.numbers + first, *end = at + count;
            sums.weight = 0;
            for (const std::int64_t* i = at; i < end; ++i)
                sums.weight += static_cast<double>(queue.weights[*i]);
            for (const std::int64_t* i = at; i < end; ++i) {
                add_any_row(queue.x + *i * kTinyWidth, queue.y + *i * kTinyWidth,
                            static_cast<double>(queue.weights[*i]), sums);
            }
            factor_ = 1;
        }
        if (GRADUS_RARELY(has_penalty_)) add_penalty();
        return sums;
    }

    GRADUS_INLINE bool is_below(double most_squares) const {
        Q squares = zero();
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            for_grads(l, [&](auto part) GRADUS_INLINE {
                const Q g = part(grads_[l]);
                squares = fma(g, g, squares);
            });
        });
        return is_less_everywhere(squares, small_) || sum_of_squares() < most_squares;
    }

    GRADUS_INLINE double sum_of_squares() const { return squares_of(grads_, factor_); }
    GRADUS_INLINE double sum_of_squares(const Kept& kept) const {
        return squares_of(kept.grads, kept.factor);
    }

    GRADUS_INLINE void keep(Kept& kept) const {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            for_grads(l, [&](auto part) GRADUS_INLINE { part(kept.grads[l]) = part(grads_[l]); });
        });
        kept.factor = factor_;
    }

    GRADUS_INLINE void update(double rate, [[maybe_unused]] std::int64_t number) {
        if constexpr (!Choice::is_quick) {
            if (work_.update != nullptr) {
                T padded[kParams] = {};
                store(grads_, padded);
                store(params_, work_.params);
                work_.update(work_.of, work_.params, padded, rate, number);
                return load();
            }
        }
        const Q minus_rate = Q::set(static_cast<T>(-rate * factor_));
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            const Q minus_rates = minus_rate * is_unit_[l];
            for_first<kTinyWidth>(layers_[l].fan_in, [&](auto k) GRADUS_INLINE {
                params_[l].weight[k] = fma(minus_rates, grads_[l].weight[k], params_[l].weight[k]);
            });
            if (layers_[l].has_bias)
                params_[l].bias = fma(minus_rates, grads_[l].bias, params_[l].bias);
        });
    }

    GRADUS_INLINE void leave() const { store(params_, work_.params); }

private:
    static constexpr int kParams = Layers * kTinyLayerParams;
    static constexpr double kLargest = sizeof(T) == 4 ? 0x1p126 : 0x1p1022;

    static GRADUS_INLINE inline Q zero() { return Q::set(T(0)); }
    // 1 in the first n lanes, 0 in the others.
    static GRADUS_INLINE inline Q ones(int n) {
        static constexpr T kNumbers[2 * kTinyWidth] = {T(1), T(1), T(1), T(1)};
        return Q::load(kNumbers + kTinyWidth - n);
    }

    GRADUS_INLINE void load() {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            const T* from = work_.params + l * kTinyLayerParams;
            for_first<kTinyWidth>(kTinyWidth, [&](auto k) GRADUS_INLINE {
                params_[l].weight[k] = Q::load(from + k * kTinyWidth);
            });
            params_[l].bias = Q::load(from + kTinyWidth * kTinyWidth);
        });
    }
    // Writes params or grads as an array, and 0 where there is none.
    GRADUS_INLINE void store(const Part (&parts)[Layers], T* to) const {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            T* at = to + l * kTinyLayerParams;
            for_first<kTinyWidth>(layers_[l].fan_in, [&](auto k) GRADUS_INLINE {
                (is_unit_[l] * parts[l].weight[k]).store(at + k * kTinyWidth);
            });
            const Q bias = layers_[l].has_bias ? is_unit_[l] * parts[l].bias : zero();
            bias.store(at + kTinyWidth * kTinyWidth);
        });
    }

    // f of what takes, of a Part of layer l, each row of the weight and the bias.
    template <int L, class F>
    GRADUS_INLINE void for_grads(Constant<L>, F f) const {
        for_first<kTinyWidth>(layers_[L].fan_in, [&](auto k) GRADUS_INLINE {
            f([k](auto& part) GRADUS_INLINE -> auto& { return part.weight[k]; });
        });
        if (layers_[L].has_bias) f([](auto& part) GRADUS_INLINE -> auto& { return part.bias; });
    }

    GRADUS_INLINE double squares_of(const Part (&grads)[Layers], double factor) const {
        Wide sum = Wide::set(0);
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            Wide squares = Wide::set(0);
            for_grads(l, [&](auto part) GRADUS_INLINE {
                const Wide wide = widened(part(grads[l]));
                squares = fma(wide, wide, squares);
            });
            sum = fma(widened(is_unit_[l]), squares, sum);
        });
        return factor * factor * sum_of_lanes(sum);
    }

    GRADUS_INLINE void turn() {
        if (layers_[1].fan_out > 1) return transpose(params_[1].weight, turned_);
        turned_[0] = first_column(params_[1].weight);
    }

    // f(l, k) for each row k of each weight.
    template <class F>
    GRADUS_INLINE void for_rows(F f) const {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            for_first<kTinyWidth>(layers_[l].fan_in, [&](auto k) GRADUS_INLINE { f(l, k); });
        });
    }

    GRADUS_INLINE void clear() {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            for_first<kTinyWidth>(kTinyWidth,
                                  [&](auto k) GRADUS_INLINE { grads_[l].weight[k] = zero(); });
            grads_[l].bias = zero();
        });
    }
    // A row of weight 1 with squared error. The first begins the sums.
    template <bool IsFirst>
    GRADUS_INLINE void add_row(const T* x, const T* y) {
        ValueAndSlope<Q> acts[Layers];
        forward<0>(x, acts);
        const Q errors = acts[Layers - 1].value - Q::load(y);
        const Wide wide = widened(errors);
        squared_errors_ = IsFirst ? wide * wide : fma(wide, wide, squared_errors_);
        backward<Layers - 1, IsFirst>(x, acts, errors);
    }
    GRADUS_INLINE void add_any_row(const T* x, const T* y, double w, TinySums& sums) {
        ValueAndSlope<Q> acts[Layers];
        forward<0>(x, acts);
        Q delta = acts[Layers - 1].value;
        const RowLoss loss = row_loss(delta, y, sums.weight > 0 ? w / sums.weight : 0.0);
        if (w == 0) {
            delta = zero();
        } else {
            sums.loss += w * loss.loss;
            sums.measure += w * loss.measure;
        }
        backward<Layers - 1, false>(x, acts, delta);
    }

    /// Number K of what feeds layer L, in all lanes: of the row, or of the layer below.
    template <int L, int K>
    static GRADUS_INLINE inline Q input(const T* x, const ValueAndSlope<Q> (&acts)[Layers]) {
        if constexpr (L == 0) {
            return Q::set(x[K]);
        } else {
            return broadcast<K>(acts[L - 1].value);
        }
    }

    // z = (bias + x_0 w_0 + x_3 w_3) + (x_1 w_1 + x_2 w_2).
    template <int L>
    GRADUS_INLINE void forward(const T* x, ValueAndSlope<Q> (&acts)[Layers]) const {
        const TinyLayer& layer = layers_[L];
        const Part& params = params_[L];
        Q z = fma(input<L, 0>(x, acts), params.weight[0], params.bias);
        if (layer.fan_in > 1) {
            Q beside = input<L, 1>(x, acts) * params.weight[1];
            if (layer.fan_in > 2) beside = fma(input<L, 2>(x, acts), params.weight[2], beside);
            if (layer.fan_in > 3) z = fma(input<L, 3>(x, acts), params.weight[3], z);
            z = z + beside;
        }
        acts[L] = Choice::activated(layer.activation, z);
        if constexpr (L + 1 < Layers) forward<L + 1>(x, acts);
    }

    // The loss of one row; `outputs` become its derivative times `scale`.
    GRADUS_INLINE RowLoss row_loss(Q& outputs, const T* y, double scale) const {
        const Q is_output = is_unit_[Layers - 1];
        if (work_.row_loss == nullptr) {
            const Q errors = outputs - Q::load(y);
            const Wide wide = widened(is_output * errors);
            const double loss = sum_of_lanes(wide * wide) * share_;
            outputs = errors * Q::set(static_cast<T>(2 * share_ * scale));
            return {loss, loss};
        }
        T numbers[kTinyWidth];
        (is_output * outputs).store(numbers);
        const RowLoss loss =
            work_.row_loss(work_.form, numbers, layers_[Layers - 1].fan_out, y, scale);
        outputs = Q::load(numbers);
        return loss;
    }

    /// From `delta`, the derivative to the values of layer L. The first row begins the sums.
    template <int L, bool IsFirst>
    GRADUS_INLINE void backward(const T* x, const ValueAndSlope<Q> (&acts)[Layers], Q delta) {
        const TinyLayer& layer = layers_[L];
        // That of a layer below has its slope in it.
        if (L + 1 == Layers && layer.activation != kTinyIdentity) delta = delta * acts[L].slope;
        Part& grads = grads_[L];
        for_first<kTinyWidth>(layer.fan_in, [&](auto k) GRADUS_INLINE {
            const Q fed = input<L, k>(x, acts);
            grads.weight[k] = IsFirst ? fed * delta : fma(fed, delta, grads.weight[k]);
        });
        grads.bias = IsFirst ? delta : grads.bias + delta;
        if constexpr (L > 0) {
            // Slopes are there before delta is, which then has fewer products to wait for.
            Q below = broadcast<0>(delta) * (turned_[0] * acts[L - 1].slope);
            for_first<kTinyWidth>(layer.fan_out, [&](auto j) GRADUS_INLINE {
                if constexpr (j > 0)
                    below = fma(broadcast<j>(delta), turned_[j] * acts[L - 1].slope, below);
            });
            backward<L - 1, IsFirst>(x, acts, below);
        }
    }

    GRADUS_INLINE void add_penalty() {
        const Q factor = Q::set(static_cast<T>(factor_));
        for_rows([&](auto l, auto k) GRADUS_INLINE {
            grads_[l].weight[k] =
                penalized(factor * grads_[l].weight[k], params_[l].weight[k], work_.l1, work_.l2);
        });
        for_first<Layers>(Layers,
                          [&](auto l) GRADUS_INLINE { grads_[l].bias = factor * grads_[l].bias; });
        factor_ = 1;
    }

    const TinyWork<T>& work_;
    TinyLayer layers_[Layers];
    bool has_penalty_;
    double share_;
    Q is_unit_[Layers];  // 1 where a layer has a unit, else 0
    Part params_[Layers];
    Q turned_[kTinyWidth] = {};  // the columns of the second layer's weight
    Part grads_[Layers];
    Wide squared_errors_ = Wide::set(0);
    Q small_;        // a sum of squares in each lane, which no closer look is needed for
    double factor_;  // what the gradient has yet to be multiplied by
};

template <class T, int Layers, class Choice>
std::ptrdiff_t tiny_steps(const TinyWork<T>& work, const double* rates, std::ptrdiff_t n_steps,
                          double* log_rows) {
    TinyStepper<T, Layers, Choice> stepper(work);
    return tiny_run(stepper, work, rates, n_steps, log_rows);
}
template <class T, class Activation>
std::ptrdiff_t tiny_unit_steps(const TinyWork<T>& work, const double* rates, std::ptrdiff_t n_steps,
                               double* log_rows) {
    if (work.batch_size >= work.n_rows)
        return TinyEpochs<T, Activation>(work).run(rates, n_steps, log_rows);
    TinyUnit<T, Activation> stepper(work);
    return tiny_run(stepper, work, rates, n_steps, log_rows);
}

template <class T, class A, class B, class C, class D, class... More>
constexpr TinyKernels<T> make_tiny_kernels() {
    using Quick = TinyQuick<A, B, C, D>;
    using Any = TinyAny<A, B, C, D, More...>;
    return {{tiny_unit_steps<T, A>, tiny_unit_steps<T, B>, tiny_unit_steps<T, C>,
             tiny_unit_steps<T, D>},
            {tiny_steps<T, 1, Quick>, tiny_steps<T, 2, Quick>},
            {tiny_steps<T, 1, Any>, tiny_steps<T, 2, Any>}};
}

}  // namespace GRADUS_ISA
