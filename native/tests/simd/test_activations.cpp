// Value, slope and curvature of the activations with a branch at zero, on every instruction set,
// against the system's 80-bit long double.
#include <cmath>
#include <limits>
#include <vector>

#include "base/enums.hpp"
#include "base/views.hpp"
#include "check.hpp"
#include "simd/kernels.hpp"

using namespace gradus;

namespace {

using Exact = long double;

/// A number and the size of the terms it is the sum of: near a zero only their digits are there.
struct Sum {
    Exact exact;
    Exact size;

    Sum(Exact only) : exact(only), size(std::fabs(only)) {}
    Sum(Exact a, Exact b) : exact(a + b), size(std::fabs(a) + std::fabs(b)) {}
};

struct Derivatives {
    Sum value, slope, curvature;
};

Derivatives leaky_relu(Exact z) {
    return {z > 0 ? z : z / 100, Exact(z > 0 ? 1 : 0.01L), Exact(0)};
}

Derivatives exponential_unit(Exact z, Exact scale, Exact alpha) {
    if (z > 0) return {scale * z, scale, Exact(0)};
    const Exact rise = scale * alpha * std::exp(z);
    return {scale * alpha * std::expm1(z), rise, rise};
}
Derivatives elu(Exact z) { return exponential_unit(z, 1, 1); }
Derivatives selu(Exact z) {
    return exponential_unit(z, 1.0507009873554804934193349852946L,
                            1.6732632423543772848170429916717L);
}

Derivatives silu(Exact z) {
    const Exact s = 1 / (1 + std::exp(-z)), rest = 1 / (1 + std::exp(z)), d = s * rest;
    return {z * s, {s, z * d}, {2 * d, -z * d * std::tanh(z / 2)}};
}

Derivatives mish(Exact z) {
    const Exact s = 1 / (1 + std::exp(-z)), rest = 1 / (1 + std::exp(z));
    const Exact softplus = std::fmax(z, 0.0L) + std::log1p(std::exp(-std::fabs(z)));
    const Exact t = std::tanh(softplus), root = std::cosh(softplus), d = s / (root * root);
    return {z * t, {t, z * d}, {2 * d, z * d * (rest - 2 * t * s)}};
}

Derivatives softsign(Exact z) {
    const Exact size = 1 + std::fabs(z);
    const Exact sign = z > 0 ? 1 : z < 0 ? -1 : 0;
    return {z / size, 1 / (size * size), -2 * sign / (size * size * size)};
}

/// Distance in units of the last place of the larger of the exact number and its terms.
template <class T>
double ulps(T got, const Sum& sum) {
    const T size = static_cast<T>(std::fmax(std::fabs(sum.exact), sum.size));
    if (got == static_cast<T>(sum.exact)) return 0;
    const Exact ulp =
        static_cast<Exact>(std::nextafter(size, std::numeric_limits<T>::infinity())) - size;
    return static_cast<double>(std::fabs(static_cast<Exact>(got) - sum.exact) / ulp);
}

/// Both tails down to where the numbers end and beyond, and around zero.
template <class T>
std::vector<T> points() {
    const double deep = sizeof(T) == 4 ? 120 : 760;
    std::vector<T> x{T(-1e4), T(1e4), T(-0.0), T(0), T(-1e-30), T(1e-30), T(-1e-8), T(1e-8)};
    for (const double reach : {deep, 3.0, 0.01}) {
        constexpr int n = 100001;
        for (int i = 0; i < n; ++i) x.push_back(static_cast<T>(reach * (2.0 * i / (n - 1) - 1)));
    }
    return x;
}

template <class T>
void check_activation(const Kernels<T>& k, Activation f, Derivatives (*exact)(Exact),
                      const double (&bounds)[3]) {
    const std::vector<T> x = points<T>();
    std::vector<T> value = x, slope(x.size()), curvature(x.size());
    k.activate_twice[static_cast<int>(f)](value.data(), 0, slope.data(), 0, curvature.data(), 0,
                                          nullptr, 1, static_cast<Index>(x.size()));
    double worst[3] = {};
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Derivatives d = exact(static_cast<Exact>(x[i]));
        worst[0] = std::fmax(worst[0], ulps<T>(value[i], d.value));
        worst[1] = std::fmax(worst[1], ulps<T>(slope[i], d.slope));
        worst[2] = std::fmax(worst[2], ulps<T>(curvature[i], d.curvature));
    }
    std::printf("%s %zu bytes: %s %.2f, slope %.2f, curvature %.2f\n", k.name, sizeof(T),
                kActivationNames[static_cast<std::size_t>(f)], worst[0], worst[1], worst[2]);
    for (int i = 0; i < 3; ++i) CHECK(worst[i] <= bounds[i]);
}

template <class T>
void check_all(const Kernels<T>& k) {
    check_activation(k, Activation::leaky_relu, leaky_relu, {1, 0.5, 0});
    check_activation(k, Activation::elu, elu, {2, 2, 2});
    check_activation(k, Activation::selu, selu, {3, 3, 3});
    // Quotients: what the rounding of a divisor costs counts twice in its square, thrice in its
    // cube.
    check_activation(k, Activation::silu, silu, {3, 4.5, 5});
    check_activation(k, Activation::mish, mish, {4, 6, 6});
    check_activation(k, Activation::softsign, softsign, {2, 4, 6});
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        check_all(available<float>(i));
        check_all(available<double>(i));
    }
    return check::report();
}
