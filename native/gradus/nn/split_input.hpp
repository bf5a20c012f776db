// The first layer's product, cut along the inputs ("split-K"): each thread reads the columns of X
// and the rows of the weights that it also makes the gradient and the update of.
#pragma once

#include <algorithm>

#include "nn/network.hpp"
#include "nn/rows.hpp"

namespace gradus {

/// Where rows are cut among threads, each reads all weights, half of which another core has just
/// changed, and sums its part of their gradient over rows that another core has brought. Here what
/// goes from core to core is a number for each row, neuron and chain. The chains are those in which
/// any product runs, and are added in order: the same bits.
template <class T>
class SplitInput {
public:
    /// Whether most parameters stand between the inputs, of several chains, and a first layer whose
    /// product for so many rows is one block.
    static bool fit(const Network& network, Index most_rows, int n_threads,
                    const Bfloat16Kernels* bfloat16) noexcept {
        if (n_threads == 1 || !network.embeddings().empty() || network.has_wide_layer() ||
            network.steps().front().kind != StepKind::dense || most_rows > ProductBlocks::kRows) {
            return false;
        }
        const DenseLayer& layer = network.layers().front();
        return chains(layer, bfloat16).count > 1 && layer.fan_out <= ProductBlocks::kMostCols &&
               2 * layer.weight_count() >= network.n_params();
    }
    static void count(ArenaSize& size, const Network& network, Index most_rows, int n_threads,
                      const Bfloat16Kernels* bfloat16) {
        size.add<T>(parts_size(network, most_rows, n_threads, bfloat16));
    }
    /// `bfloat16` is what makes the products of the pass in bfloat16, or null.
    SplitInput(const Network& network, Index most_rows, int n_threads,
               const Bfloat16Kernels* bfloat16, Arena& arena)
        : layer_(network.layers().front()),
          chains_(chains(layer_, bfloat16)),
          most_rows_(most_rows),
          is_fit_(fit(network, most_rows, n_threads, bfloat16)),
          parts_(arena.take<T>(parts_size(network, most_rows, n_threads, bfloat16))) {}

    bool is_fit() const noexcept { return is_fit_; }

    /// z = x weight but for what `add` adds; gather(col, cols) is called before columns of x are
    /// read, by the thread that reads them. Returns false if told to stop on the way.
    template <class Gather>
    bool multiply(const Kernels<T>& kernels, const T* params, MatrixView<const T> x,
                  MatrixView<T> z, const PackBuffers<T>& buffers, const Crew& crew,
                  Gather&& gather) const {
        const MatrixView<const T> weight{params + layer_.weight_at, layer_.fan_in, layer_.fan_out,
                                         layer_.fan_out};
        const PackBuffers<T> own = buffers_of(layer_, buffers);
        const double work =
            2.0 * static_cast<double>(layer_.weight_count()) * static_cast<double>(x.rows);
        const Index n_tasks = std::min<Index>(chains_.count, crew.threads_for(work));
        const auto first_of = [&](Index task) { return task * chains_.count / n_tasks; };
        return crew.for_each(n_tasks, work, [&](Index task, int worker) {
            const Index begin = first_of(task), end = first_of(task + 1);
            const Index col = chains_.first(begin);
            gather(col, std::min(chains_.first(end), layer_.fan_in) - col);
            for (Index chain = begin; chain < end; ++chain) {
                const Index first = chains_.first(chain), size = chains_.size(chain);
                product_block(kernels, plain(x).from_col(first), plain(weight).from_row(first),
                              chain == 0 ? z : part(chain, x.rows), size, false, own, crew, worker,
                              size);
            }
        });
    }

    /// Adds the other chains to some rows of z.
    void add(const Kernels<T>& kernels, MatrixView<T> z, RowRange rows) const noexcept {
        for (Index chain = 1; chain < chains_.count; ++chain) {
            const MatrixView<T> part = this->part(chain, most_rows_).part(rows);
            kernels.add_scaled(z.row(rows.at), part.data, T(1), rows.count * part.cols);
        }
    }

private:
    static Chains chains(const DenseLayer& layer, const Bfloat16Kernels* bfloat16) noexcept {
        return Chains(layer.fan_in, bfloat16_of(layer, bfloat16));
    }
    static Index parts_size(const Network& network, Index most_rows, int n_threads,
                            const Bfloat16Kernels* bfloat16) noexcept {
        if (!fit(network, most_rows, n_threads, bfloat16)) return 0;
        const DenseLayer& layer = network.layers().front();
        return (chains(layer, bfloat16).count - 1) * most_rows * layer.fan_out;
    }
    MatrixView<T> part(Index chain, Index rows) const noexcept {
        return {parts_ + (chain - 1) * most_rows_ * layer_.fan_out, rows, layer_.fan_out,
                layer_.fan_out};
    }

    const DenseLayer& layer_;
    Chains chains_;
    Index most_rows_;
    bool is_fit_;
    T* parts_;  // (chains - 1, rows, fan_out)
};

}  // namespace gradus
