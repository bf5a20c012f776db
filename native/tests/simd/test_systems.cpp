// The kernels that systems are formed and solved with: every instruction set against plain loops,
// at sizes around the edges of vectors and tiles; nothing past the end is touched.
#include <cmath>
#include <vector>

#include "base/views.hpp"
#include "check.hpp"
#include "numbers.hpp"
#include "simd/kernels.hpp"

using namespace gradus;

namespace {

constexpr double kUntouched = 1234.5;

template <class T>
constexpr double kRounding = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;

template <class T>
double at(const std::vector<T>& v, Index i) {
    return double(v[static_cast<std::size_t>(i)]);
}

template <class T>
std::vector<T> untouched(Index n) {
    return std::vector<T>(static_cast<std::size_t>(n), static_cast<T>(kUntouched));
}

// Upper triangular with a diagonal near 2; what stands below it must not be read.
template <class T>
std::vector<T> upper(Index n, Index stride) {
    auto u = numbers<T>(n * stride, 1);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < i; ++j) u[static_cast<std::size_t>(i * stride + j)] = T(NAN);
        for (Index j = i + 1; j < n; ++j)
            u[static_cast<std::size_t>(i * stride + j)] /= static_cast<T>(n);
        u[static_cast<std::size_t>(i * stride + i)] += T(2.5);
    }
    return u;
}

template <class T>
void check_factor(const Kernels<T>& k, Index n) {
    const Index stride = n + 3;
    const auto u = upper<T>(n, stride);
    std::vector<T> a = u, inverse = untouched<T>(n + 1);
    for (Index i = 0; i < n; ++i) {
        for (Index j = i; j < n; ++j) {
            double sum = 0;
            for (Index p = 0; p <= i; ++p) sum += at(u, p * stride + i) * at(u, p * stride + j);
            a[static_cast<std::size_t>(i * stride + j)] = static_cast<T>(sum);
        }
    }
    CHECK(k.factor_block(a.data(), stride, n, inverse.data()));
    const double bound = static_cast<double>(20 * (n + 3)) * kRounding<T>;
    for (Index i = 0; i < n; ++i) {
        for (Index j = i; j < n; ++j)
            CHECK_NEAR(at(a, i * stride + j), at(u, i * stride + j), bound);
        CHECK_NEAR(at(inverse, i) * at(a, i * stride + i), 1, 4 * kRounding<T>);
        for (Index j = n; j < stride; ++j) CHECK(at(a, i * stride + j) == at(u, i * stride + j));
    }
    CHECK(at(inverse, n) == kUntouched);
}

template <class T>
void check_substitute(const Kernels<T>& k, Index n, Index cols) {
    const Index u_stride = n + 1, x_stride = cols + 2, tile = k.tile_cols;
    const auto u = upper<T>(n, u_stride);
    std::vector<T> inverse, packed = untouched<T>(n * tile + 1);
    for (Index j = 0; j < n; ++j) inverse.push_back(static_cast<T>(1 / at(u, j * u_stride + j)));
    const auto b = numbers<T>(n * x_stride, 2);
    std::vector<T> x = b;
    k.substitute(u.data(), u_stride, inverse.data(), n, x.data(), x_stride, cols, packed.data());
    for (Index i = 0; i < n; ++i) {
        for (Index c = 0; c < tile; ++c) {
            const double kept = at(packed, i * tile + c);
            if (c >= cols) {
                CHECK(kept == 0);
                continue;
            }
            CHECK(kept == at(x, i * x_stride + c));
            double sum = 0;
            for (Index p = 0; p <= i; ++p) sum += at(u, p * u_stride + i) * at(x, p * x_stride + c);
            CHECK_NEAR(-sum, at(b, i * x_stride + c),
                       static_cast<double>(10 * (n + 3)) * kRounding<T>);
        }
        for (Index c = cols; c < x_stride; ++c)
            CHECK(at(x, i * x_stride + c) == at(b, i * x_stride + c));
    }
    CHECK(at(packed, n * tile) == kUntouched);
}

template <class T>
void check_rows(const Kernels<T>& k, Index cols) {
    constexpr Index rows = 3;
    const Index x_stride = cols + 1, y_stride = cols + 2;
    const auto x = numbers<T>(rows * x_stride, 3), y = numbers<T>(rows * y_stride, 4);
    const auto bias = numbers<T>(cols, 5);
    const double tight = static_cast<double>(cols + 3) * 4 * kRounding<T>;
    double sum = 0;
    for (Index j = 0; j < cols; ++j) sum += at(x, j) * at(y, j);
    CHECK_NEAR(double(k.dot(x.data(), y.data(), cols)), sum, tight);
    for (const bool accumulate : {false, true}) {
        auto dots = untouched<T>(rows + 1), sums = untouched<T>(rows * x_stride);
        for (T& dot : dots) dot = T(1);
        if (accumulate)
            for (T& one : sums) one = T(1);
        k.row_dots(x.data(), x_stride, accumulate ? bias.data() : nullptr, y.data(), y_stride, rows,
                   cols, dots.data(), accumulate);
        const auto before = sums;
        k.multiply_add(sums.data(), x_stride, x.data(), x_stride, y.data(), y_stride, T(0.5), rows,
                       cols, accumulate);
        for (Index i = 0; i < rows; ++i) {
            sum = accumulate ? 1 : 0;
            for (Index j = 0; j < cols; ++j) {
                const double one = at(x, i * x_stride + j), other = at(y, i * y_stride + j);
                sum += (one + (accumulate ? at(bias, j) : 0)) * other;
                CHECK_NEAR(at(sums, i * x_stride + j), (accumulate ? 1 : 0) + one * (other + 0.5),
                           4 * kRounding<T>);
            }
            CHECK_NEAR(at(dots, i), sum, tight);
            CHECK(at(sums, i * x_stride + cols) == at(before, i * x_stride + cols));
        }
        CHECK(at(dots, rows) == 1);
    }
}

template <class T>
void check_outer(const Kernels<T>& k, Index x_cols, Index y_cols) {
    constexpr Index rows = 2;
    const Index stride = x_cols * y_cols + 1;
    const auto x = numbers<T>(rows * x_cols, 6), y = numbers<T>(rows * y_cols, 7);
    auto out = untouched<T>(rows * stride);
    k.outer(x.data(), x_cols, x_cols, y.data(), y_cols, y_cols, out.data(), stride, rows);
    for (Index i = 0; i < rows; ++i) {
        for (Index p = 0; p < x_cols; ++p) {
            for (Index q = 0; q < y_cols; ++q) {
                const T product = x[static_cast<std::size_t>(i * x_cols + p)] *
                                  y[static_cast<std::size_t>(i * y_cols + q)];
                CHECK(at(out, i * stride + p * y_cols + q) == double(product));
            }
        }
        CHECK(at(out, i * stride + stride - 1) == kUntouched);
    }
}

template <class T>
void check_all(const Kernels<T>& k) {
    for (const Index n : {1, 2, 7, 8, 9, 16, 17, 31, 33, 64}) {
        check_factor(k, n);
        for (const Index cols : {1, 3, k.tile_cols - 1, k.tile_cols})
            if (cols <= k.tile_cols) check_substitute(k, n, cols);
    }
    for (Index cols = 1; cols < 150; cols += cols < 20 ? 1 : 13) {
        check_rows(k, cols);
        for (const Index y_cols : {1, 2, 15, 16, 33}) check_outer(k, cols, y_cols);
    }
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        check_all<float>(available<float>(i));
        check_all<double>(available<double>(i));
    }
    return check::report();
}
