// Which shuffle an epoch has, and its shifts for who goes through all of it.
#pragma once

#include <cmath>

#include "base/arena.hpp"
#include "base/random.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// The order of the n rows in this epoch, n at least 1 and less than 2^62. Below 256 rows the
/// coordinates are so small that six rounds would leave some orders more frequent than others.
inline RowOrder row_order(std::uint64_t key, std::int64_t epoch, Index n) noexcept {
    const auto rows = static_cast<std::uint64_t>(n);
    auto width = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(rows)));
    while (width * width < rows) ++width;
    while (width > 1 && (width - 1) * (width - 1) >= rows) --width;
    return {part_key(key, epoch), rows, width, (rows + width - 1) / width, rows < 256 ? 24u : 6u};
}

/// The orders of n rows, epoch after epoch.
class EpochOrders {
public:
    static void count(ArenaSize& size, Index n) { size.add<std::int32_t>(n_shifts(n)); }

    EpochOrders(std::uint64_t key, Index n, Arena& arena)
        : key_(key), n_(n), shifts_(arena.take<std::int32_t>(n_shifts(n))) {}

    /// The order of this epoch, of which about `wanted` rows will be asked for: its shifts are kept
    /// where they are fewer, and the processor's second cache holds them.
    template <class T>
    const RowOrder& at(const Kernels<T>& kernels, std::int64_t epoch, Index wanted) noexcept {
        if (epoch != epoch_) {
            epoch_ = epoch;
            order_ = row_order(key_, epoch, n_);
            if (n_shifts(n_) > 0 && wanted > static_cast<Index>(2 * order_.width)) {
                kernels.row_shifts(order_, shifts_);
                order_.shifts = shifts_;
            }
        }
        return order_;
    }

private:
    static constexpr Index kMostRows = 1 << 28;

    static Index n_shifts(Index n) noexcept {
        if (n > kMostRows) return 0;
        const RowOrder order = row_order(0, 0, n);
        return static_cast<Index>(order.n_rounds * order.width);
    }

    std::uint64_t key_;
    Index n_;
    std::int32_t* shifts_;
    std::int64_t epoch_ = -1;
    RowOrder order_{};
};

}  // namespace gradus
