// Every instruction set against plain loops, at lengths around the vectors' and tiles' edges;
// nothing past the end is touched.
#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "base/views.hpp"
#include "check.hpp"
#include "numbers.hpp"
#include "simd/kernels.hpp"

using namespace gradus;

namespace {

constexpr double kUntouched = 1234.5;

/// c = [c +] a b with b packed and b where it lies, as rows and as columns; a by rows and by
/// columns.
template <class T>
void check_product(const Kernels<T>& k, Index rows, Index depth, Index cols, bool by_columns) {
    const auto a = numbers<T>(rows * depth + 1, 1), b = numbers<T>(depth * cols + 1, 2);
    const auto at = [](const std::vector<T>& m, Index i, Index row_stride, Index j,
                       Index col_stride) {
        return double(m[static_cast<std::size_t>(i * row_stride + j * col_stride)]);
    };
    const Index a_row = by_columns ? 1 : depth, a_col = by_columns ? rows : 1;
    const Index b_row = by_columns ? 1 : cols, b_col = by_columns ? depth : 1;
    const Index n_panels = (cols + k.tile_cols - 1) / k.tile_cols, stride = cols + 3;
    std::vector<T> packed(static_cast<std::size_t>(n_panels * depth * k.tile_cols + 1),
                          static_cast<T>(NAN));
    k.pack(b.data(), b_row, b_col, depth, cols, packed.data());
    CHECK(std::isnan(packed.back()));
    const Panels<T> of_packed{packed.data(), k.tile_cols, depth * k.tile_cols};
    const Panels<T> in_place{b.data(), b_row, k.tile_cols};
    for (const bool accumulate : {false, true}) {
        std::vector<T> c(static_cast<std::size_t>(rows * stride), static_cast<T>(kUntouched));
        if (!accumulate) c[0] = static_cast<T>(NAN);  // must not be read
        std::vector<T> same = c;
        k.product(depth, a.data(), a_row, a_col, of_packed, c.data(), stride, rows, cols,
                  accumulate);
        for (Index i = 0; i < rows; ++i) {
            for (Index j = 0; j < stride; ++j) {
                double sum = accumulate || j >= cols ? kUntouched : 0, size = std::fabs(sum);
                for (Index p = 0; p < depth && j < cols; ++p) {
                    const double term = at(a, i, a_row, p, a_col) * at(b, p, b_row, j, b_col);
                    sum += term;
                    size += std::fabs(term);
                }
                const double u = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;
                CHECK_NEAR(at(c, i, stride, j, 1), sum, double(depth + 2) * u * size);
            }
        }
        if (by_columns) continue;
        k.product(depth, a.data(), a_row, a_col, in_place, same.data(), stride, rows, cols,
                  accumulate);
        CHECK(same == c);
    }
}

template <class T>
void check_products(const Kernels<T>& k) {
    for (const Index depth : {0, 1, 5, 37, 64}) {
        for (const bool by_columns : {false, true}) {
            for (Index rows = 1; rows <= k.tile_rows + 1; ++rows)
                check_product(k, rows, depth, k.tile_cols + 3, by_columns);
            for (Index cols = 1; cols <= 2 * k.tile_cols + 1; ++cols)
                check_product(k, k.tile_rows, depth, cols, by_columns);
        }
    }
}

template <class T>
void check_rows_do_not_see_their_neighbors(const Kernels<T>& k) {
    const Index n = 67;
    for (int f = 0; f < kActivationCount; ++f) {
        const auto z = numbers<T>(n, 3);
        std::vector<T> together = z, slope(z.size());
        k.activate[f](together.data(), 0, slope.data(), 0, nullptr, 1, n);
        std::vector<T> value = z, same_slope(z.size()), curvature(z.size());
        k.activate_twice[f](value.data(), 0, same_slope.data(), 0, curvature.data(), 0, nullptr, 1,
                            n);
        CHECK(value == together && same_slope == slope);
        for (Index i = 0; i < n; ++i) {
            T one = z[static_cast<std::size_t>(i)], one_slope = 0;
            k.activate[f](&one, 1, &one_slope, 1, nullptr, 1, 1);
            CHECK(one == together[static_cast<std::size_t>(i)]);
            CHECK(one_slope == slope[static_cast<std::size_t>(i)]);
            T one_curvature = 0;
            one = z[static_cast<std::size_t>(i)];
            k.activate_twice[f](&one, 1, &one_slope, 1, &one_curvature, 1, nullptr, 1, 1);
            CHECK(one_curvature == curvature[static_cast<std::size_t>(i)]);
        }
    }
}

/// Rows of a block with bias and padding: each number is that of z + bias alone, and the padding
/// stays.
template <class T>
void check_blocks(const Kernels<T>& k) {
    constexpr Index rows = 3, cols = 11, stride = 13;
    const auto z = numbers<T>(rows * stride, 7), bias = numbers<T>(cols, 8);
    for (int f = 0; f < kActivationCount; ++f) {
        std::vector<T> value = z, slope(z.size(), T(kUntouched)), curvature = slope;
        k.activate_twice[f](value.data(), stride, slope.data(), stride, curvature.data(), stride,
                            bias.data(), rows, cols);
        for (Index i = 0; i < rows * stride; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const Index j = i % stride;
            if (j >= cols) {
                CHECK(value[at] == z[at] && slope[at] == T(kUntouched));
                CHECK(curvature[at] == T(kUntouched));
                continue;
            }
            T one = z[at] + bias[static_cast<std::size_t>(j)], one_slope = 0, one_curvature = 0;
            k.activate_twice[f](&one, 1, &one_slope, 1, &one_curvature, 1, nullptr, 1, 1);
            CHECK(value[at] == one && slope[at] == one_slope && curvature[at] == one_curvature);
        }
    }
}

template <class T>
void check_loops(const Kernels<T>& k) {
    const double tight = sizeof(T) == 4 ? 1e-6 : 1e-15;
    for (Index n = 0; n < 40; ++n) {
        const auto x = numbers<T>(n + 1, 4), y = numbers<T>(n + 1, 5);
        const auto at = [](const std::vector<T>& v, Index i) {
            return double(v[static_cast<std::size_t>(i)]);
        };
        std::vector<T> product = x, sum = y, total(static_cast<std::size_t>(n + 1), T(1));
        k.multiply(product.data(), n, y.data(), n, 1, n);
        k.add_scaled(sum.data(), x.data(), T(0.5), n);
        double squares = 0;
        for (Index i = 0; i < n; ++i) {
            squares += at(x, i) * at(x, i);
            CHECK_NEAR(at(product, i), at(x, i) * at(y, i), tight);
            CHECK_NEAR(at(sum, i), at(y, i) + 0.5 * at(x, i), tight);
        }
        CHECK(product.back() == x.back() && sum.back() == y.back());
        CHECK_NEAR(k.sum_squares(x.data(), n), squares, 1e-13);
        const auto block = numbers<T>(3 * (n + 2), 6);
        k.column_sums(block.data(), n + 2, 3, n, total.data(), true);
        for (Index j = 0; j < n; ++j) {
            CHECK_NEAR(at(total, j),
                       1 + at(block, j) + at(block, j + n + 2) + at(block, j + 2 * (n + 2)),
                       4 * tight);
        }
        CHECK(total.back() == T(1));
    }
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        check_products<float>(available<float>(i));
        check_products<double>(available<double>(i));
        check_rows_do_not_see_their_neighbors<float>(available<float>(i));
        check_rows_do_not_see_their_neighbors<double>(available<double>(i));
        check_blocks<float>(available<float>(i));
        check_blocks<double>(available<double>(i));
        check_loops<float>(available<float>(i));
        check_loops<double>(available<double>(i));
    }
    return check::report();
}
