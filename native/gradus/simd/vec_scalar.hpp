// One number at a time, with the interface of the vectors: the kernels' fallback on any processor.
#pragma once

#include <cstddef>
#include <cstdint>

namespace GRADUS_ISA {

template <class T>
struct Bits;
template <>
struct Bits<float> {
    using Unsigned = std::uint32_t;
    static constexpr int mantissa = 23;
    static constexpr Unsigned bias = 127;
};
template <>
struct Bits<double> {
    using Unsigned = std::uint64_t;
    static constexpr int mantissa = 52;
    static constexpr Unsigned bias = 1023;
};

/// Whether fma rounds once.
constexpr bool kFuses = false;

template <class T>
struct Vec {
    using Number = T;
    static constexpr int size = 1;
    T v;

    static Vec load(const T* p) { return {*p}; }
    static Vec set(T x) { return {x}; }
    void store(T* p) const { *p = v; }

    /// The first n < size numbers; what lies behind them is not touched, and reads as 0.
    static Vec load_first(const T*, std::ptrdiff_t) { return {T(0)}; }
    void store_first(T*, std::ptrdiff_t) const {}

    friend Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
    friend Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
    friend Vec operator-(Vec a) { return {-a.v}; }
    friend Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
    friend Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
};

/// a * b + c, rounded twice here; vector sets with the instruction round once.
template <class T>
Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
    return {a.v * b.v + c.v};
}
/// Both return the second argument when either is not a number, as the processors' vector
/// instructions do.
template <class T>
Vec<T> min(Vec<T> a, Vec<T> b) {
    return {a.v < b.v ? a.v : b.v};
}
template <class T>
Vec<T> max(Vec<T> a, Vec<T> b) {
    return {a.v > b.v ? a.v : b.v};
}
inline Vec<float> sqrt(Vec<float> a) { return {__builtin_sqrtf(a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {__builtin_sqrt(a.v)}; }
template <class T>
Vec<T> abs(Vec<T> a) {
    return {a.v < T(0) ? -a.v : (a.v == T(0) ? T(0) : a.v)};
}
/// The next Vec<double>::size numbers, exactly.
template <class T>
Vec<double> widened(const T* p) {
    return {static_cast<double>(*p)};
}
/// Writes as many numbers, rounded to the nearest.
template <class T>
void narrowed(Vec<double> a, T* p) {
    *p = static_cast<T>(a.v);
}
/// Nearest whole number, ties to even; exact for magnitudes below 2^22 (float) or 2^51 (double).
template <class T>
Vec<T> round(Vec<T> a) {
    const T magic = T(std::uint64_t{3} << (Bits<T>::mantissa - 1));
    const T shifted = a.v + magic;
    return {shifted - magic};
}
/// 2^n for a whole n within the exponent's range.
template <class T>
Vec<T> power_of_two(Vec<T> n) {
    using Unsigned = typename Bits<T>::Unsigned;
    const auto bits = static_cast<Unsigned>(static_cast<std::int64_t>(n.v) + Bits<T>::bias)
                      << Bits<T>::mantissa;
    T result;
    __builtin_memcpy(&result, &bits, sizeof result);
    return {result};
}
/// where a < b take x, elsewhere y (also where either is not a number).
template <class T>
Vec<T> where_less(Vec<T> a, Vec<T> b, Vec<T> x, Vec<T> y) {
    return a.v < b.v ? x : y;
}

/// to[j * to_stride + i] = from[i * from_stride + j] for i, j < size.
template <class T>
void transpose(const T* from, std::ptrdiff_t, T* to, std::ptrdiff_t) {
    *to = *from;
}

}  // namespace GRADUS_ISA
