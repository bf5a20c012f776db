// Asking for numbers before they are needed.
#pragma once

namespace gradus {

/// Asks for the line of memory at `at` to become this core's own. Always inline: what is compiled
/// for newer processors must not be picked by the linker for everybody. A hint: it changes nothing
/// but who has the line.
#if defined(__GNUC__)
__attribute__((always_inline))
#endif
inline void prefetch_to_write([[maybe_unused]] const void* at) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(at)));
#elif defined(__GNUC__)
    __builtin_prefetch(at, 1);
#endif
}

/// Asks for the line of memory at `at` to come to the second cache, to be read.
#if defined(__GNUC__)
__attribute__((always_inline))
#endif
inline void prefetch_to_read([[maybe_unused]] const void* at) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
    // g++ leaves out calls of functions that do nothing but __builtin_prefetch.
    asm volatile("prefetcht1 %0" : : "m"(*static_cast<const char*>(at)));
#elif defined(__GNUC__)
    __builtin_prefetch(at, 0, 2);
#endif
}

}  // namespace gradus
