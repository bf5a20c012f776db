// What a training call is given and what it changes.
#pragma once

#include <cstdint>
#include <span>

#include "base/views.hpp"
#include "optim/update.hpp"

namespace gradus {

/// The rows one network learns from. X and y may be shared by many networks; `rows` picks (null:
/// all n_rows in order).
template <class T>
struct Batches {
    MatrixView<const T> x;
    MatrixView<const T> y;
    const T* weights;          // (n,) or null
    const std::int64_t* rows;  // (n_rows,) or null
    Index n_rows;
    Index batch_size;
    std::uint64_t shuffle_key;
    std::uint64_t dropout_key;

    Index steps_per_epoch() const noexcept { return (n_rows + batch_size - 1) / batch_size; }
};

/// What training changes; owned by the caller, always at a whole step.
template <class T>
struct TrainState {
    Parameters<T> parameters;
    std::int64_t* cursor;  // epoch, step within the epoch, updates made so far
    double* totals;        // sums of the epoch under way: w * loss, w * measure, w
    double* grad_norm;     // of the last step taken, and of the one before it
};

/// What a call reports, and the steps it is to measure.
struct EpochLog {
    double* rows;  // (epochs finished in the call, 3): mean loss, mean measure, gradient norm of
                   // the last step
    std::span<const std::int64_t> measured;  // numbers of steps from the call's first, rising
    double* update_ratio;  // (measured, n_layers): size of the step's change over the size of the
                           // parameters before it
    double* seconds;       // (measured,): from the start of the call to the end of the step
};

}  // namespace gradus
