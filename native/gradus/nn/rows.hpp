// Work on a block of rows: what each row has for itself, and sums over all of them.
#pragma once

#include <algorithm>

#include "base/thread_pool.hpp"
#include "linalg/product.hpp"
#include "nn/network.hpp"

namespace gradus {

/// Calls f(row, rows) for pieces of 64 of the rows 0..n_rows-1; `work` is the floating point
/// operations of one row. Returns false if told to stop on the way.
template <class F>
bool for_each_rows(const Crew& crew, Index n_rows, Index work, F&& f) {
    constexpr Index kRows = 64;
    const double all = static_cast<double>(work) * static_cast<double>(n_rows);
    return crew.for_each((n_rows + kRows - 1) / kRows, all, [&](Index task, int) {
        f(task * kRows, std::min(kRows, n_rows - task * kRows));
    });
}

/// What makes a layer's products in bfloat16, of what makes those of a pass: null where the layer
/// is too small for it.
inline const Bfloat16Kernels* bfloat16_of(const DenseLayer& layer,
                                          const Bfloat16Kernels* bfloat16) noexcept {
    if (bfloat16 == nullptr) return nullptr;
    return (bfloat16->parts == 1 ? layer.may_round() : layer.may_cut()) ? bfloat16 : nullptr;
}
template <class T>
PackBuffers<T> buffers_of(const DenseLayer& layer, const PackBuffers<T>& buffers) noexcept {
    return buffers.with(bfloat16_of(layer, buffers.bfloat16()));
}
/// The same for its sums over rows.
template <class T>
PackBuffers<T> sum_buffers_of(const DenseLayer& layer, const PackBuffers<T>& buffers) noexcept {
    const Bfloat16Kernels* bfloat16 = bfloat16_of(layer, buffers.bfloat16());
    const bool is_too_small = bfloat16 != nullptr && bfloat16->parts > 1 && !layer.may_cut_sums();
    return buffers.with(is_too_small ? nullptr : bfloat16);
}

/// What makes the products of a pass over so many rows in bfloat16: what rounds, where that is
/// asked for, else what cuts, where rows and layers are enough for it, or null.
template <class T>
const Bfloat16Kernels* bfloat16_for(const Network& network, Index rows,
                                    const Bfloat16Kernels* rounding = nullptr) {
    constexpr Index kFewestRows = 64;
    if (rounding != nullptr || !std::is_same_v<T, float> || rows < kFewestRows) return rounding;
    const auto may_cut = [](const DenseLayer& layer) { return layer.may_cut(); };
    const std::vector<DenseLayer>& layers = network.layers();
    return std::any_of(layers.begin(), layers.end(), may_cut) ? cutting_kernels() : nullptr;
}

/// out[j] = [out[j] +] sum over the rows of x, in the chains in which products sum over rows.
template <class T>
void add_column_sums(const Kernels<T>& kernels, MatrixView<const T> x, bool accumulate, T* out) {
    constexpr Index kRows = ProductBlocks::kSumRows;
    for (Index row = 0; row < x.rows; row += kRows) {
        kernels.column_sums(x.row(row), x.stride, std::min(kRows, x.rows - row), x.cols, out,
                            accumulate || row > 0);
    }
}

}  // namespace gradus
