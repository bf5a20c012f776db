// Dropout: which numbers of a row are left out.
#pragma once

#include "simd/loops.inl.hpp"
#include "simd/shuffle.inl.hpp"

namespace GRADUS_ISA {

template <class T>
void drop(std::uint64_t key, double rate, Index n, const T* a_in, T* mask, T* a_out) {
    // u < rate of uniform_at in base/random.hpp, both sides times 2^53.
    const double scaled = rate * 0x1p53;
    const auto floor = static_cast<std::uint64_t>(scaled);
    const std::uint64_t bound = floor + (static_cast<double>(floor) < scaled ? 1 : 0);
    const T kept = static_cast<T>(1 / (1 - rate));
    constexpr Index kLanes = 32;
    for (Index from = 0; from < n; from += kLanes) {
        // By way of arrays that nothing else points to, which lets the compiler make vectors.
        std::uint64_t drawn[kLanes];
        T factors[kLanes];
        for (Index i = 0; i < kLanes; ++i) {
            const auto number = static_cast<std::uint64_t>(from + i) + 1;
            drawn[i] = mix64(key + kGolden * number) >> 11;
        }
        for (Index i = 0; i < kLanes; ++i) factors[i] = drawn[i] < bound ? T(0) : kept;
        for_each_vector<T>(n - from < kLanes ? n - from : kLanes,
                           [&](Index i, auto load, auto store) {
                               const Vec<T> factor = load(factors + i);
                               store(factor, mask + from + i);
                               store(load(a_in + from + i) * factor, a_out + from + i);
                           });
    }
}

}  // namespace GRADUS_ISA
