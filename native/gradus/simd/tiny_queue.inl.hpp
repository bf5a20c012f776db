// The rows that the steps of a tiny network want next: a step takes less time than one row's place
// in an epoch would take alone.
#pragma once

#include "simd/small_shuffle.inl.hpp"
#include "simd/tiny_parts.inl.hpp"

namespace GRADUS_ISA {

/// The rows of the queue's numbers from `first` on.
template <class T>
void gather(const TinyWork<T>& work, std::ptrdiff_t first) {
    using Q = Quad<T>;
    TinyQueue<T>& queue = *work.queue;
    for (std::ptrdiff_t i = first; i < queue.filled; ++i) {
        const std::int64_t number = queue.numbers[i];
        const std::int64_t row = work.rows == nullptr ? number : work.rows[number];
        queue.weights[i] = work.weights == nullptr ? T(1) : work.weights[row];
        // Where the weight is 0, its numbers may be anything, and must not enter a product.
        const int n_inputs = queue.weights[i] == 0 ? 0 : work.layers[0].fan_in;
        Q::load_first(work.x + row * work.x_stride, n_inputs).store(queue.x + i * kTinyWidth);
        Q::load_first(work.y + row * work.y_stride, work.n_targets).store(queue.y + i * kTinyWidth);
    }
}

/// Fills the queue from a position of an epoch on with up to `wanted` rows, and more where they
/// come with them.
template <class T>
GRADUS_APART void refill(const TinyWork<T>& work, std::int64_t epoch, std::ptrdiff_t position,
                         std::ptrdiff_t wanted) {
    const auto lesser = [](std::ptrdiff_t a, std::ptrdiff_t b) { return a < b ? a : b; };
    TinyQueue<T>& queue = *work.queue;
    const std::ptrdiff_t n = work.n_rows;
    if (work.batch_size >= n) {
        // A full batch needs no shuffle: its gradient is the same in any order.
        for (std::ptrdiff_t i = 0; i < n; ++i) queue.numbers[i] = i;
        queue.next = 0;
        queue.filled = n;
    } else if (n < 256) {
        const std::ptrdiff_t n_epochs =
            lesser(TinyQueue<T>::kSize / n, (position + wanted + n - 1) / n);
        SmallShuffle(work.order, work.shuffle_key).epochs(epoch, n_epochs, queue.numbers);
        queue.next = position;
        queue.filled = n_epochs * n;
    } else {
        RowOrder order = work.order;
        order.key = epoch_key(work.shuffle_key, epoch);
        queue.next = 0;
        queue.filled = lesser(TinyQueue<T>::kSize, lesser(wanted, n - position));
        shuffled_rows(order, position, queue.filled, queue.numbers);
    }
    gather(work, queue.next);
}

}  // namespace GRADUS_ISA
