// The sequence of a tiny network's steps: which rows, the gradient, whether it is harmless, the
// update, and what is told of it. The numbers stand with the Stepper, which has
//
//   TinySums gradient(first, count)   sums over rows of the queue, into registers
//   bool is_below(most_squares)       whether that gradient's sum of squares is
//   double sum_of_squares()           itself, which takes longer
//   void keep(Kept& kept)             what sum_of_squares(kept) needs
//   void update(rate, number)         the update number `number`
//   void leave()                      the parameters to where the caller reads them
#pragma once

#include "simd/tiny_parts.inl.hpp"
#include "simd/tiny_queue.inl.hpp"

namespace GRADUS_ISA {

struct TinySums {
    double loss;
    double measure;
    double weight;
};

template <class Stepper, class T>
GRADUS_INLINE inline std::ptrdiff_t tiny_run(Stepper& stepper, const TinyWork<T>& work,
                                             const double* rates, std::ptrdiff_t n_steps,
                                             double* log_rows) {
    TinyQueue<T>& queue = *work.queue;
    const std::ptrdiff_t n_rows = work.n_rows, batch_size = work.batch_size;
    const double most_squares = work.most_squares, most_rate = work.most_rate;
    std::int64_t epoch = work.cursor[0];
    std::ptrdiff_t start = work.cursor[1] * batch_size, s = 0;
    TinySums totals{work.totals[0], work.totals[1], work.totals[2]};
    typename Stepper::Kept kept[2];  // of the last two steps
    if (queue.epoch != epoch || queue.position != start) queue.next = queue.filled = 0;
    std::ptrdiff_t next = queue.next, filled = queue.filled;
    for (; s < n_steps; ++s) {
        const std::ptrdiff_t left = n_rows - start, count = left < batch_size ? left : batch_size;
        if (GRADUS_RARELY(filled - next < count)) {
            refill(work, epoch, start, (n_steps - s) * batch_size);
            next = queue.next;
            filled = queue.filled;
        }
        const TinySums sums = stepper.gradient(next, count);
        const bool is_harmless = stepper.is_below(most_squares) && sums.loss - sums.loss == 0 &&
                                 sums.weight > 0 && __builtin_fabs(rates[s]) <= most_rate;
        if (GRADUS_RARELY(!is_harmless)) {
            filled = next;
            break;
        }
        stepper.keep(kept[s % 2]);
        stepper.update(rates[s], work.cursor[2] + s + 1);
        totals.loss += sums.loss;
        totals.measure += sums.measure;
        totals.weight += sums.weight;
        start += count;
        next += count;
        if (start == n_rows) {
            const double weight = totals.weight > 0 ? totals.weight : 1.0;
            log_rows[0] = totals.loss / weight;
            log_rows[1] = totals.measure / weight;
            log_rows[2] = __builtin_sqrt(stepper.sum_of_squares());
            log_rows += 3;
            totals = {0, 0, 0};
            ++epoch;
            start = 0;
            if (batch_size >= n_rows) next = 0;
        }
    }
    queue.next = next;
    queue.filled = filled;
    queue.epoch = epoch;
    queue.position = start;
    if (s == 0) return 0;
    stepper.leave();
    work.cursor[0] = epoch;
    work.cursor[1] = start / batch_size;
    work.cursor[2] += s;
    work.totals[0] = totals.loss;
    work.totals[1] = totals.measure;
    work.totals[2] = totals.weight;
    const auto norm = [&](std::ptrdiff_t step) GRADUS_INLINE {
        return __builtin_sqrt(stepper.sum_of_squares(kept[step % 2]));
    };
    work.grad_norm[1] = s > 1 ? norm(s - 2) : work.grad_norm[0];
    work.grad_norm[0] = norm(s - 1);
    return s;
}

}  // namespace GRADUS_ISA
