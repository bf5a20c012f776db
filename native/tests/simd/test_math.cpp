// The elementary functions on every instruction set, against the system's 80-bit long double.
#include <cmath>
#include <limits>
#include <vector>

#include "base/enums.hpp"
#include "base/views.hpp"
#include "check.hpp"
#include "simd/kernels.hpp"

using namespace gradus;

namespace {

/// Distance in units of the last place of the exact value.
template <class T>
double ulps(T got, long double exact) {
    const T rounded = static_cast<T>(exact);
    if (got == rounded) return 0;
    const T next = std::nextafter(std::fabs(rounded), std::numeric_limits<T>::infinity());
    const long double ulp = static_cast<long double>(next) - std::fabs(rounded);
    return static_cast<double>(std::fabs(static_cast<long double>(got) - exact) / ulp);
}

template <class T>
std::vector<T> grid(double low, double high, int n) {
    std::vector<T> x(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i)
        x[static_cast<std::size_t>(i)] = static_cast<T>(low + (high - low) * i / (n - 1));
    return x;
}

/// Worst error of one activation's value, in ulps.
template <class T, class Exact>
double worst_value(const Kernels<T>& k, Activation f, const std::vector<T>& x, Exact exact) {
    std::vector<T> a = x;
    k.activate[static_cast<int>(f)](a.data(), 0, nullptr, 0, nullptr, 1,
                                    static_cast<Index>(a.size()));
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        worst = std::fmax(worst, ulps<T>(a[i], exact(static_cast<long double>(x[i]))));
    }
    return worst;
}

long double sigmoid(long double z) { return 1 / (1 + std::exp(-z)); }
long double softplus(long double z) {
    return std::fmax(z, 0.0L) + std::log1p(std::exp(-std::fabs(z)));
}
long double normal(long double z) { return std::erfc(-z / std::sqrt(2.0L)) / 2; }

template <class T>
void check_values(const Kernels<T>& k, double bound) {
    const double deep = sizeof(T) == 4 ? 103 : 744;
    constexpr int n = 400001;
    const auto wide = grid<T>(-deep, deep, n), narrow = grid<T>(-3, 3, n);
    std::vector<T> out(wide.size());
    double worst = 0;
    for (const auto& x : {grid<T>(-deep, sizeof(T) == 4 ? 88.7 : 709.7, n), narrow}) {
        k.exponential(x.data(), T(0), out.data(), static_cast<Index>(x.size()));
        for (std::size_t i = 0; i < x.size(); ++i) {
            worst = std::fmax(worst, ulps<T>(out[i], std::exp(static_cast<long double>(x[i]))));
        }
    }
    std::printf("%s %zu bytes: exp %.2f", k.name, sizeof(T), worst);
    CHECK(worst <= bound);
    worst = 0;
    const auto unit = grid<T>(0, 1, n);
    k.log1p(unit.data(), out.data(), n);
    for (std::size_t i = 0; i < unit.size(); ++i) {
        const auto u = static_cast<long double>(unit[i]);
        worst = std::fmax(worst, ulps<T>(out[i], std::log1p(u)));
    }
    std::printf(", log1p %.2f", worst);
    CHECK(worst <= bound);
    // There 1 + e^-x is near 1 + 2^24, whose 1 a float cannot hold.
    const auto where_1_is_lost = grid<T>(-18, -16, n);
    for (const auto& x : {wide, narrow, where_1_is_lost}) {
        const double tanh =
            worst_value(k, Activation::tanh, x, [](long double z) { return std::tanh(z); });
        const double sig = worst_value(k, Activation::sigmoid, x, sigmoid);
        const double soft = worst_value(k, Activation::softplus, x, softplus);
        std::printf(", tanh %.2f, sigmoid %.2f, softplus %.2f", tanh, sig, soft);
        CHECK(tanh <= bound);
        CHECK(sig <= bound);
        CHECK(soft <= bound);
    }
    std::printf("\n");
}

/// gelu: z Phi(z) and Phi(z) + z phi(z), within a few roundings of the size of their terms.
template <class T>
void check_gelu(const Kernels<T>& k) {
    const double eps = std::numeric_limits<T>::epsilon();
    const auto x = grid<T>(-12, 12, 200001);
    std::vector<T> a = x, slope(x.size());
    k.activate[static_cast<int>(Activation::gelu)](a.data(), 0, slope.data(), 0, nullptr, 1,
                                                   static_cast<Index>(a.size()));
    double worst_a = 0, worst_slope = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double z = x[i];
        const long double density = std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0L));
        worst_a = std::fmax(worst_a, static_cast<double>(std::fabs(a[i] - z * normal(z)) /
                                                         std::fmax(std::fabs(z), 1e-30L)));
        worst_slope = std::fmax(worst_slope,
                                static_cast<double>(std::fabs(slope[i] - normal(z) - z * density)));
    }
    std::printf("%s %zu bytes: gelu / |z| %.2f eps, its slope %.2f eps\n", k.name, sizeof(T),
                worst_a / eps, worst_slope / eps);
    CHECK(worst_a <= 3 * eps);
    CHECK(worst_slope <= 3 * eps);
}

/// The slopes of sigmoid and tanh far out, where they are small and must keep their digits.
template <class T>
void check_slopes(const Kernels<T>& k, double bound) {
    const auto x = grid<T>(-40, 40, 200001);
    for (const bool is_tanh : {false, true}) {
        const Activation f = is_tanh ? Activation::tanh : Activation::sigmoid;
        std::vector<T> a = x, slope(x.size());
        k.activate[static_cast<int>(f)](a.data(), 0, slope.data(), 0, nullptr, 1,
                                        static_cast<Index>(a.size()));
        double worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const long double e =
                std::exp((is_tanh ? -2.0L : -1.0L) * std::fabs(static_cast<long double>(x[i])));
            const long double exact = (is_tanh ? 4 : 1) * e / ((1 + e) * (1 + e));
            worst = std::fmax(worst, ulps<T>(slope[i], exact));
        }
        std::printf("%s %zu bytes: slope %d %.2f\n", k.name, sizeof(T), is_tanh, worst);
        CHECK(worst <= bound);
    }
}

/// Worst error of one activation's second derivative, in ulps.
template <class T, class Exact>
double worst_curvature(const Kernels<T>& k, Activation f, const std::vector<T>& x, Exact exact) {
    std::vector<T> a = x, slope(x.size()), curvature(x.size());
    k.activate_twice[static_cast<int>(f)](a.data(), 0, slope.data(), 0, curvature.data(), 0,
                                          nullptr, 1, static_cast<Index>(a.size()));
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        worst = std::fmax(worst, ulps<T>(curvature[i], exact(static_cast<long double>(x[i]))));
    return worst;
}

/// The second derivatives, products of two numbers each within a few ulps; that of gelu in units of
/// eps, which is what its zeros at sqrt(2) keep.
template <class T>
void check_curvatures(const Kernels<T>& k, double bound) {
    const auto x = grid<T>(-40, 40, 200001);
    const double sig = worst_curvature(k, Activation::sigmoid, x, [](long double z) {
        const long double e = std::exp(-std::fabs(z));
        return -e / ((1 + e) * (1 + e)) * std::tanh(z / 2);
    });
    const double tanh = worst_curvature(k, Activation::tanh, x, [](long double z) {
        return -2 * std::tanh(z) / (std::cosh(z) * std::cosh(z));
    });
    const double soft = worst_curvature(k, Activation::softplus, x, [](long double z) {
        return 1 / (4 * std::cosh(z / 2) * std::cosh(z / 2));
    });
    std::printf("%s %zu bytes: curvature of sigmoid %.2f, tanh %.2f, softplus %.2f\n", k.name,
                sizeof(T), sig, tanh, soft);
    CHECK(sig <= bound);
    CHECK(tanh <= bound);
    CHECK(soft <= bound);
    std::vector<T> a = x, slope(x.size()), curvature(x.size());
    k.activate_twice[static_cast<int>(Activation::gelu)](a.data(), 0, slope.data(), 0,
                                                         curvature.data(), 0, nullptr, 1,
                                                         static_cast<Index>(a.size()));
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double z = x[i];
        const long double exact =
            (2 - z * z) * std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0L));
        worst = std::fmax(worst, static_cast<double>(std::fabs(curvature[i] - exact)));
    }
    std::printf("  of gelu %.2f eps\n", worst / std::numeric_limits<T>::epsilon());
    CHECK(worst <= 3 * std::numeric_limits<T>::epsilon());
}

template <class T>
void check_extremes(const Kernels<T>& k) {
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const std::vector<T> x{T(-1e4), T(1e4), T(0), -inf, inf, nan, T(-0.0)};
    for (int f = 0; f < kActivationCount; ++f) {
        std::vector<T> a = x, slope(x.size());
        k.activate[f](a.data(), 0, slope.data(), 0, nullptr, 1, static_cast<Index>(a.size()));
        for (int i = 0; i < 3; ++i)
            CHECK(std::isfinite(a[static_cast<std::size_t>(i)]) &&
                  std::isfinite(slope[static_cast<std::size_t>(i)]));
        CHECK(std::isnan(a[5]));
        std::vector<T> curvature(x.size());
        a = x;
        k.activate_twice[f](a.data(), 0, slope.data(), 0, curvature.data(), 0, nullptr, 1,
                            static_cast<Index>(a.size()));
        for (std::size_t i = 0; i < 3; ++i) CHECK(std::isfinite(curvature[i]));
    }
    std::vector<T> e(x.size());
    k.exponential(x.data(), T(0), e.data(), static_cast<Index>(x.size()));
    CHECK(e[0] == 0 && e[1] == inf && e[2] == 1 && e[3] == 0 && e[4] == inf && std::isnan(e[5]));
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        check_values<float>(available<float>(i), 2);
        check_values<double>(available<double>(i), 3);
        check_gelu<float>(available<float>(i));
        check_gelu<double>(available<double>(i));
        check_slopes<float>(available<float>(i), 4);
        check_slopes<double>(available<double>(i), 4);
        check_curvatures<float>(available<float>(i), 6);
        check_curvatures<double>(available<double>(i), 6);
        check_extremes<float>(available<float>(i));
        check_extremes<double>(available<double>(i));
    }
    return check::report();
}
