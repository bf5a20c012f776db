// AVX2 and FMA: eight floats or four doubles at a time. vec_scalar.hpp says what each operation
// means.
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
    static constexpr int size = 8;
    __m256 v;

    static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
    static Vec set(float x) { return {_mm256_set1_ps(x)}; }
    void store(float* p) const { _mm256_storeu_ps(p, v); }

    static Vec load_first(const float* p, std::ptrdiff_t n) {
        return {_mm256_maskload_ps(p, first(n))};
    }
    void store_first(float* p, std::ptrdiff_t n) const { _mm256_maskstore_ps(p, first(n), v); }

    friend Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
    friend Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
    friend Vec operator-(Vec a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
    friend Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
    friend Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }

private:
    static __m256i first(std::ptrdiff_t n) {
        const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lanes);
    }
};

template <>
struct Vec<double> {
    using Number = double;
    static constexpr int size = 4;
    __m256d v;

    static Vec load(const double* p) { return {_mm256_loadu_pd(p)}; }
    static Vec set(double x) { return {_mm256_set1_pd(x)}; }
    void store(double* p) const { _mm256_storeu_pd(p, v); }

    static Vec load_first(const double* p, std::ptrdiff_t n) {
        return {_mm256_maskload_pd(p, first(n))};
    }
    void store_first(double* p, std::ptrdiff_t n) const { _mm256_maskstore_pd(p, first(n), v); }

    friend Vec operator+(Vec a, Vec b) { return {_mm256_add_pd(a.v, b.v)}; }
    friend Vec operator-(Vec a, Vec b) { return {_mm256_sub_pd(a.v, b.v)}; }
    friend Vec operator-(Vec a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
    friend Vec operator*(Vec a, Vec b) { return {_mm256_mul_pd(a.v, b.v)}; }
    friend Vec operator/(Vec a, Vec b) { return {_mm256_div_pd(a.v, b.v)}; }

private:
    static __m256i first(std::ptrdiff_t n) {
        return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
    }
};

inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return {_mm256_fmadd_pd(a.v, b.v, c.v)};
}
inline Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm256_min_pd(a.v, b.v)}; }
inline Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {_mm256_sqrt_ps(a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {_mm256_sqrt_pd(a.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }

/// The next Vec<double>::size numbers, exactly.
inline Vec<double> widened(const float* p) { return {_mm256_cvtps_pd(_mm_loadu_ps(p))}; }
inline Vec<double> widened(const double* p) { return Vec<double>::load(p); }
inline void narrowed(Vec<double> a, float* p) { _mm_storeu_ps(p, _mm256_cvtpd_ps(a.v)); }
inline void narrowed(Vec<double> a, double* p) { a.store(p); }

constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
inline Vec<float> round(Vec<float> a) { return {_mm256_round_ps(a.v, kNearest)}; }
inline Vec<double> round(Vec<double> a) { return {_mm256_round_pd(a.v, kNearest)}; }

inline Vec<float> power_of_two(Vec<float> n) {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(biased, 23))};
}
// AVX2 converts no double to a 64-bit integer: adding 3 * 2^51 leaves n in the low bits of the
// mantissa instead.
inline Vec<double> power_of_two(Vec<double> n) {
    const __m256i bits =
        _mm256_castpd_si256(_mm256_add_pd(n.v, _mm256_set1_pd(6755399441055744.0)));
    const __m256i biased = _mm256_add_epi64(bits, _mm256_set1_epi64x(1023));
    return {_mm256_castsi256_pd(_mm256_slli_epi64(biased, 52))};
}

inline Vec<float> where_less(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
    return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))};
}
inline Vec<double> where_less(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
    return {_mm256_blendv_pd(y.v, x.v, _mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ))};
}

/// to[j * to_stride + i] = from[i * from_stride + j] for i, j < size: neighbors, then pairs, then
/// halves of the vectors change places.
inline void transpose(const float* from, std::ptrdiff_t from_stride, float* to,
                      std::ptrdiff_t to_stride) {
    __m256 a[8], b[8];
    for (int i = 0; i < 8; ++i) a[i] = _mm256_loadu_ps(from + i * from_stride);
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int k = 0; k < 2; ++k) {
            const __m256d low = _mm256_castps_pd(b[i + k]), high = _mm256_castps_pd(b[i + k + 2]);
            a[i + 2 * k] = _mm256_castpd_ps(_mm256_unpacklo_pd(low, high));
            a[i + 2 * k + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low, high));
        }
    }
    for (int k = 0; k < 4; ++k) {
        _mm256_storeu_ps(to + k * to_stride, _mm256_permute2f128_ps(a[k], a[k + 4], 0x20));
        _mm256_storeu_ps(to + (k + 4) * to_stride, _mm256_permute2f128_ps(a[k], a[k + 4], 0x31));
    }
}
inline void transpose(const double* from, std::ptrdiff_t from_stride, double* to,
                      std::ptrdiff_t to_stride) {
    __m256d a[4], b[4];
    for (int i = 0; i < 4; ++i) a[i] = _mm256_loadu_pd(from + i * from_stride);
    for (int i = 0; i < 4; i += 2) {
        b[i] = _mm256_unpacklo_pd(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_pd(a[i], a[i + 1]);
    }
    for (int k = 0; k < 2; ++k) {
        _mm256_storeu_pd(to + k * to_stride, _mm256_permute2f128_pd(b[k], b[k + 2], 0x20));
        _mm256_storeu_pd(to + (k + 2) * to_stride, _mm256_permute2f128_pd(b[k], b[k + 2], 0x31));
    }
}

}  // namespace GRADUS_ISA
