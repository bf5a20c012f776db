// The pass forward, step after step; a dense one is z = a_in weight + bias, a = f(z). The formulas:
// src/gradus/engines/reference.py.
#pragma once

#include <atomic>
#include <vector>

#include "nn/embedding.hpp"
#include "nn/norm.hpp"

namespace gradus {

/// Makes f(z), in place, of a block of a_in weight whose first column is the layer's `col`: adds
/// the bias, and writes f'(z) and f''(z) where slope and curvature have data.
template <class T>
void activate(const Kernels<T>& kernels, const DenseLayer& layer, const T* params, Index col,
              MatrixView<T> z, MatrixView<T> slope, MatrixView<T> curvature) {
    const auto which = static_cast<int>(layer.activation);
    const T* const bias = layer.has_bias ? params + layer.bias_at() + col : nullptr;
    if (curvature.data == nullptr) {
        kernels.activate[which](z.data, z.stride, slope.data, slope.stride, bias, z.rows, z.cols);
    } else {
        kernels.activate_twice[which](z.data, z.stride, slope.data, slope.stride, curvature.data,
                                      curvature.stride, bias, z.rows, z.cols);
    }
}

/// One layer. `a_out` receives f(z); `slope`, unless its data is null, receives f'(z), which the
/// pass back multiplies by, and `curvature` likewise f''(z), only beside a slope. Bias, activation
/// and slope are computed on each block of the product while it is in the cache. Returns false if
/// told to stop on the way.
template <class T>
bool dense_forward(const Kernels<T>& kernels, const DenseLayer& layer, const T* params,
                   MatrixView<const T> a_in, MatrixView<T> a_out, MatrixView<T> slope,
                   const PackBuffers<T>& buffers, const Crew& crew, MatrixView<T> curvature = {}) {
    const MatrixView<const T> weight{params + layer.weight_at, layer.fan_in, layer.fan_out,
                                     layer.fan_out};
    const T* bias = layer.has_bias ? params + layer.bias_at() : nullptr;
    const bool is_relu = layer.activation == Activation::relu;
    const bool is_ending = slope.data == nullptr && curvature.data == nullptr &&
                           (is_relu || layer.activation == Activation::identity);
    return product(
        kernels, plain(a_in), plain(weight), a_out, layer.fan_in, false, buffers_of(layer, buffers),
        crew,
        [&](Index row, Index rows, Index col, Index cols) {
            if (is_ending) return;
            const auto at = [&](MatrixView<T> m) {
                return m.data == nullptr ? m : m.block(row, rows, col, cols);
            };
            activate(kernels, layer, params, col, at(a_out), at(slope), at(curvature));
        },
        is_ending ? Ending<T>{bias, is_relu} : Ending<T>{});
}

/// a_out = a_in + source. Returns false if told to stop on the way.
template <class T>
bool sum_forward(const Kernels<T>& kernels, MatrixView<const T> a_in, MatrixView<const T> source,
                 MatrixView<T> a_out, const Crew& crew) {
    return for_each_rows(crew, a_in.rows, a_in.cols, [&](Index row, Index rows) {
        for (Index i = row; i < row + rows; ++i) {
            std::copy_n(a_in.row(i), a_in.cols, a_out.row(i));
            kernels.add_scaled(a_out.row(i), source.row(i), T(1), a_in.cols);
        }
    });
}

/// Rows that are answered without keeping what lies between, block by block of kRows rows. Nothing
/// is dropped.
template <class T>
class Answerer {
public:
    static constexpr Index kRows = 256;

    /// Scratch for at most `n_rows` rows on `n_threads` threads.
    Answerer(const Network& network, Index n_rows, int n_threads)
        : network_(network),
          block_rows_(std::min(kRows, n_rows)),
          arena_(size(network, block_rows_, n_threads)),
          buffers_(arena_, n_threads, pack_block(network, block_rows_)),
          between_(arena_.take<T>(n_threads * per_worker(network, block_rows_))) {}

    /// The last layer's activations of X's rows [row, row + rows), rows <= kRows, written to
    /// `outputs` (rows, n_outputs). Called by thread number `worker` of the crew, which does it
    /// alone.
    void block(const Kernels<T>& kernels, const T* params, MatrixView<const T> x,
               MatrixView<T> outputs, int worker, const Crew& crew) const {
        const Crew alone = crew.alone(worker);
        const PackBuffers<T> buffers = buffers_.only(worker);
        const std::vector<Step>& steps = network_.steps();
        MatrixView<const T> a_in = x, source;
        if (!network_.embeddings().empty()) {
            const MatrixView<T> embedded = unused(worker, x.rows, network_.input_width(), {}, {});
            embed(network_, params, x, embedded);
            a_in = embedded;
        }
        for (std::size_t s = 0; s < steps.size(); ++s) {
            const Step& step = steps[s];
            if (step.is_added_to) source = a_in;
            if (step.kind == StepKind::dropout) continue;
            const MatrixView<T> a_out =
                s + 1 == steps.size() ? outputs : unused(worker, x.rows, step.width, a_in, source);
            if (step.kind == StepKind::dense) {
                dense_forward(kernels, network_.layers()[step.index], params, a_in, a_out,
                              MatrixView<T>{}, buffers, alone);
            } else if (step.kind == StepKind::norm) {
                norm_forward(kernels, network_.norms()[step.index], params, a_in, Normalized<T>{},
                             a_out, alone);
            } else {
                sum_forward(kernels, a_in, source, a_out, alone);
            }
            a_in = a_out;
        }
    }

private:
    // One of the worker's arrays that holds neither of these.
    MatrixView<T> unused(int worker, Index rows, Index width, MatrixView<const T> a_in,
                         MatrixView<const T> source) const noexcept {
        T* data = between_ + worker * per_worker(network_, block_rows_);
        while (data == a_in.data || data == source.data) data += block_rows_ * network_.widest();
        return {data, rows, width, width};
    }
    // Few rows read the weights where they lie.
    static Index pack_block(const Network& network, Index rows) noexcept {
        if (rows <= ProductBlocks::kDirectRows) return 0;
        return PackBuffers<T>::block(std::max(network.input_width(), network.widest()),
                                     network.widest());
    }
    static Index per_worker(const Network& network, Index rows) noexcept {
        return (network.has_sums() ? 3 : 2) * rows * network.widest();
    }
    static ArenaSize size(const Network& network, Index rows, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads, pack_block(network, rows));
        size.add<T>(n_threads * per_worker(network, rows));
        return size;
    }

    const Network& network_;
    Index block_rows_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* between_;
};

/// The last layer's activations for every row of x: `outputs` (n, n_outputs), logits for the
/// cross-entropies. Rows do not see one another. `is_finite`, unless null, becomes
/// false where a number of x is not.
/// Returns false if told to stop on the way.
template <class T>
bool network_outputs(const Network& network, const T* params, MatrixView<const T> x,
                     MatrixView<T> outputs, const Crew& crew,
                     std::atomic<bool>* is_finite = nullptr) {
    const Kernels<T>& kernels = gradus::kernels<T>();
    constexpr Index kRows = Answerer<T>::kRows;
    const Index n_blocks = (x.rows + kRows - 1) / kRows;
    const Crew few = crew.at_most(n_blocks);
    const Answerer<T> answerer(network, x.rows, few.n_threads());
    const double work = network.work_per_row() * static_cast<double>(x.rows);
    return few.for_each(n_blocks, work, [&](Index task, int worker) {
        const Index row = task * kRows, rows = std::min(kRows, x.rows - row);
        for (Index i = row; is_finite != nullptr && i < row + rows; ++i) {
            const bool is_whole = x.stride == x.cols;  // then all rows are looked at together
            if (!kernels.all_finite(x.row(i), is_whole ? rows * x.cols : x.cols))
                is_finite->store(false, std::memory_order_relaxed);
            if (is_whole) break;
        }
        answerer.block(kernels, params, {x.row(row), rows, x.cols, x.stride},
                       {outputs.row(row), rows, outputs.cols, outputs.stride}, worker, few);
    });
}

}  // namespace gradus
