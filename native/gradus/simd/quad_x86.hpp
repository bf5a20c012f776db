// Four numbers at a time, whatever the width of the set's vectors, for networks that would leave
// those empty: lanes change places in one cycle, and a quotient takes the least time. For sets with
// AVX2 and FMA; vec_scalar.hpp says what the operations mean that are not explained here.
#pragma once

#define GRADUS_HAS_QUADS

#include <immintrin.h>

#include <cstddef>

namespace GRADUS_ISA {

template <class T>
struct Quad;

template <>
struct Quad<float> {
    using Number = float;
    __m128 v;

    static Quad load(const float* p) { return {_mm_loadu_ps(p)}; }
    static Quad set(float x) { return {_mm_set1_ps(x)}; }
    void store(float* p) const { _mm_storeu_ps(p, v); }
    static Quad load_first(const float* p, std::ptrdiff_t n) {
        const __m128i lanes = _mm_setr_epi32(0, 1, 2, 3);
        return {_mm_maskload_ps(p, _mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int>(n)), lanes))};
    }

    friend Quad operator+(Quad a, Quad b) { return {_mm_add_ps(a.v, b.v)}; }
    friend Quad operator-(Quad a, Quad b) { return {_mm_sub_ps(a.v, b.v)}; }
    friend Quad operator-(Quad a) { return {_mm_xor_ps(a.v, _mm_set1_ps(-0.0f))}; }
    friend Quad operator*(Quad a, Quad b) { return {_mm_mul_ps(a.v, b.v)}; }
    friend Quad operator/(Quad a, Quad b) { return {_mm_div_ps(a.v, b.v)}; }
};

template <>
struct Quad<double> {
    using Number = double;
    __m256d v;

    static Quad load(const double* p) { return {_mm256_loadu_pd(p)}; }
    static Quad set(double x) { return {_mm256_set1_pd(x)}; }
    void store(double* p) const { _mm256_storeu_pd(p, v); }
    static Quad load_first(const double* p, std::ptrdiff_t n) {
        const __m256i lanes = _mm256_setr_epi64x(0, 1, 2, 3);
        return {_mm256_maskload_pd(p, _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lanes))};
    }

    friend Quad operator+(Quad a, Quad b) { return {_mm256_add_pd(a.v, b.v)}; }
    friend Quad operator-(Quad a, Quad b) { return {_mm256_sub_pd(a.v, b.v)}; }
    friend Quad operator-(Quad a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
    friend Quad operator*(Quad a, Quad b) { return {_mm256_mul_pd(a.v, b.v)}; }
    friend Quad operator/(Quad a, Quad b) { return {_mm256_div_pd(a.v, b.v)}; }
};

inline Quad<float> fma(Quad<float> a, Quad<float> b, Quad<float> c) {
    return {_mm_fmadd_ps(a.v, b.v, c.v)};
}
inline Quad<double> fma(Quad<double> a, Quad<double> b, Quad<double> c) {
    return {_mm256_fmadd_pd(a.v, b.v, c.v)};
}
inline Quad<float> min(Quad<float> a, Quad<float> b) { return {_mm_min_ps(a.v, b.v)}; }
inline Quad<double> min(Quad<double> a, Quad<double> b) { return {_mm256_min_pd(a.v, b.v)}; }
inline Quad<float> max(Quad<float> a, Quad<float> b) { return {_mm_max_ps(a.v, b.v)}; }
inline Quad<double> max(Quad<double> a, Quad<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
inline Quad<float> abs(Quad<float> a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
inline Quad<double> abs(Quad<double> a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
inline Quad<float> round(Quad<float> a) {
    return {_mm_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline Quad<double> round(Quad<double> a) {
    return {_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

inline Quad<float> power_of_two(Quad<float> n) {
    const __m128i biased = _mm_add_epi32(_mm_cvtps_epi32(n.v), _mm_set1_epi32(127));
    return {_mm_castsi128_ps(_mm_slli_epi32(biased, 23))};
}
inline Quad<double> power_of_two(Quad<double> n) {
    const __m256i biased =
        _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_cvtpd_epi32(n.v)), _mm256_set1_epi64x(1023));
    return {_mm256_castsi256_pd(_mm256_slli_epi64(biased, 52))};
}

inline Quad<float> where_less(Quad<float> a, Quad<float> b, Quad<float> x, Quad<float> y) {
    return {_mm_blendv_ps(y.v, x.v, _mm_cmp_ps(a.v, b.v, _CMP_LT_OQ))};
}
inline Quad<double> where_less(Quad<double> a, Quad<double> b, Quad<double> x, Quad<double> y) {
    return {_mm256_blendv_pd(y.v, x.v, _mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ))};
}

/// Whether each lane of a is less than its lane of b, so that none is not-a-number.
inline bool is_less_everywhere(Quad<float> a, Quad<float> b) {
    return _mm_movemask_ps(_mm_cmp_ps(a.v, b.v, _CMP_LT_OQ)) == 0xf;
}
inline bool is_less_everywhere(Quad<double> a, Quad<double> b) {
    return _mm256_movemask_pd(_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)) == 0xf;
}

/// 2^n of a whole number n that stands as n + kWholeAndBias: its last bits are those of the power's
/// exponent.
template <class T>
inline constexpr T kWholeAndBias =
    static_cast<T>(sizeof(T) == 4 ? 0x1.8p23 + 127 : 0x1.8p52 + 1023);
inline Quad<float> power_of_two_of_sum(Quad<float> a) {
    return {_mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(a.v), 23))};
}
inline Quad<double> power_of_two_of_sum(Quad<double> a) {
    return {_mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(a.v), 52))};
}

/// The same numbers in double.
inline Quad<double> widened(Quad<float> a) { return {_mm256_cvtps_pd(a.v)}; }
inline Quad<double> widened(Quad<double> a) { return a; }
template <class T>
Quad<T> narrowed(Quad<double> a);
template <>
inline Quad<float> narrowed<float>(Quad<double> a) {
    return {_mm256_cvtpd_ps(a.v)};
}
template <>
inline Quad<double> narrowed<double>(Quad<double> a) {
    return a;
}
inline Quad<double> square_root(Quad<double> a) { return {_mm256_sqrt_pd(a.v)}; }

/// One lane's number in all of them.
template <int Lane>
inline Quad<float> broadcast(Quad<float> a) {
    return {_mm_permute_ps(a.v, Lane * 0x55)};
}
template <int Lane>
inline Quad<double> broadcast(Quad<double> a) {
    return {_mm256_permute4x64_pd(a.v, Lane * 0x55)};
}

#if defined(__AVX512DQ__) && defined(__AVX512VL__)
#define GRADUS_HAS_LOOK_UP
/// What is left of each lane next to the nearest multiple of 1/2, and table[k] of each lane of
/// k / 2 + kHalves, 0 <= k < 32.
constexpr float kHalves = 0x1.8p22f;
inline Quad<float> next_to_halves(Quad<float> a) { return {_mm_reduce_ps(a.v, 0x18)}; }
inline Quad<float> look_up(const float (&table)[32], Quad<float> at) {
    const __m512i places = _mm512_castsi128_si512(_mm_castps_si128(at.v));
    return {_mm512_castps512_ps128(
        _mm512_permutex2var_ps(_mm512_load_ps(table), places, _mm512_load_ps(table + 16)))};
}
/// a in the lanes where z has a minus sign, b in the others.
inline Quad<float> where_negative(Quad<float> z, Quad<float> a, Quad<float> b) {
    return {_mm_mask_blend_ps(_mm_movepi32_mask(_mm_castps_si128(z.v)), b.v, a.v)};
}
#endif

/// All bits in the first n lanes, none in those behind.
template <class T>
Quad<T> first_lanes(std::ptrdiff_t n);
template <>
inline Quad<float> first_lanes<float>(std::ptrdiff_t n) {
    const __m128i lanes = _mm_setr_epi32(0, 1, 2, 3);
    return {_mm_castsi128_ps(_mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int>(n)), lanes))};
}
template <>
inline Quad<double> first_lanes<double>(std::ptrdiff_t n) {
    const __m256i lanes = _mm256_setr_epi64x(0, 1, 2, 3);
    return {_mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lanes))};
}
/// The lanes that have all bits in `are_kept`, and 0 in those that have none.
inline Quad<float> kept(Quad<float> a, Quad<float> are_kept) {
    return {_mm_and_ps(a.v, are_kept.v)};
}
inline Quad<double> kept(Quad<double> a, Quad<double> are_kept) {
    return {_mm256_and_pd(a.v, are_kept.v)};
}

inline float lane_0(Quad<float> a) { return _mm_cvtss_f32(a.v); }
inline double lane_0(Quad<double> a) { return _mm256_cvtsd_f64(a.v); }

/// In any order; and in all lanes, which then have the same bits.
inline Quad<float> sum_in_lanes(Quad<float> a) {
    const __m128 pairs = _mm_add_ps(a.v, _mm_permute_ps(a.v, 0x4e));
    return {_mm_add_ps(pairs, _mm_permute_ps(pairs, 0xb1))};
}
inline Quad<double> sum_in_lanes(Quad<double> a) {
    const __m256d pairs = _mm256_add_pd(a.v, _mm256_permute4x64_pd(a.v, 0x4e));
    return {_mm256_add_pd(pairs, _mm256_permute_pd(pairs, 0x5))};
}
template <class T>
inline T sum_of_lanes(Quad<T> a) {
    return lane_0(sum_in_lanes(a));
}

/// The sum of the lanes of each, in the same order for all.
inline Quad<float> sums_of_lanes(Quad<float> a, Quad<float> b, Quad<float> c, Quad<float> d) {
    const __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a.v, b.v), _mm_unpackhi_ps(a.v, b.v));
    const __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c.v, d.v), _mm_unpackhi_ps(c.v, d.v));
    return {_mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab))};
}
inline Quad<double> sums_of_lanes(Quad<double> a, Quad<double> b, Quad<double> c, Quad<double> d) {
    const __m256d ab = _mm256_add_pd(_mm256_unpacklo_pd(a.v, b.v), _mm256_unpackhi_pd(a.v, b.v));
    const __m256d cd = _mm256_add_pd(_mm256_unpacklo_pd(c.v, d.v), _mm256_unpackhi_pd(c.v, d.v));
    return {
        _mm256_add_pd(_mm256_permute2f128_pd(ab, cd, 0x20), _mm256_permute2f128_pd(ab, cd, 0x31))};
}

/// Lane i = lane 0 of from[i].
inline Quad<float> first_column(const Quad<float> (&from)[4]) {
    return {_mm_movelh_ps(_mm_unpacklo_ps(from[0].v, from[1].v),
                          _mm_unpacklo_ps(from[2].v, from[3].v))};
}
inline Quad<double> first_column(const Quad<double> (&from)[4]) {
    return {_mm256_permute2f128_pd(_mm256_unpacklo_pd(from[0].v, from[1].v),
                                   _mm256_unpacklo_pd(from[2].v, from[3].v), 0x20)};
}

/// Lane i of to[j] = lane j of from[i].
inline void transpose(const Quad<float> (&from)[4], Quad<float> (&to)[4]) {
    const __m128 low_01 = _mm_unpacklo_ps(from[0].v, from[1].v);
    const __m128 low_23 = _mm_unpacklo_ps(from[2].v, from[3].v);
    const __m128 high_01 = _mm_unpackhi_ps(from[0].v, from[1].v);
    const __m128 high_23 = _mm_unpackhi_ps(from[2].v, from[3].v);
    to[0].v = _mm_movelh_ps(low_01, low_23);
    to[1].v = _mm_movehl_ps(low_23, low_01);
    to[2].v = _mm_movelh_ps(high_01, high_23);
    to[3].v = _mm_movehl_ps(high_23, high_01);
}
inline void transpose(const Quad<double> (&from)[4], Quad<double> (&to)[4]) {
    const __m256d even_01 = _mm256_unpacklo_pd(from[0].v, from[1].v);
    const __m256d even_23 = _mm256_unpacklo_pd(from[2].v, from[3].v);
    const __m256d odd_01 = _mm256_unpackhi_pd(from[0].v, from[1].v);
    const __m256d odd_23 = _mm256_unpackhi_pd(from[2].v, from[3].v);
    to[0].v = _mm256_permute2f128_pd(even_01, even_23, 0x20);
    to[1].v = _mm256_permute2f128_pd(odd_01, odd_23, 0x20);
    to[2].v = _mm256_permute2f128_pd(even_01, even_23, 0x31);
    to[3].v = _mm256_permute2f128_pd(odd_01, odd_23, 0x31);
}

}  // namespace GRADUS_ISA
