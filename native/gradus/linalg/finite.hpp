// Looking through many numbers at once for what is none.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/thread_pool.hpp"
#include "simd/kernels.hpp"

namespace gradus {

/// Whether all of x (n,) are finite. Returns false if told to stop on the way.
template <class T>
bool all_finite(const Kernels<T>& kernels, const T* x, Index n, const Crew& crew) {
    constexpr Index kBlock = 1 << 17;  // of which a thread finds the next without being asked
    std::atomic<bool> is_finite{true};
    const bool is_done =
        crew.for_each((n + kBlock - 1) / kBlock, static_cast<double>(n), [&](Index task, int) {
            const Index first = task * kBlock;
            if (is_finite.load(std::memory_order_relaxed) &&
                !kernels.all_finite(x + first, std::min(kBlock, n - first))) {
                is_finite.store(false, std::memory_order_relaxed);
            }
        });
    return is_done && is_finite.load(std::memory_order_relaxed);
}

}  // namespace gradus
