// Products of factors rounded to bfloat16 against plain sums of rounded factors, around every
// block's edge; where the processor cannot make them, only that there are none.
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "linalg/product.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

/// To the nearest of 8 significant bits, halfway to the even one, by the definition.
float rounded(float x) {
    if (!std::isfinite(x) || std::fabs(x) < 0x1p-126f) return std::isfinite(x) ? 0.0f : x;
    int exponent = 0;
    const double digits = std::nearbyint(std::ldexp(std::frexp(double(x), &exponent), 8));
    return static_cast<float>(std::ldexp(digits, exponent - 8));
}

float from_bits(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

// What two strides mean, as the kernels are told: along rows, or across them.
Operand<float> operand(const std::vector<float>& x, Index rows, Index cols, bool flip) {
    return flip ? Operand<float>{x.data(), 1, rows} : Operand<float>{x.data(), cols, 1};
}
float at(Operand<float> m, Index i, Index j) { return m.data[i * m.row_stride + j * m.col_stride]; }

void check_rounding(const Bfloat16Kernels& k) {
    const std::vector<float> x = {1.0f,    1.00390625f, 1.01171875f,     -1.00390626f,
                                  3.0e38f, 3.4e38f,     -INFINITY,       NAN,
                                  1e-40f,  -0.0f,       1.17549435e-38f, 0.1f};
    std::vector<Bfloat16Pair> out(x.size() / 2);
    const auto n = static_cast<Index>(x.size());
    k.pack_rows(x.data(), n, 1, 1, n, out.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float got = from_bits(i % 2 == 0 ? out[i / 2].first : out[i / 2].second);
        const float expected = x[i] == 3.4e38f ? INFINITY : rounded(x[i]);
        CHECK(std::isnan(x[i]) ? std::isnan(got) : got == expected);
    }
}

void check_packing(const Bfloat16Kernels& k, Index rows, Index depth) {
    const Index N = k.tile_cols, pairs = (depth + 1) / 2, panels = (rows + N - 1) / N;
    const Bfloat16Pair untouched{0x7777, 0x7777};
    const auto x = numbers<float>(rows * depth, 5);
    for (const bool flip : {false, true}) {
        // As a: rows of it, and its depth.
        const Operand<float> a = operand(x, rows, depth, flip);
        std::vector<Bfloat16Pair> out(static_cast<std::size_t>(rows * pairs + 1), untouched);
        k.pack_rows(a.data, a.row_stride, a.col_stride, rows, depth, out.data());
        CHECK(out.back().first == 0x7777);
        // As b: the same numbers are its columns.
        std::vector<Bfloat16Pair> packed(static_cast<std::size_t>(panels * pairs * N + 1),
                                         untouched);
        k.pack(a.data, a.col_stride, a.row_stride, depth, rows, packed.data());
        CHECK(packed.back().first == 0x7777);
        for (Index i = 0; i < panels * N; ++i) {
            for (Index p = 0; p < pairs; ++p) {
                const auto exact = [&](Index q) {
                    return i < rows && q < depth ? rounded(at(a, i, q)) : 0.0f;
                };
                const Bfloat16Pair b =
                    packed[static_cast<std::size_t>(i / N * pairs * N + p * N + i % N)];
                CHECK(from_bits(b.first) == exact(2 * p));
                CHECK(from_bits(b.second) == exact(2 * p + 1));
                if (i >= rows) continue;
                const bool is_along = a.col_stride == 1;
                const Bfloat16Pair pair =
                    out[static_cast<std::size_t>(is_along ? i * pairs + p : p * rows + i)];
                CHECK(from_bits(pair.first) == exact(2 * p));
                CHECK(from_bits(pair.second) == exact(2 * p + 1));
            }
        }
    }
}

std::vector<float> multiply(const Bfloat16Kernels* rounding, Operand<float> a, Operand<float> b,
                            Index m, Index n, Index depth, int n_threads, bool accumulate = false) {
    constexpr Index kBlock = PackBuffers<float>::kPairsOfBoth;
    ArenaSize size;
    PackBuffers<float>::count(size, n_threads, kBlock);
    Arena arena(size);
    const PackBuffers<float> buffers(arena, n_threads, kBlock, rounding);
    std::vector<float> c(static_cast<std::size_t>(m * n), accumulate ? 1.0f : NAN);
    Watch watch(nullptr, nullptr, 0);
    CHECK(product(kernels<float>(), a, b, MatrixView<float>{c.data(), m, n, n}, depth, accumulate,
                  buffers, Crew(n_threads, watch), [](Index, Index, Index, Index) {}));
    return c;
}

void check_shape(const Bfloat16Kernels* rounding, Index m, Index n, Index depth) {
    constexpr double u = 0x1p-24;
    const auto x = numbers<float>(m * depth, 1), y = numbers<float>(depth * n, 2);
    for (const bool flip : {false, true}) {
        const Operand<float> a = operand(x, m, depth, flip), b = operand(y, depth, n, flip);
        const auto c = multiply(rounding, a, b, m, n, depth, 1);
        const auto added = multiply(rounding, a, b, m, n, depth, 1, true);
        for (Index i = 0; i < m; ++i) {
            for (Index j = 0; j < n; ++j) {
                double sum = 0, size = 0;
                for (Index p = 0; p < depth; ++p) {
                    const double term = double(rounded(at(a, i, p))) * double(rounded(at(b, p, j)));
                    sum += term;
                    size += std::fabs(term);
                }
                const auto here = static_cast<std::size_t>(i * n + j);
                CHECK_NEAR(double(c[here]), sum, double(depth) * u * size);
                CHECK_NEAR(double(added[here]), 1 + double(c[here]),
                           double(depth + 2) * u * double(depth + 1));
            }
        }
    }
}

void check_threads_and_rows(const Bfloat16Kernels* rounding) {
    const Index m = 900, n = 290, depth = 1031;
    const auto x = numbers<float>(m * depth, 3), y = numbers<float>(depth * n, 4);
    for (const bool flip : {false, true}) {
        const Operand<float> a = operand(x, m, depth, flip), b = operand(y, depth, n, flip);
        const auto one = multiply(rounding, a, b, m, n, depth, 1);
        for (const int n_threads : {2, 3, 5, 8})
            CHECK(multiply(rounding, a, b, m, n, depth, n_threads) == one);
        for (const Index row : {Index{0}, Index{383}, Index{384}, Index{899}}) {
            const auto alone = multiply(rounding, a.from_row(row), b, 1, n, depth, 1);
            CHECK(std::memcmp(alone.data(), one.data() + row * n,
                              sizeof(float) * static_cast<std::size_t>(n)) == 0);
        }
        const auto plain = multiply(nullptr, a, b, m, n, depth, 1);
        CHECK(plain != one);
    }
}

}  // namespace

int main() {
    CHECK(rounded(1.00390625f) == 1.0f && rounded(1.01171875f) == 1.015625f);
    const Bfloat16Kernels* rounding = bfloat16_kernels();
    if (rounding == nullptr) {
        std::printf("no products of bfloat16 with %s here\n", kernels<float>().name);
        return check::report();
    }
    check_rounding(*rounding);
    for (const Index rows : {1, 13, 16, 17, 31, 32, 33, 70}) {
        for (const Index depth : {1, 2, 15, 31, 32, 33, 64, 65, 127})
            check_packing(*rounding, rows, depth);
    }
    for (const Index depth : {1, 2, 255, 511, 512, 513, 1030}) check_shape(rounding, 7, 17, depth);
    for (const Index m : {1, 13, 14, 15, 383, 384, 385}) check_shape(rounding, m, 3, 9);
    for (const Index n : {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129, 257})
        check_shape(rounding, 8, n, 9);
    check_threads_and_rows(rounding);
    return check::report();
}
