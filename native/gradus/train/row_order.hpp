// Which shuffle an epoch has.
#pragma once

#include <cmath>

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

}  // namespace gradus
