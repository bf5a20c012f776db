// Which shuffle an epoch has, and its table for who goes through all of it.
#pragma once

#include <cmath>

#include "base/arena.hpp"
#include "base/random.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// The order of the n rows in this epoch, n at least 1 and less than 2^62.
inline RowOrder row_order(std::uint64_t key, std::int64_t epoch, Index n) noexcept {
    const auto rows = static_cast<std::uint64_t>(n);
    auto width = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(rows)));
    while (width * width < rows) ++width;
    while (width > 1 && (width - 1) * (width - 1) >= rows) --width;
    return {part_key(key, epoch), rows, width, (rows + width - 1) / width};
}

/// Numbers in Kernels::order_table of n rows; 0 of so many that none is made.
inline Index table_size(Index n) noexcept {
    constexpr Index kMostRows = 1 << 28;
    if (n > kMostRows) return 0;
    if (n < kFewRows) return n;
    return static_cast<Index>(kShuffleRounds * row_order(0, 0, n).width);
}

/// The orders of n rows, epoch after epoch.
class EpochOrders {
public:
    static void count(ArenaSize& size, Index n) { size.add<std::int32_t>(table_size(n)); }

    EpochOrders(std::uint64_t key, Index n, Arena& arena)
        : key_(key), n_(n), table_(arena.take<std::int32_t>(table_size(n))) {}

    /// The order of this epoch, of which about `wanted` rows will be asked for: its table is kept
    /// where it is no more work than they are, and the processor's second cache holds it.
    template <class T>
    const RowOrder& at(const Kernels<T>& kernels, std::int64_t epoch, Index wanted) noexcept {
        if (epoch != epoch_) {
            epoch_ = epoch;
            order_ = row_order(key_, epoch, n_);
            const bool pays = n_ < kFewRows || wanted > static_cast<Index>(2 * order_.width);
            if (table_size(n_) > 0 && pays) {
                kernels.order_table(order_, table_);
                order_.table = table_;
            }
        }
        return order_;
    }

private:
    std::uint64_t key_;
    Index n_;
    std::int32_t* table_;
    std::int64_t epoch_ = -1;
    RowOrder order_{};
};

}  // namespace gradus
