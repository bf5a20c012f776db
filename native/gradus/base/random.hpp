// Counter-based random numbers: every number is a pure function of its key and its position, so no
// draw depends on how many were drawn before it. src/gradus/_random.py is the same arithmetic in
// NumPy.
#pragma once

#include <cmath>
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

/// A shuffle of 0..n-1 that can be asked for any position without computing the others, in constant
/// memory.
///
/// Rows are written as (left, right) in a grid a x b just large enough for n; each round shifts one
/// coordinate by a keyed hash of the other (a generalized Feistel network, hence a bijection of the
/// grid); positions that land outside 0..n-1 walk on until they land inside [BR02]. Below 256 rows
/// the coordinates are so small that six rounds would leave some orders more frequent than others.
class Permutation {
public:
    Permutation(std::uint64_t key, std::int64_t epoch, Index n) noexcept
        : key_(part_key(key, epoch)), n_(static_cast<std::uint64_t>(n)) {
        a_ = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(n_)));
        while (a_ * a_ < n_) ++a_;
        while (a_ > 1 && (a_ - 1) * (a_ - 1) >= n_) --a_;
        b_ = a_ == 0 ? 0 : (n_ + a_ - 1) / a_;
    }

    Index operator()(Index position) const noexcept {
        auto v = static_cast<std::uint64_t>(position);
        do {
            std::uint64_t left = v % a_;
            std::uint64_t right = v / a_;
            for (std::uint64_t round = 0; round < n_rounds_; round += 2) {
                left = shift(left, hash(round, right, a_), a_);
                right = shift(right, hash(round + 1, left, b_), b_);
            }
            v = right * a_ + left;
        } while (v >= n_);
        return static_cast<Index>(v);
    }

private:
    std::uint64_t hash(std::uint64_t round, std::uint64_t x, std::uint64_t below) const noexcept {
        return ((mix64(key_ + round * 0xd1342543de82ef95u + x * kGolden) >> 32) * below) >> 32;
    }
    static std::uint64_t shift(std::uint64_t x, std::uint64_t by, std::uint64_t modulus) noexcept {
        const std::uint64_t sum = x + by;
        return sum >= modulus ? sum - modulus : sum;
    }

    std::uint64_t key_;
    std::uint64_t n_;
    std::uint64_t n_rounds_ = n_ < 256 ? 24 : 6;
    std::uint64_t a_ = 0;
    std::uint64_t b_ = 0;
};

}  // namespace gradus
