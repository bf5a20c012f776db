// Waiting for another thread without sleeping.
#pragma once

#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace gradus {

// Who spins longer lets others have the processor: the one waited for may be among them.
constexpr int kShortSpins = 200;

inline void pause_briefly() noexcept {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#else
    std::this_thread::yield();
#endif
}

/// One look's worth of waiting, `spin` looks after the first.
inline void spin_once(int spin) noexcept {
    if (spin % kShortSpins == kShortSpins - 1) {
        std::this_thread::yield();
    } else {
        pause_briefly();
    }
}

}  // namespace gradus
