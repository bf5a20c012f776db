// What a run of training steps on one of the smallest networks is given. Plain data only, as in
// simd/kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gradus {

/// The most layers of such a network, and the most inputs and units in one of them.
constexpr int kTinyLayers = 2;
constexpr int kTinyWidth = 4;

/// Parameters stand padded: for each layer the rows of its weight and then its bias, each
/// kTinyWidth numbers, 0 where the network has none.
constexpr int kTinyLayerParams = (kTinyWidth + 1) * kTinyWidth;
constexpr int kTinyParams = kTinyLayers * kTinyLayerParams;

/// The activation that leaves its number as it is; dispatch.cpp holds it equal to that of
/// base/enums.hpp.
constexpr int kTinyIdentity = 0;

struct TinyLayer {
    int fan_in;
    int fan_out;
    int activation;  // of base/enums.hpp
    bool has_bias;
};

/// Fewer rows than these are shuffled as a whole.
constexpr std::ptrdiff_t kFewRows = 256;
constexpr std::uint64_t kShuffleRounds = 6;

/// The shuffled rows of an epoch; train/row_order.hpp makes it, simd/shuffle.inl.hpp says how it is
/// read.
struct RowOrder {
    std::uint64_t key;
    std::uint64_t n;
    std::uint64_t width;
    std::uint64_t height;
    const std::int32_t* table = nullptr;  // of Kernels::order_table, or null
};

/// The rows that the next steps will want: `numbers` says of each where it stands in x, y and
/// weights; `epoch` and `position` say which comes next. Number k of the row at i stands at
/// i * kTinyWidth + k of x, or for a network of a single unit, whose rows are gathered in their
/// order, at i + k * kColumn, as y does; a row of weight 0 has x = 0.
template <class T>
struct TinyQueue {
    static constexpr int kSize = 256;
    static constexpr int kColumn = kSize + kTinyWidth - 1;  // read in whole quads

    std::int64_t numbers[kSize];
    T x[kColumn * kTinyWidth] = {};  // what is read past the last row is a number
    T y[kColumn * kTinyWidth];
    T weights[kSize];
    bool has_all = false;  // each row where it stands in the table
    std::ptrdiff_t next = 0;
    std::ptrdiff_t filled = 0;
    std::int64_t epoch = -1;
    std::ptrdiff_t position = 0;
    std::int64_t table_epoch = -1;  // which TinyWork::table is of
};

/// What a loss says of one row.
struct RowLoss {
    double loss;
    double measure;
};

template <class T>
struct TinyWork {
    int n_layers;
    TinyLayer layers[kTinyLayers];
    T l1;
    T l2;

    /// Turns the n outputs of a row into scale times the loss's derivative; null for squared error.
    RowLoss (*row_loss)(const void* form, T* outputs, std::ptrdiff_t n, const T* y, double scale);
    const void* form;

    /// As train/run.hpp's Batches.
    const T* x;
    std::ptrdiff_t x_stride;
    const T* y;
    std::ptrdiff_t y_stride;
    int n_targets;
    const T* weights;
    const std::int64_t* rows;
    std::ptrdiff_t n_rows;
    std::ptrdiff_t batch_size;
    std::uint64_t shuffle_key;
    RowOrder order;       // but for its key and table
    std::int32_t* table;  // room for that, or null
    TinyQueue<T>* queue;
    bool in_columns;  // the queue

    /// Makes update `number` of the padded parameters; null for plain gradient descent.
    void (*update)(void* of, T* params, const T* grads, double rate, std::int64_t number);
    void* of;

    /// As train/run.hpp's TrainState, but padded.
    T* params;
    std::int64_t* cursor;
    double* totals;
    double* grad_norm;

    /// A step whose gradient's sum of squares is not below the first or whose rate is above the
    /// second needs a closer look than is taken here.
    double most_squares;
    double most_rate;
    /// Nor may a row's part of the gradient be that large, where it changes weights by itself.
    double most_part;
};

/// Training steps, one for each of `rates`, up to the first that needs a closer look; gives the
/// number of those made. A row of three numbers for each epoch finished, as train/run.hpp's
/// EpochLog.
template <class T>
using TinyKernel = std::ptrdiff_t (*)(const TinyWork<T>& work, const double* rates,
                                      std::ptrdiff_t n_steps, double* log_rows);

/// Each for networks of one layer, of two, and so on. The quick ones know the first kTinyQuick
/// activations, squared error and plain gradient descent. Those of a single unit, one for each
/// activation, read the queue in columns.
constexpr int kTinyQuick = 4;
template <class T>
struct TinyKernels {
    TinyKernel<T> quick_unit[kTinyQuick];
    TinyKernel<T> quick[kTinyLayers];
    TinyKernel<T> all[kTinyLayers];
};

}  // namespace gradus
