// The rows that the steps of a tiny network want next: a step takes less time than one row's place
// in an epoch would take alone.
#pragma once

#include "simd/shuffle.inl.hpp"
#include "simd/tiny_parts.inl.hpp"

namespace GRADUS_ISA {

/// Row `row` of X and y as row i of the queue, or zeros in place of X.
template <class T>
GRADUS_INLINE inline void copy_row(const TinyWork<T>& work, std::ptrdiff_t row, std::ptrdiff_t i,
                                   bool is_idle, TinyQueue<T>& queue) {
    using Q = Quad<T>;
    const int n_inputs = is_idle ? 0 : work.layers[0].fan_in;
    const T *x = work.x + row * work.x_stride, *y = work.y + row * work.y_stride;
    if (work.in_columns) {
        for (int k = 0; k < n_inputs; ++k) queue.x[i + k * TinyQueue<T>::kColumn] = x[k];
        queue.y[i] = y[0];
    } else {
        Q::load_first(x, n_inputs).store(queue.x + i * kTinyWidth);
        Q::load_first(y, work.n_targets).store(queue.y + i * kTinyWidth);
    }
}

/// The rows of the queue's numbers from `first` on, each to where its number stands.
template <class T>
void gather(const TinyWork<T>& given, std::ptrdiff_t first) {
    const TinyWork<T> work = given;  // which no row can change
    TinyQueue<T>& queue = *work.queue;
    const std::ptrdiff_t filled = queue.filled;
    if (work.weights == nullptr && work.rows == nullptr) {
        for (std::ptrdiff_t i = first; i < filled; ++i) {
            queue.weights[i] = T(1);
            copy_row(work, queue.numbers[i], i, false, queue);
        }
        return;
    }
    for (std::ptrdiff_t i = first; i < filled; ++i) {
        const std::int64_t number = queue.numbers[i];
        const std::int64_t row = work.rows == nullptr ? number : work.rows[number];
        queue.weights[i] = work.weights == nullptr ? T(1) : work.weights[row];
        // Where the weight is 0, its numbers may be anything, and must not enter a product.
        copy_row(work, row, i, queue.weights[i] == 0, queue);
    }
}

/// Fills the queue with all rows, and in columns with zeros behind them. A full batch needs no
/// shuffle: its gradient is the same in any order.
template <class T>
GRADUS_APART void refill_whole(const TinyWork<T>& work) {
    TinyQueue<T>& queue = *work.queue;
    for (std::ptrdiff_t i = 0; i < work.n_rows; ++i) queue.numbers[i] = i;
    queue.next = 0;
    queue.filled = work.n_rows;
    gather(work, 0);
    if (!work.in_columns) return;
    for (std::ptrdiff_t i = work.n_rows; i < work.n_rows + kTinyWidth - 1; ++i) {
        for (int k = 0; k < work.layers[0].fan_in; ++k) queue.x[i + k * TinyQueue<T>::kColumn] = 0;
        queue.y[i] = 0;
    }
}

/// Fills the queue from a position of an epoch on with up to `wanted` rows, and more where they
/// come with them. Rows of a small table are copied once; then the queue is nothing but orders.
template <class T>
GRADUS_APART void refill(const TinyWork<T>& work, std::int64_t epoch, std::ptrdiff_t position,
                         std::ptrdiff_t wanted) {
    const auto lesser = [](std::ptrdiff_t a, std::ptrdiff_t b) { return a < b ? a : b; };
    TinyQueue<T>& queue = *work.queue;
    const std::ptrdiff_t n = work.n_rows;
    if (work.batch_size >= n) return refill_whole(work);
    if (n < kFewRows) {
        if (!work.in_columns && !queue.has_all) {
            refill_whole(work);
            queue.has_all = true;
        }
        static_assert(kFewRows <= TinyQueue<T>::kSize);
        constexpr std::ptrdiff_t kAtOnce = 64;
        const std::ptrdiff_t at_once = n < kAtOnce ? kAtOnce / n : 1;
        const std::ptrdiff_t n_epochs = lesser(at_once, (position + wanted + n - 1) / n);
        for (std::ptrdiff_t e = 0; e < n_epochs; ++e)
            shuffle_few(epoch_key(work.shuffle_key, epoch + e), n, queue.numbers + e * n);
        queue.next = position;
        queue.filled = n_epochs * n;
        if (work.in_columns) gather(work, position);
        return;
    }
    RowOrder order = work.order;
    order.key = epoch_key(work.shuffle_key, epoch);
    queue.next = 0;
    queue.filled = lesser(TinyQueue<T>::kSize, lesser(wanted, n - position));
    const bool pays = lesser(wanted, n - position) > 2 * static_cast<std::ptrdiff_t>(order.width);
    if (work.table != nullptr && pays && queue.table_epoch != epoch) {
        order_table(order, work.table);
        queue.table_epoch = epoch;
    }
    if (queue.table_epoch == epoch) order.table = work.table;
    shuffled_rows(order, position, queue.filled, queue.numbers);
    gather(work, 0);
    for (std::ptrdiff_t i = 0; i < queue.filled; ++i) queue.numbers[i] = i;
}

}  // namespace GRADUS_ISA
