// Tells a running call whether to stop. The calling thread alone asks; worker threads only read the
// answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace gradus {

/// Three reasons to stop: a flag somebody else sets, a hook asked every 20 ms, and the end of a
/// time slice.
///
/// The first two may stop a step halfway, which is then dropped whole. The slice is only asked
/// about between steps, so that every call gets at least one step done however long a step is.
class Watch {
public:
    using Clock = std::chrono::steady_clock;
    /// Returns true to stop. Runs on the calling thread only.
    using Hook = bool (*)();

    Watch(std::uint8_t* cancel, Hook hook, double max_seconds) noexcept
        : cancel_(cancel),
          hook_(hook),
          start_(Clock::now()),
          asked_(start_),
          max_seconds_(max_seconds) {}

    /// Cheap enough for every task: reads the flag, and asks the hook when 20 ms have passed.
    bool poll() noexcept {
        if (stopped_.load(std::memory_order_relaxed)) return true;
        if (cancel_ != nullptr && flag() != 0) return stop();
        if (hook_ == nullptr) return false;
        const auto now = Clock::now();
        if (now - asked_ < std::chrono::milliseconds(20)) return false;
        asked_ = now;
        return hook_() ? stop() : false;
    }

    bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

    /// Since the call began.
    double seconds() const noexcept {
        return std::chrono::duration<double>(Clock::now() - start_).count();
    }

    bool slice_is_over() const noexcept { return seconds() >= max_seconds_; }

private:
    // Another thread writes this byte, of which it knows nothing but the address.
    std::uint8_t flag() const noexcept {
        return std::atomic_ref<std::uint8_t>(*cancel_).load(std::memory_order_relaxed);
    }
    bool stop() noexcept {
        stopped_.store(true, std::memory_order_relaxed);
        return true;
    }

    std::uint8_t* cancel_;
    Hook hook_;
    Clock::time_point start_;
    Clock::time_point asked_;
    double max_seconds_;
    std::atomic<bool> stopped_{false};
};

}  // namespace gradus
