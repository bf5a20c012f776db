// Products in bfloat16: of rounded factors against plain sums of rounded factors, and of factors
// cut into three against plain sums of the factors themselves, around every block's edge; where the
// processor cannot make them, only that there are none.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "check.hpp"
#include "linalg/product.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

constexpr double kUnit = 0x1p-24;

/// To the nearest of 8 significant bits, halfway to the even one, by the definition.
float rounded(float x) {
    if (!std::isfinite(x) || std::fabs(x) < 0x1p-126f) return std::isfinite(x) ? 0.0f : x;
    int exponent = 0;
    const double digits = std::nearbyint(std::ldexp(std::frexp(double(x), &exponent), 8));
    return static_cast<float>(std::ldexp(digits, exponent - 8));
}

// What two strides mean, as the kernels are told: along rows, or across them.
Operand<float> operand(const std::vector<float>& x, Index rows, Index cols, bool flip) {
    return flip ? Operand<float>{x.data(), 1, rows} : Operand<float>{x.data(), cols, 1};
}
float at(Operand<float> m, Index i, Index j) { return m.data[i * m.row_stride + j * m.col_stride]; }

std::vector<float> multiply(const Bfloat16Kernels* bfloat16, Operand<float> a, Operand<float> b,
                            Index m, Index n, Index depth, int n_threads, bool accumulate = false,
                            const Ending<float>& ending = {}) {
    const Index block = PackBuffers<float>::block(depth, n, bfloat16);
    ArenaSize size;
    PackBuffers<float>::count(size, n_threads, block);
    Arena arena(size);
    const PackBuffers<float> buffers(arena, n_threads, block, bfloat16);
    std::vector<float> c(static_cast<std::size_t>(m * n), accumulate ? 1.0f : NAN);
    Watch watch(nullptr, nullptr, 0);
    CHECK(product(
        kernels<float>(), a, b, MatrixView<float>{c.data(), m, n, n}, depth, accumulate, buffers,
        Crew(n_threads, watch), [](Index, Index, Index, Index) {}, ending));
    return c;
}

/// x times one, which one way or the other is x as the kernels see it.
float seen(const Bfloat16Kernels& k, float x, bool is_left) {
    const float one = 1;
    const Operand<float> left{is_left ? &x : &one, 1, 1}, right{is_left ? &one : &x, 1, 1};
    return multiply(&k, left, right, 1, 1, 1, 1)[0];
}

void check_numbers(const Bfloat16Kernels& k) {
    std::vector<float> all = {1.0f,   1.00390625f, 1.01171875f,      -1.00390626f, 3.0e38f,
                              -0.0f,  0.1f,        1.17549435e-38f,  1e-40f,       16777215.0f,
                              1e-30f, -7e30f,      0x1.fffffep-100f, 8388609.0f};
    for (const float x : numbers<float>(500, 9)) all.push_back(x);
    for (const bool is_left : {false, true}) {
        for (const float x : all) {
            const bool is_tiny = std::fabs(x) < std::numeric_limits<float>::min();
            CHECK(seen(k, x, is_left) == (k.parts == 1 ? rounded(x) : is_tiny ? 0.0f : x));
        }
        for (const float x : {INFINITY, -INFINITY, NAN, 3.4e38f})
            CHECK(!std::isfinite(seen(k, x, is_left)));
    }
}

/// Numbers of every size times ones and zeros, which give one of them: none spoils its neighbors.
void check_sizes(const Bfloat16Kernels& k) {
    const Index n = 70;
    const auto digits = numbers<float>(n * n, 12), sizes = numbers<float>(n * n, 13);
    std::vector<float> x(digits.size()), one(digits.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = std::ldexp(digits[i], static_cast<int>(sizes[i] * 125) - 12);
    for (Index i = 0; i < n; ++i) one[static_cast<std::size_t>(i * n + i)] = 1;
    for (const bool flip : {false, true}) {
        const Operand<float> a = operand(x, n, n, flip), b = operand(one, n, n, flip);
        for (const auto& c : {multiply(&k, a, b, n, n, n, 1), multiply(&k, b, a, n, n, n, 1)}) {
            for (Index i = 0; i < n * n; ++i) {
                const float exact = at(a, i / n, i % n);
                CHECK_NEAR(double(c[static_cast<std::size_t>(i)]),
                           double(k.parts == 1 ? rounded(exact) : exact), 0x1p-126);
            }
        }
    }
}

void check_shape(const Bfloat16Kernels& k, Index m, Index n, Index depth) {
    const auto x = numbers<float>(m * depth, 1), y = numbers<float>(depth * n, 2);
    // Of a product of factors cut in three less than 2^-22 is left out.
    const double allowed = (static_cast<double>(depth) + (k.parts == 1 ? 0 : 8)) * kUnit;
    for (const bool flip : {false, true}) {
        const Operand<float> a = operand(x, m, depth, flip), b = operand(y, depth, n, flip);
        const auto c = multiply(&k, a, b, m, n, depth, 1);
        const auto added = multiply(&k, a, b, m, n, depth, 1, true);
        const auto factor = [&](float z) { return double(k.parts == 1 ? rounded(z) : z); };
        for (Index i = 0; i < m; ++i) {
            for (Index j = 0; j < n; ++j) {
                double sum = 0, size = 0;
                for (Index p = 0; p < depth; ++p) {
                    const double term = factor(at(a, i, p)) * factor(at(b, p, j));
                    sum += term;
                    size += std::fabs(term);
                }
                const auto here = static_cast<std::size_t>(i * n + j);
                CHECK_NEAR(double(c[here]), sum, allowed * size);
                CHECK_NEAR(double(added[here]), 1 + double(c[here]),
                           (allowed + 2 * kUnit) * double(depth + 1));
            }
        }
    }
}

/// Whole numbers whose sums are exact, in whatever order they are added.
void check_whole_numbers(const Bfloat16Kernels& k) {
    const Index m = 70, n = 45, depth = 300;
    const float most = k.parts == 1 ? 128.0f : 1500.0f;
    auto x = numbers<float>(m * depth, 5), y = numbers<float>(depth * n, 6);
    for (float& z : x) z = std::nearbyint(z * most);
    for (float& z : y) z = std::nearbyint(z * 16);
    for (const bool flip : {false, true}) {
        const Operand<float> a = operand(x, m, depth, flip), b = operand(y, depth, n, flip);
        CHECK(multiply(&k, a, b, m, n, depth, 1) == multiply(nullptr, a, b, m, n, depth, 1));
    }
}

void check_endings(const Bfloat16Kernels& k, Index m, Index n) {
    const Index depth = 40;
    const auto x = numbers<float>(m * depth, 1), y = numbers<float>(depth * n, 2);
    const auto bias = numbers<float>(n, 3), slope = numbers<float>(m * n, 4);
    const Operand<float> a = operand(x, m, depth, false), b = operand(y, depth, n, false);
    const auto plain = multiply(&k, a, b, m, n, depth, 1);
    for (int which = 0; which < 16; ++which) {
        Ending<float> ending;
        if ((which & 1) != 0) ending.bias = bias.data();
        ending.is_relu = (which & 2) != 0;
        if ((which & 4) != 0) ending.slope = slope.data(), ending.slope_stride = n;
        ending.is_gate = (which & 8) != 0;
        const auto c = multiply(&k, a, b, m, n, depth, 1, false, ending);
        for (Index i = 0; i < m * n; ++i) {
            const auto here = static_cast<std::size_t>(i);
            float expected = plain[here];
            if (ending.bias != nullptr) expected += bias[static_cast<std::size_t>(i % n)];
            if (ending.is_relu) expected = std::max(0.0f, expected);
            if (ending.slope != nullptr && ending.is_gate) {
                expected = slope[here] > 0 ? expected : 0.0f;
            } else if (ending.slope != nullptr) {
                expected *= slope[here];
            }
            CHECK(c[here] == expected);
        }
    }
}

void check_threads_and_rows(const Bfloat16Kernels& k) {
    const Index m = 900, n = 290, depth = 1031;
    const auto x = numbers<float>(m * depth, 3), y = numbers<float>(depth * n, 4);
    for (const bool flip : {false, true}) {
        const Operand<float> a = operand(x, m, depth, flip), b = operand(y, depth, n, flip);
        const auto one = multiply(&k, a, b, m, n, depth, 1);
        for (const int n_threads : {2, 3, 5, 8})
            CHECK(multiply(&k, a, b, m, n, depth, n_threads) == one);
        for (const Index row : {Index{0}, Index{511}, Index{512}, Index{899}}) {
            const auto alone = multiply(&k, a.from_row(row), b, 1, n, depth, 1);
            CHECK(std::memcmp(alone.data(), one.data() + row * n,
                              sizeof(float) * static_cast<std::size_t>(n)) == 0);
        }
        CHECK(multiply(nullptr, a, b, m, n, depth, 1) != one);
    }
}

}  // namespace

int main() {
    CHECK(rounded(1.00390625f) == 1.0f && rounded(1.01171875f) == 1.015625f);
    for (int i = 0; i < available_bfloat16_count(); ++i) {
        const Bfloat16Kernels& k = available_bfloat16(i);
        std::printf("%s\n", k.name);
        check_numbers(k);
        check_sizes(k);
        for (const Index depth : {1, 2, 15, 16, 17, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1030})
            check_shape(k, 7, 17, depth);
        for (const Index m : {1, 13, 14, 15, 16, 17, 32, 33, 511, 512, 513})
            check_shape(k, m, 3, 9);
        for (const Index n : {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129, 255, 256, 257})
            check_shape(k, 8, n, 9);
        check_shape(k, 40, 50, 60);
        check_whole_numbers(k);
        for (const Index n : {5, 16, 33, 64}) check_endings(k, 37, n);
        check_threads_and_rows(k);
    }
    return check::report();
}
