// Pairs of bfloat16, sixteen at a time, for AVX-512's products of them.
#pragma once

#include <immintrin.h>

#include "simd/kernels.hpp"
#include "simd/vec_avx512.hpp"

namespace GRADUS_ISA {

template <>
struct Vec<Bfloat16Pair> {
    static constexpr int size = 16;
    __m512i v;

    static Vec load(const Bfloat16Pair* p) { return {_mm512_loadu_si512(p)}; }
    static Vec load_first(const Bfloat16Pair* p, std::ptrdiff_t n) {
        return {_mm512_maskz_loadu_epi32(static_cast<__mmask16>((1u << n) - 1), p)};
    }
    static Vec set(const Bfloat16Pair& x) {
        return {_mm512_set1_epi32(*reinterpret_cast<const Bits*>(&x))};
    }
    void store(Bfloat16Pair* p) const { _mm512_storeu_si512(p, v); }
    void store_first(Bfloat16Pair* p, std::ptrdiff_t n) const {
        _mm512_mask_storeu_epi32(p, static_cast<__mmask16>((1u << n) - 1), v);
    }

private:
    typedef int __attribute__((may_alias)) Bits;
};

/// c + a.second * b.second, and to that + a.first * b.first.
inline Vec<float> fma(Vec<Bfloat16Pair> a, Vec<Bfloat16Pair> b, Vec<float> c) {
    return {_mm512_dpbf16_ps(c.v, (__m512bh)a.v, (__m512bh)b.v)};
}

/// The pairs of sixteen neighbors and the sixteen after them, rounded.
inline Vec<Bfloat16Pair> neighbors(Vec<float> low, Vec<float> high) {
    return {(__m512i)_mm512_cvtne2ps_pbh(high.v, low.v)};
}

/// Number i of `first` beside number i of `second`, rounded.
inline Vec<Bfloat16Pair> paired(Vec<float> first, Vec<float> second) {
    constexpr auto both = [](int i) { return static_cast<long long>((16 + i) << 16 | i); };
    constexpr auto four = [both](int i) { return both(i + 1) << 32 | both(i); };
    const __m512i places = _mm512_setr_epi64(four(0), four(2), four(4), four(6), four(8), four(10),
                                             four(12), four(14));
    return {_mm512_permutexvar_epi16(places, neighbors(first, second).v)};
}

/// As `transpose` of floats: of sixteen times sixteen pairs.
inline void transpose(const Bfloat16Pair* from, std::ptrdiff_t from_stride, Bfloat16Pair* to,
                      std::ptrdiff_t to_stride) {
    transpose(reinterpret_cast<const float*>(from), from_stride, reinterpret_cast<float*>(to),
              to_stride);
}

}  // namespace GRADUS_ISA
