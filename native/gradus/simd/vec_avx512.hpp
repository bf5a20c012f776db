// AVX-512 (F, DQ, BW, VL): sixteen floats or eight doubles at a time. vec_scalar.hpp says what each
// operation means.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace GRADUS_ISA {

/// Whether fma rounds once.
constexpr bool kFuses = true;

template <class T>
struct Vec;

template <>
struct Vec<float> {
    using Number = float;
    static constexpr int size = 16;
    __m512 v;

    static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
    static Vec set(float x) { return {_mm512_set1_ps(x)}; }
    void store(float* p) const { _mm512_storeu_ps(p, v); }

    static Vec load_first(const float* p, std::ptrdiff_t n) {
        return {_mm512_maskz_loadu_ps(first(n), p)};
    }
    void store_first(float* p, std::ptrdiff_t n) const { _mm512_mask_storeu_ps(p, first(n), v); }

    friend Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
    friend Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
    friend Vec operator-(Vec a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
    friend Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
    friend Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }

private:
    static __mmask16 first(std::ptrdiff_t n) { return static_cast<__mmask16>((1u << n) - 1); }
};

template <>
struct Vec<double> {
    using Number = double;
    static constexpr int size = 8;
    __m512d v;

    static Vec load(const double* p) { return {_mm512_loadu_pd(p)}; }
    static Vec set(double x) { return {_mm512_set1_pd(x)}; }
    void store(double* p) const { _mm512_storeu_pd(p, v); }

    static Vec load_first(const double* p, std::ptrdiff_t n) {
        return {_mm512_maskz_loadu_pd(first(n), p)};
    }
    void store_first(double* p, std::ptrdiff_t n) const { _mm512_mask_storeu_pd(p, first(n), v); }

    friend Vec operator+(Vec a, Vec b) { return {_mm512_add_pd(a.v, b.v)}; }
    friend Vec operator-(Vec a, Vec b) { return {_mm512_sub_pd(a.v, b.v)}; }
    friend Vec operator-(Vec a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
    friend Vec operator*(Vec a, Vec b) { return {_mm512_mul_pd(a.v, b.v)}; }
    friend Vec operator/(Vec a, Vec b) { return {_mm512_div_pd(a.v, b.v)}; }

private:
    static __mmask8 first(std::ptrdiff_t n) { return static_cast<__mmask8>((1u << n) - 1); }
};

inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return {_mm512_fmadd_pd(a.v, b.v, c.v)};
}
inline Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm512_min_pd(a.v, b.v)}; }
inline Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm512_max_pd(a.v, b.v)}; }
inline float sum_of_lanes(Vec<float> a) { return _mm512_reduce_add_ps(a.v); }
inline double sum_of_lanes(Vec<double> a) { return _mm512_reduce_add_pd(a.v); }
inline Vec<float> sqrt(Vec<float> a) { return {_mm512_sqrt_ps(a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {_mm512_sqrt_pd(a.v)}; }
/// The same bits without the divider: an estimate of 1 / sqrt(a), better than 2^-14, a step of
/// Newton's for sqrt(a) and half of 1 / sqrt(a), and sqrt(a) + (a - sqrt(a)^2) / (2 sqrt(a)),
/// rounded once [Mar90]. That is the root rounded whatever the estimate, hence on every processor;
/// a - sqrt(a)^2 is exact from 2^-100 on. docs/decisions/0027 says how that is known.
inline Vec<float> sqrt_by_products(Vec<float> a) {
    constexpr int kFrom = 0x0d800000, kTo = 0x7f800000;  // the bits of 2^-100 and of infinity
    const __mmask16 is_some = _mm512_cmp_ps_mask(a.v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    const __m512i above = _mm512_sub_epi32(_mm512_castps_si512(a.v), _mm512_set1_epi32(kFrom));
    if (_mm512_mask_cmpge_epu32_mask(is_some, above, _mm512_set1_epi32(kTo - kFrom)) != 0)
        return sqrt(a);
    const __m512 half = _mm512_set1_ps(0.5f), y = _mm512_maskz_rsqrt14_ps(is_some, a.v);
    const __m512 t = _mm512_mul_ps(a.v, y), h = _mm512_mul_ps(half, y);
    const __m512 error = _mm512_fnmadd_ps(h, t, half);
    const __m512 root = _mm512_fmadd_ps(t, error, t), slope = _mm512_fmadd_ps(h, error, h);
    return {_mm512_fmadd_ps(_mm512_fnmadd_ps(root, root, a.v), slope, root)};
}
inline Vec<float> abs(Vec<float> a) { return {_mm512_abs_ps(a.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm512_abs_pd(a.v)}; }

/// The next Vec<double>::size numbers, exactly.
inline Vec<double> widened(const float* p) { return {_mm512_cvtps_pd(_mm256_loadu_ps(p))}; }
inline Vec<double> widened(const double* p) { return Vec<double>::load(p); }
inline void narrowed(Vec<double> a, float* p) { _mm256_storeu_ps(p, _mm512_cvtpd_ps(a.v)); }
inline void narrowed(Vec<double> a, double* p) { a.store(p); }

constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
inline Vec<float> round(Vec<float> a) { return {_mm512_roundscale_ps(a.v, kNearest)}; }
inline Vec<double> round(Vec<double> a) { return {_mm512_roundscale_pd(a.v, kNearest)}; }

inline Vec<float> power_of_two(Vec<float> n) {
    const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(biased, 23))};
}
inline Vec<double> power_of_two(Vec<double> n) {
    const __m512i biased = _mm512_add_epi64(_mm512_cvtpd_epi64(n.v), _mm512_set1_epi64(1023));
    return {_mm512_castsi512_pd(_mm512_slli_epi64(biased, 52))};
}

/// a 2^n, rounded once: what simd/math.inl.hpp does in halves.
inline Vec<float> scaled(Vec<float> a, Vec<float> n) { return {_mm512_scalef_ps(a.v, n.v)}; }
inline Vec<double> scaled(Vec<double> a, Vec<double> n) { return {_mm512_scalef_pd(a.v, n.v)}; }

inline Vec<float> where_less(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
    return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), y.v, x.v)};
}
inline Vec<double> where_less(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
    return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ), y.v, x.v)};
}

/// to[j * to_stride + i] = from[i * from_stride + j] for i, j < size: neighbors, then pairs, then
/// quarters of the vectors change places.
inline void transpose(const float* from, std::ptrdiff_t from_stride, float* to,
                      std::ptrdiff_t to_stride) {
    __m512 a[16], b[16];
    for (int i = 0; i < 16; ++i) a[i] = _mm512_loadu_ps(from + i * from_stride);
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int k = 0; k < 2; ++k) {
            const __m512d low = _mm512_castps_pd(b[i + k]), high = _mm512_castps_pd(b[i + k + 2]);
            a[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
            a[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
        }
    }
    for (int i = 0; i < 16; i += 8) {
        for (int k = 0; k < 4; ++k) {
            b[i + k] = _mm512_shuffle_f32x4(a[i + k], a[i + k + 4], 0x88);
            b[i + k + 4] = _mm512_shuffle_f32x4(a[i + k], a[i + k + 4], 0xdd);
        }
    }
    for (int k = 0; k < 8; ++k) {
        _mm512_storeu_ps(to + k * to_stride, _mm512_shuffle_f32x4(b[k], b[k + 8], 0x88));
        _mm512_storeu_ps(to + (k + 8) * to_stride, _mm512_shuffle_f32x4(b[k], b[k + 8], 0xdd));
    }
}
inline void transpose(const double* from, std::ptrdiff_t from_stride, double* to,
                      std::ptrdiff_t to_stride) {
    __m512d a[8], b[8];
    for (int i = 0; i < 8; ++i) a[i] = _mm512_loadu_pd(from + i * from_stride);
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm512_unpacklo_pd(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_pd(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int k = 0; k < 2; ++k) {
            a[i + k] = _mm512_shuffle_f64x2(b[i + k], b[i + k + 2], 0x88);
            a[i + k + 2] = _mm512_shuffle_f64x2(b[i + k], b[i + k + 2], 0xdd);
        }
    }
    for (int k = 0; k < 4; ++k) {
        _mm512_storeu_pd(to + k * to_stride, _mm512_shuffle_f64x2(a[k], a[k + 4], 0x88));
        _mm512_storeu_pd(to + (k + 4) * to_stride, _mm512_shuffle_f64x2(a[k], a[k + 4], 0xdd));
    }
}

#define GRADUS_HAS_GATHERS

/// to[i] = to[i] + table[from[i]], less `below` where it is not below that, for i < 16.
inline void add_modulo(std::int32_t* to, const std::int32_t* from, const std::int32_t* table,
                       std::int32_t below) {
    const __m512i shifts = _mm512_i32gather_epi32(_mm512_loadu_si512(from), table, 4);
    const __m512i sum = _mm512_add_epi32(_mm512_loadu_si512(to), shifts);
    // What is below wraps to a large number.
    const __m512i less = _mm512_sub_epi32(sum, _mm512_set1_epi32(below));
    _mm512_storeu_si512(to, _mm512_min_epu32(sum, less));
}

}  // namespace GRADUS_ISA
