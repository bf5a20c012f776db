// Training steps of the smallest networks. What takes their time is not arithmetic but waiting: for
// a call, for a number that goes through memory, for a loop over a count that is not known. Here a
// whole network stands in registers, one quad of units for each row of a weight, and every loop has
// kTinyWidth rounds, those past the end jumped over, which a processor foresees. Each number is the
// same chain of the same operations as on the path of all other networks, so it has the same bits:
// products and sums over rows as in kernels.inl.hpp, losses as in nn/loss.cpp, and of a step what
// train/run.hpp says.
#pragma once

#include "simd/tiny_parts.inl.hpp"
#include "simd/tiny_queue.inl.hpp"

namespace GRADUS_ISA {

template <class T, int Layers, class Choice>
class TinyStepper {
public:
    using Q = Quad<T>;
    using Index = std::ptrdiff_t;

    GRADUS_INLINE explicit TinyStepper(const TinyWork<T>& work) : work_(work) {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            layers_[l] = work.layers[l];
            is_fed_[l] = ones(layers_[l].fan_in);
        });
        load();
        has_penalty_ = work.l1 != 0 || work.l2 != 0;
        share_ = 1.0 / layers_[Layers - 1].fan_out;
        is_output_ = ones(layers_[Layers - 1].fan_out);
    }

    GRADUS_INLINE Index run(const double* rates, Index n_steps, double* log_rows) {
        TinyQueue<T>& queue = *work_.queue;
        std::int64_t epoch = work_.cursor[0];
        Index start = work_.cursor[1] * work_.batch_size, s = 0;
        double totals[3] = {work_.totals[0], work_.totals[1], work_.totals[2]};
        // The gradients of the last two steps, of which the caller wants to know the norms in the
        // end.
        T kept[2][kParams] = {};
        if (queue.epoch != epoch || queue.position != start) queue.next = queue.filled = 0;
        for (; s < n_steps; ++s) {
            const Index left = work_.n_rows - start;
            const Index count = left < work_.batch_size ? left : work_.batch_size;
            if (GRADUS_RARELY(queue.filled - queue.next < count))
                refill(work_, epoch, start, (n_steps - s) * work_.batch_size);
            Sums sums;
            gradient(queue.next, count, sums);
            const bool is_finite = sums.loss - sums.loss == 0;
            if (GRADUS_RARELY(!is_finite || !(sums.weight > 0) || !is_harmless(rates[s]))) {
                queue.filled = 0;
                break;
            }
            store(grads_, kept[s % 2]);
            update(rates[s], work_.cursor[2] + s + 1);
            totals[0] += sums.loss;
            totals[1] += sums.measure;
            totals[2] += sums.weight;
            start += count;
            queue.next += count;
            if (start == work_.n_rows) {
                const double weight = totals[2] > 0 ? totals[2] : 1.0;
                log_rows[0] = totals[0] / weight;
                log_rows[1] = totals[1] / weight;
                log_rows[2] = tiny_norm(layers_, kept[s % 2]);
                log_rows += 3;
                totals[0] = totals[1] = totals[2] = 0;
                ++epoch;
                start = 0;
                if (work_.batch_size >= work_.n_rows) queue.next = 0;
            }
        }
        leave(epoch, start, s, totals, kept);
        return s;
    }

private:
    static constexpr int kParams = Layers * kTinyLayerParams;

    struct Part {
        Q weight[kTinyWidth];
        Q bias;
    };
    struct Sums {
        double loss = 0;
        double measure = 0;
        double weight = 0;
    };

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
    // Writes where params or grads need to be seen as an array.
    GRADUS_INLINE void store(const Part (&parts)[Layers], T* to) const {
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            T* at = to + l * kTinyLayerParams;
            for_pairs(layers_[l].fan_in,
                      [&](auto k) GRADUS_INLINE { parts[l].weight[k].store(at + k * kTinyWidth); });
            parts[l].bias.store(at + kTinyWidth * kTinyWidth);
        });
    }

    // ---- the gradient of one batch

    GRADUS_INLINE void gradient(Index first, Index count, Sums& sums) {
        const TinyQueue<T>& queue = *work_.queue;
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            for_first<kTinyWidth>(kTinyWidth,
                                  [&](auto k) GRADUS_INLINE { grads_[l].weight[k] = zero(); });
            grads_[l].bias = zero();
            if constexpr (l > 0) transpose(params_[l].weight, turned_[l]);
        });
        double weight_sum = static_cast<double>(count);
        if constexpr (!Choice::is_quick) {
            weight_sum = 0;
            for (Index i = 0; i < count; ++i)
                weight_sum += static_cast<double>(queue.weights[first + i]);
        }
        [[maybe_unused]] const Q factor = factor_of(1.0 / weight_sum);
        const Index end = first + count;
        for (Index at = first; at < end; at += kTinyPiece) {
            const Index piece_end = end - at < kTinyPiece ? end : at + kTinyPiece;
            Sums piece;
            for (Index i = at; i < piece_end; ++i) {
                const T *x = queue.x + i * kTinyWidth, *y = queue.y + i * kTinyWidth;
                if constexpr (Choice::is_quick) {
                    add_row(x, y, factor, piece.loss);
                } else {
                    add_any_row(x, y, static_cast<double>(queue.weights[i]), weight_sum, piece);
                }
            }
            sums.loss += piece.loss;
            sums.measure += Choice::is_quick ? piece.loss : piece.measure;
            sums.weight += piece.weight;
        }
        if constexpr (Choice::is_quick) sums.weight = weight_sum;
        if (GRADUS_RARELY(has_penalty_)) add_penalty();
    }

    // One row of weight 1 with squared error.
    GRADUS_INLINE void add_row(const T* x, const T* y, Q factor, double& loss) {
        forward<0>(x);
        Q delta = act_[Layers - 1].value;
        loss += squared_error(delta, y, factor);
        backward<Layers - 1>(x, delta);
    }
    GRADUS_INLINE void add_any_row(const T* x, const T* y, double w, double weight_sum,
                                   Sums& sums) {
        forward<0>(x);
        Q delta = act_[Layers - 1].value;
        const RowLoss loss = row_loss(delta, y, weight_sum > 0 ? w / weight_sum : 0.0);
        sums.weight += w;
        if (w == 0) {
            delta = zero();
        } else {
            sums.loss += w * loss.loss;
            sums.measure += w * loss.measure;
        }
        backward<Layers - 1>(x, delta);
    }

    /// The numbers of the layer below layer L.
    template <int L>
    GRADUS_INLINE Q values_of() const {
        if constexpr (L == 0) {
            return zero();
        } else {
            return act_[L - 1].value;
        }
    }
    /// Number K of what feeds layer L, in all lanes: of the row, or of a layer's numbers.
    template <int L, int K>
    GRADUS_INLINE Q input(const T* x, [[maybe_unused]] Q numbers) const {
        if constexpr (L == 0) {
            return Q::set(x[K]);
        } else {
            return broadcast<K>(numbers);
        }
    }

    template <int L>
    GRADUS_INLINE void forward(const T* x) {
        Q z = zero();
        for_pairs(layers_[L].fan_in, [&](auto k) GRADUS_INLINE {
            z = fma(input<L, k>(x, values_of<L>()), params_[L].weight[k], z);
        });
        if (layers_[L].has_bias) z = z + params_[L].bias;
        act_[L] = Choice::activated(layers_[L].activation, z);
        if constexpr (L + 1 < Layers) forward<L + 1>(x);
    }

    // What squared error multiplies a difference by, and nothing where there is no output.
    GRADUS_INLINE Q factor_of(double scale) const {
        return is_output_ * Q::set(static_cast<T>(2 * share_ * scale));
    }
    // The loss; `outputs` become factor times their differences from y.
    GRADUS_INLINE double squared_error(Q& outputs, const T* y, Q factor) const {
        const int n = layers_[Layers - 1].fan_out;
        const Q errors = outputs - Q::load(y);
        T numbers[kTinyWidth];
        errors.store(numbers);
        double sum = 0;
        for_first<kTinyWidth>(n, [&](auto j) GRADUS_INLINE {
            const double error = static_cast<double>(numbers[j]);
            sum = j == 0 ? error * error : sum + error * error;
        });
        outputs = errors * factor;
        return sum * share_;
    }
    GRADUS_INLINE RowLoss row_loss(Q& outputs, const T* y, double scale) const {
        if (work_.row_loss == nullptr) {
            const double loss = squared_error(outputs, y, factor_of(scale));
            return {loss, loss};
        }
        T numbers[kTinyWidth];
        (is_output_ * outputs).store(numbers);
        const RowLoss loss =
            work_.row_loss(work_.form, numbers, layers_[Layers - 1].fan_out, y, scale);
        outputs = Q::load(numbers);
        return loss;
    }

    template <int L>
    GRADUS_INLINE void backward(const T* x, Q delta) {
        const TinyLayer& layer = layers_[L];
        if (layer.activation != kTinyIdentity) delta = delta * act_[L].slope;
        Part& grads = grads_[L];
        // What is past the end would be f(0), and must not reach a weight that is not there.
        const Q fed = is_fed_[L] * values_of<L>();
        for_pairs(layer.fan_in, [&](auto k) GRADUS_INLINE {
            grads.weight[k] = fma(input<L, k>(x, fed), delta, grads.weight[k]);
        });
        if (layer.has_bias) grads.bias = grads.bias + delta;
        if constexpr (L > 0) {
            Q below = zero();
            for_first<kTinyWidth>(layer.fan_out, [&](auto j) GRADUS_INLINE {
                below = fma(broadcast<j>(delta), turned_[L][j], below);
            });
            backward<L - 1>(x, below);
        }
    }

    GRADUS_INLINE void add_penalty() {
        const Q l1 = Q::set(work_.l1), l2 = Q::set(work_.l2);
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            for_pairs(layers_[l].fan_in, [&](auto k) GRADUS_INLINE {
                const Q weight = params_[l].weight[k];
                Q& grad = grads_[l].weight[k];
                if (work_.l2 != 0) grad = fma(l2, weight, grad);
                if (work_.l1 == 0) return;
                const Q falling = where_less(weight, zero(), -l1, zero());
                grad = grad + where_less(zero(), weight, l1, falling);
            });
        });
    }

    // ---- the step

    // Whether the update needs neither clipping nor a look at what it would give.
    GRADUS_INLINE bool is_harmless(double rate) const {
        Q squares = zero();
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            const Part& grads = grads_[l];
            for_pairs(layers_[l].fan_in, [&](auto k) GRADUS_INLINE {
                squares = fma(grads.weight[k], grads.weight[k], squares);
            });
            if (layers_[l].has_bias) squares = fma(grads.bias, grads.bias, squares);
        });
        return sum_of_lanes(squares) < work_.most_squares && rate <= work_.most_rate &&
               rate >= -work_.most_rate;
    }

    GRADUS_INLINE void update(double rate, [[maybe_unused]] std::int64_t number) {
        if constexpr (!Choice::is_quick) {
            if (work_.update != nullptr) {
                T grads[kParams] = {};
                store(grads_, grads);
                store(params_, work_.params);
                work_.update(work_.of, work_.params, grads, rate, number);
                return load();
            }
        }
        const Q minus_rate = Q::set(static_cast<T>(-rate));
        for_first<Layers>(Layers, [&](auto l) GRADUS_INLINE {
            Part &params = params_[l], &grads = grads_[l];
            for_pairs(layers_[l].fan_in, [&](auto k) GRADUS_INLINE {
                params.weight[k] = fma(minus_rate, grads.weight[k], params.weight[k]);
            });
            if (layers_[l].has_bias) params.bias = fma(minus_rate, grads.bias, params.bias);
        });
    }

    GRADUS_INLINE void leave(std::int64_t epoch, Index start, Index n_steps,
                             const double (&totals)[3], const T (&kept)[2][kParams]) const {
        if (n_steps == 0) return;
        store(params_, work_.params);
        work_.cursor[0] = epoch;
        work_.cursor[1] = start / work_.batch_size;
        work_.cursor[2] += n_steps;
        for (int i = 0; i < 3; ++i) work_.totals[i] = totals[i];
        for (Index s = n_steps > 1 ? n_steps - 2 : 0; s < n_steps; ++s) {
            work_.grad_norm[1] = work_.grad_norm[0];
            work_.grad_norm[0] = tiny_norm(layers_, kept[s % 2]);
        }
        work_.queue->epoch = epoch;
        work_.queue->position = start;
    }

    const TinyWork<T>& work_;
    TinyLayer layers_[Layers];
    bool has_penalty_;
    double share_;
    Q is_output_;       // 1 where the last layer has a unit, else 0
    Q is_fed_[Layers];  // 1 where a layer is fed by the one below it, else 0
    Part params_[Layers];
    Part grads_[Layers];
    Q turned_[Layers][kTinyWidth];  // the columns of each weight
    ValueAndSlope<Q> act_[Layers];
};

template <class T, int Layers, class Choice>
std::ptrdiff_t tiny_steps(const TinyWork<T>& work, const double* rates, std::ptrdiff_t n_steps,
                          double* log_rows) {
    return TinyStepper<T, Layers, Choice>(work).run(rates, n_steps, log_rows);
}

template <class T, class A, class B, class C, class D, class... More>
constexpr TinyKernels<T> make_tiny_kernels() {
    using Quick = TinyQuick<A, B, C, D>;
    using Any = TinyAny<A, B, C, D, More...>;
    return {{tiny_steps<T, 1, Quick>, tiny_steps<T, 2, Quick>},
            {tiny_steps<T, 1, Any>, tiny_steps<T, 2, Any>}};
}

}  // namespace GRADUS_ISA
