// The loss of many rows without their gradient.
#pragma once

#include <vector>

#include "nn/forward.hpp"
#include "nn/loss.hpp"

namespace gradus {

/// Adds the loss of all rows of x to `totals`, in blocks of 256 rows whose sums are added in order,
/// so that the number of threads changes no bit. weights (n,) may be null. Returns false if told to
/// stop on the way.
template <class T>
bool network_totals(const Network& network, const T* params, MatrixView<const T> x,
                    MatrixView<const T> y, const T* weights, const Crew& crew, Totals& totals) {
    const Kernels<T>& kernels = gradus::kernels<T>();
    constexpr Index kRows = Answerer<T>::kRows;
    const Index n_blocks = (x.rows + kRows - 1) / kRows;
    const Crew few = crew.at_most(n_blocks);
    const Answerer<T> answerer(network, x.rows, few.n_threads());
    std::vector<Totals> parts(static_cast<std::size_t>(n_blocks));
    std::vector<T> outputs(static_cast<std::size_t>(few.n_threads() * kRows * network.n_outputs()));
    const double work = network.work_per_row() * static_cast<double>(x.rows);
    const bool done = few.for_each(n_blocks, work, [&](Index task, int worker) {
        const Index row = task * kRows, rows = std::min(kRows, x.rows - row),
                    width = network.n_outputs();
        const MatrixView<T> block{outputs.data() + worker * kRows * width, rows, width, width};
        answerer.block(kernels, params, {x.row(row), rows, x.cols, x.stride}, block, worker, few);
        loss_and_delta(network, block, {y.row(row), rows, y.cols, y.stride},
                       weights == nullptr ? nullptr : weights + row, 0.0,
                       parts[static_cast<std::size_t>(task)]);
    });
    for (const Totals& part : parts) totals += part;
    return done;
}

}  // namespace gradus
