// Counter-based random numbers: every number is a pure function of its key and its position, so no
// draw depends on how many were drawn before it. src/gradus/_random.py is the same arithmetic in
// NumPy.
#pragma once

#include <cstdint>

#include "base/views.hpp"

namespace gradus {

/// The odd number whose multiples tell streams and positions apart [SLF14].
inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;

/// The finalizer of SplitMix64 [SLF14]: a bijection of 64-bit words whose output bits look
/// independent.
inline std::uint64_t mix64(std::uint64_t x) noexcept {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/// The key of one part of a stream, such as an epoch or a row, counted from 0.
inline std::uint64_t part_key(std::uint64_t key, std::int64_t part) noexcept {
    return mix64(key + kGolden * (static_cast<std::uint64_t>(part) + 1));
}

/// Number i of a stream of numbers drawn evenly from [0, 1).
inline double uniform_at(std::uint64_t key, Index i) noexcept {
    return static_cast<double>(part_key(key, i) >> 11) * 0x1p-53;
}

}  // namespace gradus
