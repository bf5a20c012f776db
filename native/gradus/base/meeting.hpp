// Two threads that wait for each other, step after step.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin.hpp"

namespace gradus {

/// Each comes to one number after the other; who leaves will not come again.
class Meeting {
public:
    /// Before either comes.
    void begin() noexcept {
        for (Arrivals& of : arrivals_) of.count.store(-1, std::memory_order_relaxed);
        is_left_.store(false, std::memory_order_relaxed);
    }

    /// Says that `who`, 0 or 1, has come to `count`, not below 0 and rising.
    void come(int who, std::int64_t count) noexcept {
        arrivals_[who].count.store(count, std::memory_order_release);
    }
    /// What `who` wrote before it came so far can be read if so.
    bool has_come(int who, std::int64_t count) const noexcept {
        return arrivals_[who].count.load(std::memory_order_acquire) >= count;
    }

    /// Comes, and waits until the other has come as far. Returns false if the other left before,
    /// or when gives_up(), asked every few microseconds, says so.
    template <class GivesUp>
    bool meet(int who, std::int64_t count, GivesUp&& gives_up) noexcept {
        come(who, count);
        for (int spin = 0; !has_come(1 - who, count); ++spin) {
            if (is_left()) return has_come(1 - who, count);
            spin_once(spin);
            if (spin % kShortSpins == kShortSpins - 1 && gives_up()) return false;
        }
        return true;
    }

    void leave() noexcept { is_left_.store(true, std::memory_order_release); }
    bool is_left() const noexcept { return is_left_.load(std::memory_order_acquire); }

private:
    struct alignas(64) Arrivals {
        std::atomic<std::int64_t> count{-1};
    };

    Arrivals arrivals_[2];
    alignas(64) std::atomic<bool> is_left_{false};
};

}  // namespace gradus
