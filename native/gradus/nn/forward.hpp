// The pass forward: z = a_in weight + bias, a = f(z), layer after layer. The formulas:
// src/gradus/engines/reference.py.
#pragma once

#include "base/thread_pool.hpp"
#include "linalg/product.hpp"
#include "nn/embedding.hpp"
#include "nn/network.hpp"

namespace gradus {

/// One layer. `a_out` receives f(z); `slope`, unless its data is null, receives f'(z), which the
/// pass back multiplies by. Bias, activation and slope are computed on each block of the product
/// while it is in the cache. Returns false if told to stop on the way.
template <class T>
bool dense_forward(const Kernels<T>& kernels, const DenseLayer& layer, const T* params,
                   MatrixView<const T> a_in, MatrixView<T> a_out, MatrixView<T> slope,
                   const PackBuffers<T>& buffers, const Crew& crew) {
    const MatrixView<const T> weight{params + layer.weight_at, layer.fan_in, layer.fan_out,
                                     layer.fan_out};
    const T* bias = layer.has_bias ? params + layer.bias_at() : nullptr;
    const auto activate = kernels.activate[static_cast<int>(layer.activation)];
    const bool is_plain =
        layer.activation == Activation::identity && bias == nullptr && slope.data == nullptr;
    return product(kernels, plain(a_in), plain(weight), a_out, layer.fan_in, false, buffers, crew,
                   [&](Index row, Index rows, Index col, Index cols) {
                       if (is_plain) return;
                       T* slope_at = slope.data == nullptr ? nullptr : slope.row(row) + col;
                       activate(a_out.row(row) + col, a_out.stride, slope_at, slope.stride,
                                bias == nullptr ? nullptr : bias + col, rows, cols);
                   });
}

/// Rows that are answered without keeping what lies between, block by block of kRows rows.
template <class T>
class Answerer {
public:
    static constexpr Index kRows = 256;

    /// Scratch for at most `n_rows` rows on `n_threads` threads.
    Answerer(const Network& network, Index n_rows, int n_threads)
        : network_(network),
          block_rows_(std::min(kRows, n_rows)),
          arena_(size(network, block_rows_, n_threads)),
          buffers_(arena_, n_threads),
          between_(arena_.take<T>(n_threads * per_worker())) {}

    /// The last layer's activations of X's rows [row, row + rows), rows <= kRows, written to
    /// `outputs` (rows, n_outputs). Called by thread number `worker` of the crew, which does it
    /// alone.
    void block(const Kernels<T>& kernels, const T* params, MatrixView<const T> x,
               MatrixView<T> outputs, int worker, const Crew& crew) const {
        const Crew alone = crew.alone(worker);
        T* half[2] = {between_ + worker * per_worker(),
                      between_ + worker * per_worker() + per_worker() / 2};
        const auto& layers = network_.layers();
        MatrixView<const T> a_in = x;
        if (!network_.embeddings().empty()) {
            const Index width = layers[0].fan_in;
            const MatrixView<T> embedded{half[1], x.rows, width, width};  // layer 1 writes half[0]
            embed(network_, params, x, embedded);
            a_in = embedded;
        }
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const Index width = layers[l].fan_out;
            const MatrixView<T> a_out =
                l + 1 == layers.size() ? outputs : MatrixView<T>{half[l % 2], x.rows, width, width};
            const PackBuffers<T> own = buffers_.only(worker);
            dense_forward(kernels, layers[l], params, a_in, a_out, MatrixView<T>{}, own, alone);
            a_in = a_out;
        }
    }

private:
    Index per_worker() const noexcept { return 2 * block_rows_ * network_.widest(); }
    static ArenaSize size(const Network& network, Index rows, int n_threads) {
        ArenaSize size;
        PackBuffers<T>::count(size, n_threads);
        size.add<T>(n_threads * 2 * rows * network.widest());
        return size;
    }

    const Network& network_;
    Index block_rows_;
    Arena arena_;
    PackBuffers<T> buffers_;
    T* between_;
};

/// The last layer's activations for every row of x: `outputs` (n, n_outputs), logits for the
/// cross-entropies. Rows do not see one another. Returns false if told to stop on the way.
template <class T>
bool network_outputs(const Network& network, const T* params, MatrixView<const T> x,
                     MatrixView<T> outputs, const Crew& crew) {
    const Kernels<T>& kernels = gradus::kernels<T>();
    constexpr Index kRows = Answerer<T>::kRows;
    const Index n_blocks = (x.rows + kRows - 1) / kRows;
    const Crew few = crew.at_most(n_blocks);
    const Answerer<T> answerer(network, x.rows, few.n_threads());
    const double work = network.work_per_row() * static_cast<double>(x.rows);
    return few.for_each(n_blocks, work, [&](Index task, int worker) {
        const Index row = task * kRows, rows = std::min(kRows, x.rows - row);
        answerer.block(kernels, params, {x.row(row), rows, x.cols, x.stride},
                       {outputs.row(row), rows, outputs.cols, outputs.stride}, worker, few);
    });
}

}  // namespace gradus
